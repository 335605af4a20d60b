"""How many steps back a memory's advantage has halved, as a statistic of sums so that intervals can be drawn. NumPy alone."""

import numpy as np

from embedseq.statistics.bootstrap import Additives, Floats


def half_life(sums: Floats) -> Floats:
    """The least k at which gain(k) = accuracy(k) - baseline(k) is down to gain(0) / 2, between whole steps by interpolation.

    sums (..., 3 (K + 1)): for k = 0, 1, …, K the summed right answers of the classifier, then those of the baseline, then the
    numbers of answers; -> (...). K where the gain is never halved; NaN where there is no gain at k = 0 or nothing was asked at
    some k.
    """
    right, baseline, asked = np.moveaxis(sums.reshape(*sums.shape[:-1], 3, -1), -2, 0)
    gains = np.divide(right - baseline, asked, out=np.full(asked.shape, np.nan), where=asked > 0)
    half = gains[..., :1] / 2
    below = gains[..., 1:] <= half
    reached = below.any(axis=-1)
    after = np.where(reached, below.argmax(axis=-1) + 1, 1)[..., None]
    high, low = (np.take_along_axis(gains, at, axis=-1)[..., 0] for at in (after - 1, after))
    fall = np.where(reached, high - low, 1.0)
    crossing = after[..., 0] - 1 + np.divide(high - half[..., 0], fall, out=np.zeros_like(fall), where=fall > 0)
    steps = np.where(reached, crossing, gains.shape[-1] - 1.0)
    defined = np.isfinite(gains).all(axis=-1) & (gains[..., 0] > 0)
    return np.asarray(np.where(defined, steps, np.nan), dtype=np.float64)


STATISTICS: Additives = {"half-life": half_life}
"""For intervals: what a measurement of this `statistic` is of its summed columns, over leading axes (..., K) -> (...)."""
