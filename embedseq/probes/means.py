"""Measurements that are a mean over items: an accuracy, a mean cosine."""

import numpy as np
from numpy.typing import NDArray

from embedseq.statistics.bootstrap import statistic_value
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


def grouped_mean(
    values: Values, group: NDArray[np.int64], score: str, part: str, coverage: float, role: Role, label: str
) -> Measurement:
    """The mean of `values` (N,) where values of one `group` (N,) hang together: an item is a group, (its sum, its size).

    So a bootstrap draws whole groups. Groups are numbers of any kind, and items stand in their order.
    """
    numbers, places = np.unique(group, return_inverse=True)
    sums = np.bincount(places, weights=values, minlength=len(numbers))
    items = np.stack([sums, np.bincount(places, minlength=len(numbers)).astype(np.float64)], axis=-1)
    return Measurement("", score, role, label, statistic_value("ratio", items), "ratio", items, coverage, part)
