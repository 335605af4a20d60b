"""A linear classifier on the vectors of word types, cross-validated by type."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from embedseq.embeddings.vectors import Vectors
from embedseq.errors import RequestError
from embedseq.probes.linear import LinearProbe, fit_many
from embedseq.probes.means import mean_of
from embedseq.seeds import stream
from embedseq.statistics.measurement import Measurement, Role

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FOLDS = 5
_PENALTY = 0.01
"""The weight of half the squared norm beside the mean loss; one strength for samples of every size."""
_RANDOM = "random vectors of the same norms"


def word_property(table: Vectors, random: Vectors, labels: Sequence[str], part: str, coverage: float) -> list[Measurement]:
    """Accuracy on `table` with its baselines and its control, and selectivity with its baseline.

    Items are (right, 1), one a word. `labels` has an entry a word of `table`, and `random` the same words in the same order. The
    control deals the labels out to the words at random. Folds and controls hang on the words alone, so that they are the same for
    all tables and seeds. RequestError of fewer than two labels or fewer words than folds.
    """
    classes, codes = np.unique(np.array(labels, dtype=np.str_), return_inverse=True)
    fold = folds(table.words)
    if len(classes) < 2 or len(np.unique(fold)) < FOLDS:
        raise RequestError(
            f"probe word-property: expected two labels or more and {FOLDS} words or more, found {len(classes)} labels of "
            f"{len(labels)} words. Read a larger treebank, lower `min_count`, or, where tables share too few words, set "
            "`shared: false`."
        )
    control = codes[np.random.default_rng(stream(0, "word-property", "control")).permutation(len(codes))]
    own, own_control = _right(table, (codes, control), fold)
    noise, noise_control = _right(random, (codes, control), fold)
    told: list[tuple[Bools | NDArray[np.float64], str, Role, str]] = [
        (own, "accuracy", "score", ""),
        (_majority_right(codes, fold), "accuracy", "baseline", "commonest label"),
        (noise, "accuracy", "baseline", _RANDOM),
        (own_control, "accuracy", "control", "labels permuted across words"),
        (own.astype(np.float64) - own_control, "selectivity", "score", ""),
        (noise.astype(np.float64) - noise_control, "selectivity", "baseline", _RANDOM),
    ]
    return [mean_of(values, score, part, coverage, role, label) for values, score, role, label in told]


def folds(words: Sequence[str]) -> Ints:
    """(N,): the fold of each word, 0 to 4, of about equal size; words that differ by case alone are in one fold."""
    types = sorted({word.casefold() for word in words})
    shuffled = np.random.default_rng(stream(0, "word-property", "folds")).permutation(len(types))
    fold_of = {types[place]: number % FOLDS for number, place in enumerate(shuffled)}
    return np.array([fold_of[word.casefold()] for word in words], dtype=np.int64)


def _right(table: Vectors, targets: Sequence[Ints], fold: Ints) -> list[Bools]:
    """For each of some labellings (N,) whether each word is told rightly by a classifier fitted to the other folds."""
    right = [np.zeros(len(table), dtype=np.bool_) for _ in targets]
    for number in range(FOLDS):
        train, test = fold != number, fold == number
        predicted = _predictions(table.matrix[train], [codes[train] for codes in targets], table.matrix[test])
        for found, codes, answers in zip(right, targets, predicted, strict=True):
            found[test] = answers == codes[test]
    return right


def _predictions(train: NDArray[np.float32], targets: Sequence[Ints], test: NDArray[np.float32]) -> list[Ints]:
    """Labels of the rows of `test`, after a fit to those of `train` and each of some labellings of them.

    Features are scaled on the rows that train. Where these all have one label, it is the answer.
    """
    several = [codes for codes in targets if len(np.unique(codes)) > 1]
    probe = LinearProbe(C=1 / (_PENALTY * len(train)))
    fitted = iter(fit_many(train, several, probe) if several else [])
    return [
        next(fitted).predict(test) if len(np.unique(codes)) > 1 else np.full(len(test), codes[0], dtype=np.int64)
        for codes in targets
    ]


def _majority_right(codes: Ints, fold: Ints) -> Bools:
    """Whether each word has the label that is the commonest in the other folds."""
    right = np.zeros(len(codes), dtype=np.bool_)
    for number in range(FOLDS):
        test = fold == number
        right[test] = codes[test] == np.bincount(codes[~test]).argmax()
    return right
