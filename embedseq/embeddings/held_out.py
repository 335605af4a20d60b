"""A check of vectors on text that they were not trained on: do words that stand together there have more similar vectors?"""

import numpy as np
from numpy.typing import NDArray

from embedseq.embeddings.vectors import Vectors
from embedseq.text.encoded import Encoded
from embedseq.text.vocabulary import Vocabulary

MOST_PAIRS = 100_000

Rows = NDArray[np.int64]


def held_out_auc(vectors: Vectors, sentences: Encoded, vocabulary: Vocabulary, window: int, seed: int) -> float | None:
    """The probability that two words from one window have a higher cosine than two of the same words put together at random.

    That is the area under the ROC curve of the cosine, ties counted half: 0.5 for vectors that know nothing. Pairs of equal words
    are left out. None where there is no pair to look at.
    """
    first, second = _pairs(_rows_of(vectors, vocabulary), sentences, window)
    draw = np.random.default_rng(seed)
    if len(first) > MOST_PAIRS:
        chosen = draw.choice(len(first), MOST_PAIRS, replace=False)
        first, second = first[chosen], second[chosen]
    shuffled = draw.permutation(second)
    fair = first != shuffled
    if not fair.any():
        return None
    return _auc(_cosines(vectors, first, second), _cosines(vectors, first[fair], shuffled[fair]))


def _rows_of(vectors: Vectors, vocabulary: Vocabulary) -> Rows:
    """For each token of the vocabulary its row in the vectors, -1 where it has none."""
    return np.array([vectors.row(token) if token in vectors else -1 for token in vocabulary.tokens], dtype=np.int64)


def _pairs(rows: Rows, sentences: Encoded, window: int) -> tuple[Rows, Rows]:
    """All pairs of different words with vectors that stand at most `window` words apart, as rows."""
    firsts, seconds = [], []
    for ids in sentences:
        found = rows[ids]
        found = found[found >= 0]
        for distance in range(1, min(window, len(found) - 1) + 1):
            firsts.append(found[:-distance])
            seconds.append(found[distance:])
    if not firsts:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    first, second = np.concatenate(firsts), np.concatenate(seconds)
    different = first != second
    return first[different], second[different]


def _cosines(vectors: Vectors, first: Rows, second: Rows) -> NDArray[np.float64]:
    cosines: NDArray[np.float64] = np.einsum("nd,nd->n", vectors.unit[first], vectors.unit[second], dtype=np.float64)
    return cosines


def _auc(higher: NDArray[np.float64], lower: NDArray[np.float64]) -> float:
    """The share of pairs (h, l) with h > l, and half of those with h = l   (Mann and Whitney 1947)."""
    ordered = np.sort(lower)
    below = np.searchsorted(ordered, higher, side="left")
    at_most = np.searchsorted(ordered, higher, side="right")
    return float((below + at_most).mean() / 2 / len(lower))
