"""How much a statistic that jumps owes to the units at hand: random half-samples (McCarthy 1969; Shao and Wu 1989).

Leaving out one unit at a time says too much of a statistic that is no smooth function of its units, such as one over as many
directions as hold 99 % of a variance: whether a direction is kept may turn on a single unit, and the jackknife multiplies what
that changes by the number of units. Two halves differ as two samples do, jumps included, and half of their difference varies as
the statistic of all units does.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from embedseq.seeds import stream
from embedseq.statistics.bootstrap import Floats

Chosen = NDArray[np.bool_]

PAIRS = 12
"""With so many the standard deviation is known to a fifth of itself."""


def half_sample_influences(statistic: Callable[[Chosen], float], units: int, pairs: int = PAIRS) -> Floats:
    """What each of n units adds to the statistic: (n,), of sum 0; the sum of their squares estimates the statistic's variance.

    statistic: of the units that are chosen (n,), a half of them; two complementary halves make a pair, the same pairs for every
    statistic of as many units, so that influences of two of them are paired. w ∝ Σ_p ±_p d_p, d_p half the difference of pair
    p's halves, scaled so that wᵀw is the mean of d². Pairs with a half whose statistic is undefined (NaN) do not count; NaN where
    none counts, or there are fewer than two units.
    """
    if units < 2:
        return np.full(units, np.nan)
    draw = np.random.default_rng(stream(0, "statistics", "half-samples"))
    influences, squares = np.zeros(units), []
    for _ in range(pairs):
        order = draw.permutation(units)
        sign = np.zeros(units)  # one unit of an odd number is in neither half
        sign[order[: units // 2]], sign[order[units - units // 2 :]] = 1, -1
        difference = (statistic(sign > 0) - statistic(sign < 0)) / 2
        if np.isfinite(difference):
            influences += sign * difference
            squares.append(difference**2)
    if not squares:
        return np.full(units, np.nan)
    size = np.linalg.norm(influences)
    scaled: Floats = influences * (np.sqrt(np.mean(squares)) / size if size > 0 else 0.0)
    return scaled
