"""Scores of label sequences, where a prediction is held against the gold labels position by position."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from embedseq.evaluation.metrics import STATISTICS
from embedseq.statistics.measurement import Measurement

LabelMetric = Literal["accuracy", "macro-f1"]
Labels = Sequence[str]


def score_labels(
    subject: str,
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
    measured = []
    for metric in metrics:
        counts = items[metric](predictions, gold)
        sums = counts.sum(axis=0)
        value = sums[0] / sums[1] if metric == "accuracy" else STATISTICS[metric](sums)
        measured.append(
            Measurement(
                subject=subject,
                score=metric,
                role="baseline" if baseline else "score",
                label=baseline,
                value=float(value),
                statistic="ratio" if metric == "accuracy" else metric,
                items=counts,
                coverage=1.0,
            )
        )
    return measured


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
