"""Ranks of numbers. NumPy alone: `scipy.stats`, which has them too, is slow to import."""

import numpy as np
from numpy.typing import NDArray


def mean_ranks(values: NDArray[np.float64], axis: int = 0) -> NDArray[np.float64]:
    """The ranks of values along an axis, from 1 on, equal ones at their mean rank; the same shape. NaN where one is NaN."""
    lines = np.moveaxis(np.asarray(values, dtype=np.float64), axis, -1)
    order = lines.argsort(axis=-1)
    ordered = np.take_along_axis(lines, order, axis=-1)
    changes = ordered[..., 1:] != ordered[..., :-1]
    edge = np.ones((*lines.shape[:-1], 1), dtype=bool)
    places = np.arange(lines.shape[-1])
    first = np.maximum.accumulate(np.where(np.concatenate((edge, changes), axis=-1), places, 0), axis=-1)
    ends = np.where(np.concatenate((changes, edge), axis=-1), places, places[-1:])
    last = np.flip(np.minimum.accumulate(np.flip(ends, axis=-1), axis=-1), axis=-1)
    ranks = np.empty_like(lines)
    np.put_along_axis(ranks, order, (first + last) / 2 + 1, axis=-1)
    ranks[np.isnan(lines).any(axis=-1)] = np.nan
    return np.moveaxis(ranks, -1, axis)
