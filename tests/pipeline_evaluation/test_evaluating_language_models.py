import math
from collections.abc import Callable

import numpy as np
import pytest

from embedseq.evaluation.baselines import COMMONEST_TOKEN, TRIGRAMS, UNIGRAMS
from embedseq.evaluation.ngrams import KneserNeyTrigrams, Unigrams
from embedseq.pipeline.stages.evaluation import language_model, masked_language_model
from embedseq.pipeline.stages.evaluation.given import Found, Given
from embedseq.pipeline.stages.text import sentences_of
from embedseq.pipeline.stages.tokens import encoded_of, vocabulary_of
from embedseq.statistics.measurement import Measurement
from embedseq.text.words import WordTokeniser

GivenOf = Callable[..., Given]


def by_name(found: Found) -> dict[tuple[str, str], Measurement]:
    return {(each.score, each.label): each for each in found.measurements}


def test_a_model_that_knows_nothing_is_as_perplexed_as_its_vocabulary_is_large(given_of: GivenOf) -> None:
    given = given_of("speeches", margin=0.0)
    found = by_name(language_model.measure(given))
    size = len(vocabulary_of(given.tokens, "source"))
    assert found["perplexity", ""].value == pytest.approx(size, rel=1e-5)
    assert found["loss", ""].value == pytest.approx(math.log(size), rel=1e-5)


def test_perplexity_per_word_shares_the_same_nats_among_words_and_ends(given_of: GivenOf) -> None:
    given = given_of("speeches", margin=3.0)
    found = by_name(language_model.measure(given))
    texts = list(sentences_of(given.text, "test", "source"))
    words = sum(len(WordTokeniser().tokenise(text)) + 1 for text in texts)
    tokens = encoded_of(given.tokens, "test", "source").token_count + len(texts)
    assert 0 < words <= tokens
    nats = math.log(found["perplexity", ""].value) * tokens
    assert found["word-perplexity", ""].value == pytest.approx(math.exp(nats / words))
    assert [each.n for each in found.values()] == [len(texts)] * len(found)


def test_counting_models_read_the_very_same_tokens(given_of: GivenOf) -> None:
    given = given_of("speeches")
    found = by_name(language_model.measure(given))
    assert set(found) == {
        ("loss", ""),
        *((score, label) for score in ("perplexity", "word-perplexity") for label in ("", UNIGRAMS, TRIGRAMS)),
    }
    training, test = (encoded_of(given.tokens, split, "source") for split in ("train", "test"))
    size = len(vocabulary_of(given.tokens, "source"))
    for label, kind in ((UNIGRAMS, Unigrams), (TRIGRAMS, KneserNeyTrigrams)):
        nats = np.concatenate([kind.count(training, size).nats(sentence) for sentence in test])
        baseline = found["perplexity", label]
        assert baseline.value == pytest.approx(math.exp(nats.mean()))
        assert (baseline.role, baseline.better) == ("baseline", "lower")
        assert baseline.items[:, 1].tolist() == found["perplexity", ""].items[:, 1].tolist()
    assert found["perplexity", TRIGRAMS].value < found["perplexity", UNIGRAMS].value < size


@pytest.mark.parametrize("metric", ["perplexity", "word-perplexity"])
def test_only_what_is_asked_for_is_measured_beside_the_loss(given_of: GivenOf, metric: str) -> None:
    found = language_model.measure(given_of("speeches", metrics=(metric,)))
    assert {each.score for each in found.measurements} == {metric, "loss"}
    assert found.predictions is None


def test_a_masked_model_that_knows_the_hidden_tokens_guesses_them_all(given_of: GivenOf) -> None:
    given = given_of("speeches", margin=9.0, kind="masked-language-model")
    found = by_name(masked_language_model.measure(given))
    assert found["accuracy", ""].value == 1.0
    assert found["perplexity", ""].value == pytest.approx(math.exp(found["loss", ""].value))
    hidden = [max(1, round(0.15 * length)) for length in encoded_of(given.tokens, "test", "source").lengths]
    assert found["accuracy", ""].items[:, 1].tolist() == hidden


def test_a_masked_model_that_knows_nothing_is_as_perplexed_as_its_vocabulary_is_large(given_of: GivenOf) -> None:
    given = given_of("speeches", margin=0.0, kind="masked-language-model")
    found = by_name(masked_language_model.measure(given))
    assert found["perplexity", ""].value == pytest.approx(len(vocabulary_of(given.tokens, "source")), rel=1e-5)
    assert found["accuracy", ""].value < 0.5


def test_masked_models_are_held_against_counting_at_the_same_hidden_places(given_of: GivenOf) -> None:
    given = given_of("speeches", margin=2.0, kind="masked-language-model")
    found = by_name(masked_language_model.measure(given))
    baselines = {("accuracy", COMMONEST_TOKEN), ("perplexity", UNIGRAMS)}
    assert set(found) == {("accuracy", ""), ("perplexity", ""), ("loss", ""), *baselines}
    training = encoded_of(given.tokens, "train", "source")
    counts = np.bincount(training.ids)
    batches = list(given.batches().epoch(None))
    true = np.concatenate([batch.target_out[batch.target_valid].numpy() for batch in batches])
    assert found["accuracy", COMMONEST_TOKEN].value == pytest.approx((true == counts.argmax()).mean())
    unigrams = Unigrams.count(training, len(vocabulary_of(given.tokens, "source")), with_end=False)
    assert math.log(found["perplexity", UNIGRAMS].value) == pytest.approx(-np.log(unigrams.probabilities(true)).mean())
    assert 1 < found["perplexity", UNIGRAMS].value < len(counts)
