"""Features on a scale of their own: mean 0 and variance 1 on the rows that train, and the same shift and scale for all others."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Features = NDArray[np.floating[Any]]

_ROWS = 512
"""Rows that are looked at together, few enough to stay in the cache and to be summed in single precision."""


@dataclass(frozen=True, eq=False)
class Scaler:
    """x -> (x - mean) / scale, both (D,)."""

    mean: Floats
    scale: Floats
    """1 where a feature never changes."""

    @classmethod
    def nothing(cls, width: int) -> "Scaler":
        """The scaler that leaves features as they are."""
        return cls(np.zeros(width), np.ones(width))

    @classmethod
    def fitted(cls, features: Features) -> "Scaler":
        """Mean and standard deviation of features (N, D), summed in double precision a block of rows at a time."""
        mean = features[0] + _mean(features, features[0], 1)  # about a row, so that large means cost no digits
        centre = mean.astype(features.dtype)
        deviation = np.sqrt(np.maximum(_mean(features, centre, 2) - np.square(centre - mean), 0.0))
        still = deviation <= 10 * np.finfo(features.dtype).eps * np.abs(mean)  # what rounding alone would leave
        return cls(mean, np.where(still, 1.0, deviation))

    def apply(self, features: Features, dtype: type[np.floating[Any]]) -> Features:
        """A new matrix (N, D) of `dtype`; the features themselves may be read-only."""
        scaled = np.empty(features.shape, dtype=dtype)
        mean, factor = self.mean.astype(features.dtype), (1 / self.scale).astype(features.dtype)
        for first in range(0, len(features), _ROWS):
            rows = slice(first, first + _ROWS)
            np.multiply(features[rows] - mean, factor, out=scaled[rows], casting="same_kind")
        return scaled


def _mean(features: Features, centre: Features, power: int) -> Floats:
    """(D,): the mean of (x - centre) to the power of 1 or 2."""
    total = np.zeros(features.shape[1])
    for first in range(0, len(features), _ROWS):
        apart = features[first : first + _ROWS] - centre
        total += (apart if power == 1 else np.square(apart)).sum(axis=0)
    return total / len(features)
