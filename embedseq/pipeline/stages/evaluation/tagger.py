"""How well a tagger labels the words of the test split."""

from collections.abc import Iterator, Sequence
from itertools import chain

from embedseq.evaluation.baselines import COMMONEST
from embedseq.evaluation.label_baselines import MajorityLabels, label_baselines
from embedseq.evaluation.labels import LABEL_METRICS, score_labels, score_some_labels
from embedseq.evaluation.outputs import suspicious_labels
from embedseq.evaluation.token_loss import measure_loss
from embedseq.pipeline.stages.evaluation.given import Found, Given
from embedseq.pipeline.stages.evaluation.labelling import label
from embedseq.pipeline.stages.text import sentences_of
from embedseq.statistics.measurement import Measurement
from embedseq.text.gold_words import GoldWords

UNKNOWN = "unknown-accuracy"
Tags = Sequence[Sequence[str]]


def measure(given: Given) -> Found:
    """The scores of the likeliest labels, beside those that are commonest of all and of each word; and the loss."""
    labelled = label(given)
    majority = MajorityLabels.count(zip(_words(given, "train"), _labels(given, "train"), strict=True))
    words, gold = list(_words(given, "test")), list(_labels(given, "test"))
    metrics = given.chosen(LABEL_METRICS)
    scores = [*score_labels(metrics, labelled.labels, gold), *label_baselines(metrics, majority, words, gold)]
    if given.chosen((UNKNOWN,)):
        scores += _of_unknown(labelled.labels, majority, words, gold)
    predictions = [" ".join(labels) for labels in labelled.labels]
    cautions = suspicious_labels([*chain.from_iterable(labelled.labels)], [*chain.from_iterable(gold)])
    return Found([*scores, measure_loss(labelled.answers, "nats per label")], predictions, tuple(cautions))


def own_scores(given: Given) -> list[Measurement]:
    """The scores of the likeliest labels alone."""
    labels, gold = label(given).labels, list(_labels(given, given.split))
    scores = score_labels(given.chosen(LABEL_METRICS), labels, gold)
    if given.chosen((UNKNOWN,)):
        majority = MajorityLabels.count(zip(_words(given, "train"), _labels(given, "train"), strict=True))
        scores += _of_unknown(labels, majority, list(_words(given, given.split)), gold)[:1]
    return scores


def _of_unknown(labels: Tags, majority: MajorityLabels, words: Tags, gold: Tags) -> list[Measurement]:
    """The accuracy on the words that the training split lacks, to all of which counting gives the commonest label."""
    unknown = [majority.unknown(sentence) for sentence in words]
    always = [majority.predict(sentence) for sentence in words]
    return [
        score_some_labels(UNKNOWN, labels, gold, unknown),
        score_some_labels(UNKNOWN, always, gold, unknown, baseline=COMMONEST),
    ]


def _words(given: Given, split: str) -> Iterator[tuple[str, ...]]:
    return (GoldWords.from_line(line).words for line in sentences_of(given.text, split, "source"))


def _labels(given: Given, split: str) -> Iterator[list[str]]:
    return (line.split() for line in sentences_of(given.text, split, "target"))
