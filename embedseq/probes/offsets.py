"""How often the word at each offset is the head of a word, as sentences have it: what needs no states."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REACH = 10
"""Offsets of more words than these, either way, are taken together."""


@dataclass(frozen=True, eq=False)
class OffsetFrequencies:
    """Shares, between 0 and 1."""

    root: float
    """Of words whose head is the root."""
    offsets: Floats
    """(2 REACH + 1,): of the places where there is a word at the offset, those where it is the head."""

    @classmethod
    def of(cls, heads: Sequence[Ints]) -> "OffsetFrequencies":
        """Heads (n,) of each sentence, counted from 1; 0 is the root."""
        hits, chances, roots, words = np.full(2 * REACH + 1, 0.5), np.ones(2 * REACH + 1), 0.5, 1.0
        for of_sentence in heads:
            places = np.arange(1, len(of_sentence) + 1)
            on_word = of_sentence > 0
            roots, words = roots + float((~on_word).sum()), words + len(places)
            np.add.at(hits, clipped((of_sentence - places)[on_word]), 1)
            np.add.at(chances, clipped(places[None, :] - places[:, None]), 1)
        return cls(roots / words, hits / chances)

    def likeliest(self, length: int) -> Ints:
        """(n,): the likeliest head of each word of a sentence of n words, 0 for the root; of equals the earlier."""
        places = np.arange(1, length + 1)
        shares = self.offsets[clipped(places[None, :] - places[:, None])]
        heads: Ints = np.hstack([np.full((length, 1), self.root), shares]).argmax(axis=1)
        return heads


def clipped(offsets: Ints) -> Ints:
    """Offsets as places in `OffsetFrequencies.offsets`."""
    return np.clip(offsets, -REACH, REACH) + REACH
