"""How well a language model foretells the test split, beside models that count."""

from collections.abc import Sequence

import numpy as np

from embedseq.evaluation.answers import ask
from embedseq.evaluation.baselines import TRIGRAMS, UNIGRAMS
from embedseq.evaluation.ngrams import KneserNeyTrigrams, Unigrams
from embedseq.evaluation.token_loss import Floats, measure_loss, measure_perplexity, measure_word_perplexity
from embedseq.pipeline.stages.evaluation.given import Found, Given
from embedseq.pipeline.stages.evaluation.words import words_of
from embedseq.pipeline.stages.tokens import encoded_of, vocabulary_of
from embedseq.statistics.measurement import Measurement


def measure(given: Given) -> Found:
    """Perplexities and the loss, from one pass over the test split; the counting models read the very same tokens."""
    answers = ask(given.model, given.batches())
    words = [len(sentence) for sentence in words_of(given, "test")]
    found = _perplexities(given, answers.items, words)
    training, test = (encoded_of(given.tokens, split, "source") for split in ("train", "test"))
    size = len(vocabulary_of(given.tokens, "source"))
    for label, model in ((UNIGRAMS, Unigrams.count(training, size)), (TRIGRAMS, KneserNeyTrigrams.count(training, size))):
        items = np.array([(model.nats(sentence).sum(), len(sentence) + 1) for sentence in test], dtype=np.float64)
        found += _perplexities(given, items, words, label)
    return Found([*found, measure_loss(answers, "nats per token, end symbols counted")])


def own_scores(given: Given) -> list[Measurement]:
    """The model's own perplexities."""
    return _perplexities(given, ask(given.model, given.batches()).items, [len(words) for words in words_of(given, given.split)])


def _perplexities(given: Given, items: Floats, words: Sequence[int], baseline: str = "") -> list[Measurement]:
    found = []
    if given.chosen(("perplexity",)):
        found.append(measure_perplexity(items, baseline))
    if given.chosen(("word-perplexity",)):
        found.append(measure_word_perplexity(items, words, baseline))
    return found
