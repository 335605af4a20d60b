"""A check of vectors on text that they were not trained on: do words that stand together there have more similar vectors?"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from embedseq.embeddings.vectors import Vectors
from embedseq.text.encoded import Encoded
from embedseq.text.vocabulary import Vocabulary

MOST_PAIRS = 100_000
_BLOCK = 1 << 14
"""Running tokens (and at most as many sentences) that are looked at together; a longer sentence is a block by itself."""

Rows = NDArray[np.int64]


def held_out_auc(
    vectors: Vectors, sentences: Encoded, vocabulary: Vocabulary, window: int, seed: int, most_pairs: int = MOST_PAIRS
) -> float | None:
    """The probability that two words from one window have a higher cosine than two of the same words put together at random.

    That is the area under the ROC curve of the cosine, ties counted half: 0.5 for vectors that know nothing. Pairs of equal words
    are left out. Of more than `most_pairs` pairs so many are drawn by the seed; the text is read twice and never kept. None where
    there is no pair to look at.
    """
    rows = _rows_of(vectors, vocabulary)
    count = sum(len(first) for first, _ in _pairs(rows, sentences, window))
    draw = np.random.default_rng(seed)
    # NumPy lays out all numbers to draw from only while they are fewer than fifty times those drawn.
    chosen = np.arange(count) if count <= most_pairs else draw.choice(count, most_pairs, replace=False)
    first, second = _numbered(_pairs(rows, sentences, window), chosen)
    shuffled = draw.permutation(second)
    fair = first != shuffled
    if not fair.any():
        return None
    return _auc(_cosines(vectors, first, second), _cosines(vectors, first[fair], shuffled[fair]))


def _rows_of(vectors: Vectors, vocabulary: Vocabulary) -> Rows:
    """For each token of the vocabulary its row in the vectors, -1 where it has none."""
    return np.array([vectors.row(token) if token in vectors else -1 for token in vocabulary.tokens], dtype=np.int64)


def _pairs(rows: Rows, sentences: Encoded, window: int) -> Iterator[tuple[Rows, Rows]]:
    """All pairs of different words with vectors that stand at most `window` words apart, as rows, some thousand at a time.

    They come sentence by sentence, within a sentence nearer pairs first, however the text is cut into blocks.
    """
    for start, end in _blocks(sentences.offsets):
        offsets = sentences.offsets[start : end + 1]
        found = rows[sentences.ids[int(offsets[0]) : int(offsets[-1])]]
        owner = np.repeat(np.arange(end - start), np.diff(offsets))[found >= 0]
        found = found[found >= 0]
        near = (_pairs_at(distance, found, owner) for distance in range(1, min(window, len(found) - 1) + 1))
        if end - start == 1:
            yield from ((first, second) for first, second, _ in near)
        elif together := list(near):
            firsts, seconds, owners = (np.concatenate(column) for column in zip(*together, strict=True))
            order = np.argsort(owners, kind="stable")
            yield firsts[order], seconds[order]


def _pairs_at(distance: int, found: Rows, owner: Rows) -> tuple[Rows, Rows, Rows]:
    """The pairs so far apart within one sentence, and which sentence that is."""
    first, second, sentence = found[:-distance], found[distance:], owner[:-distance]
    fair = (sentence == owner[distance:]) & (first != second)
    return first[fair], second[fair], sentence[fair]


def _blocks(offsets: Rows) -> Iterator[tuple[int, int]]:
    """Where blocks of whole sentences begin and end."""
    start, last = 0, len(offsets) - 1
    while start < last:
        fitting = int(np.searchsorted(offsets, int(offsets[start]) + _BLOCK, side="right")) - 1
        end = max(start + 1, min(fitting, start + _BLOCK))
        yield start, end
        start = end


def _numbered(pairs: Iterator[tuple[Rows, Rows]], chosen: Rows) -> tuple[Rows, Rows]:
    """The pairs with the numbers `chosen`, counted from 0, in the order of `chosen`."""
    order = np.argsort(chosen)
    wanted = chosen[order]
    first, second = np.empty_like(chosen), np.empty_like(chosen)
    start = 0
    for firsts, seconds in pairs:
        low, high = np.searchsorted(wanted, (start, start + len(firsts)))
        here = wanted[low:high] - start
        first[order[low:high]], second[order[low:high]] = firsts[here], seconds[here]
        start += len(firsts)
    return first, second


def _cosines(vectors: Vectors, first: Rows, second: Rows) -> NDArray[np.float64]:
    cosines: NDArray[np.float64] = np.einsum("nd,nd->n", vectors.unit[first], vectors.unit[second], dtype=np.float64)
    return cosines


def _auc(higher: NDArray[np.float64], lower: NDArray[np.float64]) -> float:
    """The share of pairs (h, l) with h > l, and half of those with h = l   (Mann and Whitney 1947)."""
    ordered = np.sort(lower)
    below = np.searchsorted(ordered, higher, side="left")
    at_most = np.searchsorted(ordered, higher, side="right")
    return float((below + at_most).mean() / 2 / len(lower))
