"""Training the unigram language model of pieces (Kudo 2018): EM over all segmentations of each word, and pruning.

The `tokenizers` library applies the model, but cannot train it here: it adds up its expectations in the random order of a hash
table, so that two runs on the same text give different scores (seen with 0.23), and a run must be repeatable bit for bit.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

LONGEST_PIECE = 16
LONGEST_WORD = 64  # of longer ones only so many characters are looked at
MOST_TYPES = 50_000  # rarer words add next to nothing
SEEDS_PER_PIECE = 10  # the pruning begins with so many times the pieces that are wanted
KEPT = 0.7  # share of the pieces that one round of pruning keeps
EM_STEPS = 2  # between two rounds of pruning
RAREST = 0.5  # pieces that are expected less often are dropped at once
LEAST = 1.0  # expected count of a character that no best segmentation needs; keeps its probability above 0


def train_unigram(counts: Mapping[str, int], size: int, alphabet: Iterable[str]) -> list[tuple[str, float]]:
    """At most `size` pieces with their log-probabilities, best first; every character of `alphabet` is one of them.

    `counts` says how often each word stands in the text; words hold characters of `alphabet` alone.
    """
    words = sorted(counts, key=lambda word: (-counts[word], word))[:MOST_TYPES]
    weights = np.array([counts[word] for word in words], dtype=np.float64)
    words = [word[:LONGEST_WORD] for word in words]
    pieces, scores = _seeds(words, weights, size, sorted(alphabet))
    essential = np.array([len(piece) == 1 for piece in pieces])
    text, inside = _Lattice.of(words, pieces), _Lattice.of(pieces, pieces)
    inside = inside.only((inside.start != inside.first_node[inside.word]) | (inside.end != inside.last_node[inside.word]))
    while True:
        for _ in range(EM_STEPS):
            expected = text.expected(scores, weights)
            expected[essential] = np.maximum(expected[essential], LEAST)
            expected[expected < RAREST] = 0.0
            scores = _log(expected / expected.sum())
        alive = np.flatnonzero(expected > 0)
        if len(alive) <= size:
            break
        # The likelihood that is lost when a piece has to be written with other pieces (Kudo 2018, 3.2, step 2b).
        loss = expected[alive] * (scores[alive] - inside.best(scores)[alive])
        loss[essential[alive]] = np.inf
        kept = alive[np.argsort(-loss, kind="stable")[: max(size, int(KEPT * len(alive)))]]
        mask = np.zeros(len(pieces), dtype=bool)
        mask[kept] = True
        scores = np.where(mask, scores, -np.inf)
        text, inside = text.only(mask[text.pieces]), inside.only(mask[inside.pieces])
    ranked = [(pieces[row], round(float(scores[row]), 6)) for row in alive]
    return sorted(ranked, key=lambda item: (-item[1], item[0]))


def _log(values: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(values))


def _seeds(words: Sequence[str], weights: Floats, size: int, alphabet: Sequence[str]) -> tuple[list[str], Floats]:
    """The characters, and the substrings with the greatest count times length, with log-probabilities to begin with."""
    found: Counter[str] = Counter()
    for word, weight in zip(words, weights.astype(int).tolist(), strict=True):
        for start in range(len(word)):
            for end in range(start + 1, min(len(word), start + LONGEST_PIECE) + 1):
                found[word[start:end]] += weight
    longer = [(piece, count) for piece, count in found.items() if len(piece) > 1 and count > 1]
    longer.sort(key=lambda item: (-item[1] * len(item[0]), item[0]))
    pieces = [*alphabet, *(piece for piece, _ in longer[: SEEDS_PER_PIECE * size])]
    values = np.array([max(found[piece], 1) * len(piece) for piece in pieces], dtype=np.float64)
    return pieces, np.log(values / values.sum())


@dataclass(frozen=True)
class _Lattice:
    """All segmentations of some words. Each word is a row of nodes, each place where a piece fits an edge from `start` to `end`.

    The edges are in the order of a sweep from the words' first nodes: by the distance of their end from it, then by their end.
    `backwards` orders them for a sweep from the last nodes.
    """

    word: Numbers  # (edges,)
    pieces: Numbers  # (edges,)
    start: Numbers  # (edges,) node
    end: Numbers  # (edges,) node
    backwards: Numbers  # (edges,) edge
    first_node: Numbers  # (words,)
    last_node: Numbers  # (words,)

    @classmethod
    def of(cls, words: Sequence[str], pieces: Sequence[str]) -> "_Lattice":
        """The lattice of `words` with every piece that fits."""
        ids = {piece: row for row, piece in enumerate(pieces)}
        last = np.cumsum([len(word) + 1 for word in words]) - 1
        first = last - np.array([len(word) for word in words], dtype=np.int64)
        edges = array("q")
        for row, (word, node) in enumerate(zip(words, first.tolist(), strict=True)):
            for start in range(len(word)):
                for end in range(start + 1, min(len(word), start + LONGEST_PIECE) + 1):
                    piece = ids.get(word[start:end])
                    if piece is not None:
                        edges.extend((row, piece, node + start, node + end))
        columns = np.asarray(edges, dtype=np.int64).reshape(-1, 4)
        rows, _, starts, ends = columns.T
        rows, found, starts, ends = columns[np.lexsort((starts, ends, ends - first[rows]))].T.copy()
        return cls(rows, found, starts, ends, np.lexsort((ends, starts, last[rows] - starts)), first, last)

    def only(self, mask: NDArray[np.bool_]) -> "_Lattice":
        """Without the edges where `mask` is False."""
        backwards = (np.cumsum(mask) - 1)[self.backwards[mask[self.backwards]]]
        edges = (self.word[mask], self.pieces[mask], self.start[mask], self.end[mask])
        return _Lattice(*edges, backwards, self.first_node, self.last_node)

    def best(self, scores: Floats) -> Floats:
        """The log-probability of the best segmentation of each word, (words,)."""
        return self._forward(scores[self.pieces], np.maximum)[self.last_node]

    def expected(self, scores: Floats, weights: Floats) -> Floats:
        """How often each piece is expected in the words, each counted `weights` times, (pieces,)."""
        steps = scores[self.pieces]
        forward, backward = self._forward(steps, np.logaddexp), self._backward(steps)
        logs = forward[self.start] + steps + backward[self.end] - forward[self.last_node][self.word]
        counts = np.bincount(self.pieces, weights=np.exp(logs) * weights[self.word], minlength=len(scores))
        return counts.astype(np.float64)

    def _forward(self, steps: Floats, add: np.ufunc) -> Floats:
        """For each node the log-probabilities of all ways to it from its word's first node, `add`ed up."""
        return _sweep(self.start, self.end, self.end - self.first_node[self.word], self.first_node, steps, add, self._nodes)

    def _backward(self, steps: Floats) -> Floats:
        """For each node the log-probability of all ways from it to its word's last node."""
        order = self.backwards
        heads, tails = self.start[order], self.end[order]
        return _sweep(
            tails, heads, self.last_node[self.word[order]] - heads, self.last_node, steps[order], np.logaddexp, self._nodes
        )

    @property
    def _nodes(self) -> int:
        return int(self.last_node[-1]) + 1


def _sweep(tails: Numbers, heads: Numbers, depth: Numbers, sources: Numbers, steps: Floats, add: np.ufunc, nodes: int) -> Floats:
    """Totals of all nodes, (nodes,): 0 at the sources, then level by level of `depth`, in which the edges are sorted."""
    totals = np.full(nodes, -np.inf)
    totals[sources] = 0.0
    bounds = [*np.flatnonzero(np.diff(depth, prepend=-1)).tolist(), len(depth)]
    for first, last in pairwise(bounds):
        level = slice(first, last)
        begins = np.flatnonzero(np.diff(heads[level], prepend=-1))
        totals[heads[level][begins]] = add.reduceat(totals[tails[level]] + steps[level], begins)
    return totals
