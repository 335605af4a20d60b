"""Whether linear classifiers trained on some rows are right about others: what probes of sentences and of memory count."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedseq.probes.classification import PENALTIES, Coded, readers
from embedseq.probes.label_task import UNKNOWN
from embedseq.probes.material import Floats32, Ints, Split

Bools = NDArray[np.bool_]
Labels = Mapping[Split, NDArray[Any]]
"""(N,) for each split."""


def right_answers(
    features: Mapping[Split, Floats32], tasks: Sequence[Labels], penalties: Sequence[float] = PENALTIES
) -> list[Bools]:
    """For each task, of each test row whether a classifier gives it its label: (N_test,).

    Multinomial logistic regression on the features (N, D) of the training rows; of the strengths of its penalty the one that
    loses least on the validation rows is kept; they are not needed where there is one strength. A label that no training row has
    is never given.
    """
    classes = [np.unique(labels["train"]) for labels in tasks]
    learnable = [number for number, values in enumerate(classes) if len(values) > 1]
    coded = [_coded(tasks[number], classes[number]) for number in learnable]
    right = [np.asarray(labels["test"] == labels["train"][0], dtype=np.bool_) for labels in tasks]  # where there is one class
    valid = features.get("valid", features["train"][:0])
    for number, chosen in zip(learnable, readers(features["train"], valid, coded, "linear", penalties), strict=True):
        likeliest = chosen.reader.log_probabilities(features["test"]).argmax(axis=1)
        right[number] = likeliest == _codes(tasks[number]["test"], classes[number])
    return right


def majority_answers(labels: Labels) -> Bools:
    """Of each test row whether its label is the commonest of the training rows, of equals the first in order: (N_test,)."""
    values, counts = np.unique(labels["train"], return_counts=True)
    return np.asarray(labels["test"] == values[np.argmax(counts)], dtype=np.bool_)


def _coded(labels: Labels, classes: NDArray[Any]) -> Coded:
    valid = labels.get("valid", labels["train"][:0])
    return Coded(_codes(labels["train"], classes), _codes(valid, classes), len(classes))


def _codes(labels: NDArray[Any], classes: NDArray[Any]) -> Ints:
    """The place of each label among the classes, `UNKNOWN` where it is none."""
    places = np.minimum(np.searchsorted(classes, labels), len(classes) - 1)
    return np.where(classes[places] == labels, places, UNKNOWN).astype(np.int64)
