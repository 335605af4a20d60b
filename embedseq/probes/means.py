"""Measurements that are a mean over items: an accuracy, a mean cosine."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embedseq.statistics.bootstrap import Floats, statistic_value
from embedseq.statistics.measurement import Better, Measurement, Role

Values = NDArray[np.float64] | NDArray[np.bool_]


def mean_of(
    values: Values,
    score: str,
    part: str,
    coverage: float,
    role: Role = "score",
    label: str = "",
    better: Better = "higher",
) -> Measurement:
    """The mean of `values` (N,), one an item, as the ratio of the sums of (value, 1); NaN of no items."""
    numbers = np.asarray(values, dtype=np.float64)
    items = np.stack([numbers, np.ones_like(numbers)], axis=-1)
    value = statistic_value("ratio", items)
    return Measurement("", score, role, label, value, "ratio", items, coverage, part, better)


@dataclass(frozen=True, eq=False)
class Grouped:
    """Values that hang together in groups, words in sentences for instance: an item is a group, so that a bootstrap draws whole
    ones. Taken one by one, words of a sentence would make an interval too narrow."""

    of: NDArray[np.int64]
    """(N,): the group of each value, numbers of any kind; items stand in their order."""

    def sums(self, values: Values) -> Floats:
        """(groups,): the sum of the values (N,) in each."""
        numbers, places = np.unique(self.of, return_inverse=True)
        return np.bincount(places, weights=np.asarray(values, dtype=np.float64), minlength=len(numbers)).astype(np.float64)

    def ratio(self, values: Values, over: Values) -> Floats:
        """(groups, 2): items of the ratio of both sums."""
        return np.stack([self.sums(values), self.sums(over)], axis=-1)

    def mean(
        self,
        values: Values,
        score: str,
        part: str,
        coverage: float,
        role: Role = "score",
        label: str = "",
        better: Better = "higher",
        subject: str = "",
    ) -> Measurement:
        """The mean of `values` (N,): items are (sum of a group, its size)."""
        items = self.ratio(values, np.ones(len(self.of)))
        return Measurement(subject, score, role, label, statistic_value("ratio", items), "ratio", items, coverage, part, better)

    def among(self, chosen: NDArray[np.bool_]) -> "Grouped":
        """Those of the values that are `chosen` (N,)."""
        return Grouped(self.of[chosen])
