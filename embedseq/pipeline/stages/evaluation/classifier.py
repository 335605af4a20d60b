"""How well a classifier labels the texts of the test split."""

from collections import Counter

from embedseq.evaluation.bag_of_words import LabelledTexts, bag_of_words
from embedseq.evaluation.baselines import BAG_OF_WORDS, COMMONEST
from embedseq.evaluation.label_baselines import commonest
from embedseq.evaluation.labels import LABEL_METRICS, score_labels
from embedseq.evaluation.outputs import suspicious_labels
from embedseq.evaluation.token_loss import measure_loss
from embedseq.pipeline.stages.evaluation.given import Found, Given
from embedseq.pipeline.stages.evaluation.labelling import label
from embedseq.pipeline.stages.evaluation.words import words_of
from embedseq.pipeline.stages.text import sentences_of
from embedseq.statistics.measurement import Measurement


def measure(given: Given) -> Found:
    """The scores of the likeliest labels, beside the commonest label and a linear model of the words; and the loss."""
    labelled = label(given)
    splits = {split: _labelled_texts(given, split) for split in ("train", "valid", "test")}
    training, test = splits["train"], splits["test"]
    always = commonest(Counter(training.labels))
    by_words = bag_of_words(training, splits["valid"], test.texts)
    metrics, gold = given.chosen(LABEL_METRICS), [[text] for text in test.labels]
    scores = score_labels(metrics, labelled.labels, gold)
    scores += score_labels(metrics, [[always]] * len(gold), gold, baseline=COMMONEST)
    scores += score_labels(metrics, [[text] for text in by_words], gold, baseline=BAG_OF_WORDS)
    predictions = [labels[0] for labels in labelled.labels]
    cautions = suspicious_labels(predictions, test.labels)
    return Found([*scores, measure_loss(labelled.answers, "nats per label")], predictions, tuple(cautions))


def own_scores(given: Given) -> list[Measurement]:
    """The scores of the likeliest labels alone."""
    gold = [[text] for text in sentences_of(given.text, given.split, "target")]
    return score_labels(given.chosen(LABEL_METRICS), label(given).labels, gold)


def _labelled_texts(given: Given, split: str) -> LabelledTexts:
    return LabelledTexts(list(words_of(given, split)), list(sentences_of(given.text, split, "target")))
