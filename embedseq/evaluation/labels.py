"""Scores of label sequences, where a prediction is held against the gold labels position by position."""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from embedseq.evaluation.scored import scored
from embedseq.statistics.measurement import Measurement

LabelMetric = Literal["accuracy", "macro-f1"]
LABEL_METRICS: tuple[LabelMetric, ...] = get_args(LabelMetric)
Labels = Sequence[str]


def score_labels(
    metrics: Sequence[LabelMetric],
    predictions: Sequence[Labels],
    gold: Sequence[Labels],
    baseline: str = "",
) -> list[Measurement]:
    """Accuracy and macro F1 of predicted label sequences, with counts of each sentence as items.

    Position i of a prediction answers position i of the gold sequence. Where the prediction is shorter, the missing answers are
    wrong; where it is longer, each superfluous label is one wrong answer more. So a sentence has max(predicted, gold) positions,
    and a label left out early costs all that follow it. For F1 a missing label is a miss, and a superfluous one a false alarm.
    With the name of a `baseline` the measurements say that they are that baseline and no score of the subject's own.
    """
    if len(predictions) != len(gold) or not gold:
        raise ValueError(f"Expected as many predictions as gold sequences, and some, not {len(predictions)} and {len(gold)}.")
    items = {"accuracy": _accuracy_items, "macro-f1": _f1_items}
    statistics = {"accuracy": "ratio", "macro-f1": "macro-f1"}
    return [scored(metric, statistics[metric], items[metric](predictions, gold), baseline) for metric in metrics]


def score_some_labels(
    score: str, predictions: Sequence[Labels], gold: Sequence[Labels], chosen: Sequence[Sequence[bool]], baseline: str = ""
) -> Measurement:
    """The accuracy at the chosen positions alone, under a name of its own; predictions are as long as the gold sequences."""
    pairs = zip(predictions, gold, chosen, strict=True)
    kept = [[(p == g) for p, g, here in zip(*three, strict=True) if here] for three in pairs]
    counts = [(sum(right), len(right)) for right in kept]
    return scored(score, "ratio", np.array(counts, dtype=np.float64), baseline)


def _accuracy_items(predictions: Sequence[Labels], gold: Sequence[Labels]) -> NDArray[np.float64]:
    """(N, 2): right answers, positions."""
    counts = [
        (sum(p == g for p, g in zip(predicted, true, strict=False)), max(len(predicted), len(true)))
        for predicted, true in zip(predictions, gold, strict=True)
    ]
    return np.array(counts, dtype=np.float64)


def _f1_items(predictions: Sequence[Labels], gold: Sequence[Labels]) -> NDArray[np.float64]:
    """(N, 3 C): for each of the C gold labels, in alphabetical order, right, predicted and gold.

    The columns are those of the gold labels alone, so that every model and seed has the same. Any other prediction is a miss
    of the gold label, as a missing one is.
    """
    column = {label: number for number, label in enumerate(sorted({label for true in gold for label in true}))}
    counts = np.zeros((len(gold), len(column), 3))
    for row, (predicted, true) in enumerate(zip(predictions, gold, strict=True)):
        for p, g in zip(predicted, true, strict=False):
            counts[row, column[g], 0] += p == g
        for p in predicted:
            if p in column:
                counts[row, column[p], 1] += 1
        for g in true:
            counts[row, column[g], 2] += 1
    return counts.reshape(len(gold), -1)
