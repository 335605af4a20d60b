"""A trend over a number: the least-squares slope of a statistic against x, one x an arm.

    slope = sum_a w_a v_a,   w_a = (x_a - mean x) / sum_a (x_a - mean x)^2

The slope is a weighted sum over arms, as a difference is; so what holds for differences (crossed bootstrap, seed by seed, sign
flips of the seeds' slopes, permuting the arms of each item) holds for trends, with these weights.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from embedseq.errors import RequestError
from embedseq.statistics.bootstrap import Floats
from embedseq.statistics.ranks import mean_ranks

Scale = Literal["value", "rank"]
"""Slope per unit of x, or per step of x, the smallest being 1 and equals sharing a rank."""


def slope_weights(x: Sequence[float], scale: Scale = "value") -> Floats:
    """The weights (A,) that make the values of A arms a slope against x; RequestError for fewer than three different numbers."""
    numbers = np.asarray(x, dtype=np.float64)
    if not np.isfinite(numbers).all() or len(np.unique(numbers)) < 3:
        raise RequestError(
            f"trend: expected three different numbers or more, found {', '.join(f'{each:g}' for each in numbers) or 'none'}. "
            "Name more arms, or compare two of them."
        )
    placed = mean_ranks(numbers) if scale == "rank" else numbers
    centred = placed - placed.mean()
    weights: Floats = centred / (centred**2).sum()
    return weights
