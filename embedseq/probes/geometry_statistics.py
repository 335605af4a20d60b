"""How the geometry probes put blocks together: statistics of columns summed over blocks."""

import math

import numpy as np

from embedseq.statistics.bootstrap import Additives, Floats


def cosine(sums: Floats) -> Floats:
    """Σ xy / √(Σ xx · Σ yy) of sums (..., 3) of (xy, xx, yy): (...), NaN where xx or yy is not above 0.

    With unbiased HSIC as the products this is minibatch CKA (Nguyen et al. 2021).
    """
    xy, xx, yy = sums[..., 0], sums[..., 1], sums[..., 2]
    value: Floats = np.full(xy.shape, math.nan)
    defined = (xx > 0) & (yy > 0)
    # Roots before the product: sums of squares of large states overflow together.
    np.divide(xy, np.sqrt(xx, where=defined, out=np.ones_like(xx)), out=value, where=defined)
    np.divide(value, np.sqrt(yy, where=defined, out=np.ones_like(yy)), out=value, where=defined)
    return value


def participation(sums: Floats) -> Floats:
    """(Σ t)² / (Σ s · Σ 1) of sums (..., 3) of (t, s, 1), t a block's tr C, s its tr C²: (...), NaN where Σ s is not above 0."""
    trace, square, count = sums[..., 0], sums[..., 1], sums[..., 2]
    value: Floats = np.divide(trace**2, square * count, out=np.full(trace.shape, math.nan), where=square > 0)
    return value


STATISTICS: Additives = {"cosine": cosine, "participation": participation}
