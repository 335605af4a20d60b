"""What an encoder-decoder writes for the test split, and how good that is."""

import time
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, cast

from embedseq.decoding.translate import translate
from embedseq.evaluation.answers import ask
from embedseq.evaluation.collapse import collapsed_attention
from embedseq.evaluation.label_baselines import MajorityLabels, label_baselines
from embedseq.evaluation.labels import LABEL_METRICS, score_labels
from embedseq.evaluation.outputs import suspicious_texts
from embedseq.evaluation.text_baselines import commonest_target, source_baselines
from embedseq.evaluation.texts import TEXT_METRICS, score_texts
from embedseq.evaluation.token_loss import measure_loss
from embedseq.pipeline.stages.evaluation.given import Found, Given
from embedseq.pipeline.stages.text import form_of, references_of, sentences_of
from embedseq.pipeline.stages.tokens import encoded_of, frames_of, tokeniser_of, vocabulary_of
from embedseq.statistics.measurement import Measurement
from embedseq.text.sections import split_sections

if TYPE_CHECKING:
    from embedseq.models.seq2seq import Seq2Seq
    from embedseq.text.batches import LengthBatches, Row


def measure(given: Given) -> Found:
    """The scores of the best hypotheses, their baselines, and the loss."""
    predictions = _written(given)
    scores = _restored(given, predictions) if given.task == "restoration" else _translated(given, predictions)
    batches = given.batches()
    cautions = suspicious_texts(predictions, list(sentences_of(given.text, given.split, "target")))
    cautions += collapsed_attention(given.model, cast("LengthBatches", batches))
    return Found([*scores, measure_loss(ask(given.model, batches))], predictions, tuple(cautions))


def own_scores(given: Given) -> list[Measurement]:
    """The scores of the best hypotheses alone."""
    predictions = _written(given)
    if given.task == "restoration":
        return score_labels(given.chosen(LABEL_METRICS), [prediction.split() for prediction in predictions], _gold(given))
    return score_texts(given.chosen(TEXT_METRICS), predictions, references_of(given.text, given.split))


def _written(given: Given) -> list[str]:
    """The best hypothesis for each sentence, as text."""
    first, *further = _sources(given)
    vocabulary, tokeniser = vocabulary_of(given.tokens, "target"), tokeniser_of(given.tokens, "target")
    start = time.perf_counter()
    model = cast("Seq2Seq", given.model)
    found = translate(model, first, given.settings, given.settings.batch_tokens, further, given.settings.replicas)
    given.fact("sentences_per_second", len(found) / (time.perf_counter() - start))
    texts = [tokeniser.detokenise(vocabulary.tokens_of(hypotheses[0].tokens)) for hypotheses in found]
    stretch = given.feed.stretch
    return texts if stretch is None else _joined(texts, encoded_of(given.tokens, given.split, "source").lengths.tolist(), stretch)


def _sources(given: Given) -> "list[Sequence[Row]]":
    if given.feed.images:
        return [frames_of(given.tokens, given.split)]
    return [encoded_of(given.tokens, given.split, side, given.feed.stretch) for side in given.feed.sources]


def _joined(texts: Sequence[str], lengths: Sequence[int], stretch: int) -> list[str]:
    """The texts of the stretches put together again into sentences of these lengths."""
    parts = iter(texts)
    return [" ".join(islice(parts, -(-length // stretch))) for length in lengths]


def _translated(given: Given, predictions: Sequence[str]) -> list[Measurement]:
    """Held against the source itself; against the training split's commonest target where the source are images."""
    metrics = given.chosen(TEXT_METRICS)
    references = references_of(given.text, "test")
    scores = score_texts(metrics, predictions, references)
    if given.feed.images:
        return [*scores, *commonest_target(metrics, sentences_of(given.text, "train", "target"), references)]
    parted = split_sections if form_of(given.text, "source") == "sections" else _whole
    sources = [parted(source) for source in sentences_of(given.text, "test", "source")]
    return [*scores, *source_baselines(metrics, sources, references)]


def _gold(given: Given) -> list[list[str]]:
    """The true labels of each sentence."""
    return [labels.split() for labels in sentences_of(given.text, given.split, "target")]


def _whole(source: str) -> list[str]:
    """A source that is not known to be several sentences."""
    return [source]


def _restored(given: Given, predictions: Sequence[str]) -> list[Measurement]:
    """Held against the labels that are commonest, of all words and of each."""
    metrics, tokeniser = given.chosen(LABEL_METRICS), tokeniser_of(given.tokens, "source")
    training = zip(*(sentences_of(given.text, "train", side) for side in ("source", "target")), strict=True)
    majority = MajorityLabels.count((tokeniser.tokenise(words), labels.split()) for words, labels in training)
    words = [tokeniser.tokenise(source) for source in sentences_of(given.text, "test", "source")]
    gold = _gold(given)
    scores = score_labels(metrics, [prediction.split() for prediction in predictions], gold)
    return [*scores, *label_baselines(metrics, majority, words, gold)]
