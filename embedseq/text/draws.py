"""Random draws for generated text: the same seed gives the same draws under every version of Python."""

import random
from bisect import bisect_right
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


class Draws:
    """A stream of draws. All are made of `random()`, the one method that Python promises to keep as it is."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self._random.random() < probability

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, each as likely."""
        return low + int(self._random.random() * (high - low + 1))

    def one_of(self, items: Sequence[Item]) -> Item:
        """One of the items, each as likely."""
        return items[self.between(0, len(items) - 1)]

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """The items in an order of which each is as likely."""
        shuffled = list(items)
        for last in range(len(shuffled) - 1, 0, -1):  # Fisher and Yates
            other = self.between(0, last)
            shuffled[last], shuffled[other] = shuffled[other], shuffled[last]
        return shuffled

    def weighted(self, cumulative: Sequence[float]) -> int:
        """A place in a list of weights, which are given as running sums."""
        return min(bisect_right(cumulative, self._random.random() * cumulative[-1]), len(cumulative) - 1)
