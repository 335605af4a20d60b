"""How the mean of paired seed differences varies, where seeds and items are crossed: d = mean_r d_r, with a t interval.

The difference of seed r on item n is mu + a_r + b_n + e_rn, two-way random effects without replication, so that

    Var(d) = var(a) / R + var(b) / N + var(e) / (R N)

(Searle, Casella and McCulloch 1992, chapter 4; Owen 2007, section 3, for means of crossed data). Mean squares estimate the parts,
and Satterthwaite's (1946) degrees of freedom, at least R - 1, go with their sum. Statistics that are no means enter through their
pseudo-values. Seeds alone, the t interval with R - 1 degrees of freedom, speak of the items at hand.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit  # Student's distribution function and its quantiles

from embedseq.statistics.bootstrap import Additives, Floats, Interval, statistic_value
from embedseq.statistics.leave_one_out import pseudo_values


@dataclass(frozen=True)
class Components:
    """What the variance of one cell (a seed, an item) is made of; an estimate below zero is zero."""

    seed: float | None
    """Between seeds; None where it is unknown, as with a single seed."""
    item: float
    """Between items: the arms differ more on some items than on others, with every seed."""
    residual: float
    """Within cells; with a single seed it is part of the items'."""

    def variance(self, seeds: float, items: float, fixed_seeds: bool = False) -> float:
        """The variance of a mean over so many seeds and items; with `fixed_seeds` over items alone, for these very models."""
        between = 0.0 if fixed_seeds else math.nan if self.seed is None else self.seed / seeds
        return between + (self.item + self.residual / seeds) / items


@dataclass(frozen=True)
class SeedDifferences:
    """Paired differences of seeds, or any weighted sum over arms, and how their mean varies."""

    per_seed: tuple[float, ...]
    n: int
    components: Components
    variance: float
    """Of the mean, over seeds and items; with a single seed over items, with a single item over seeds."""
    degrees: float

    @property
    def mean(self) -> float:
        """The mean over seeds."""
        return math.fsum(self.per_seed) / len(self.per_seed)

    @property
    def p(self) -> float:
        """Two-sided p of the t test of a mean of zero; at most alpha where the interval of 1 - alpha excludes zero."""
        if not math.isfinite(self.variance):
            return math.nan
        if self.variance == 0:
            return 1.0 if self.mean == 0 else 0.0
        return float(2 * stdtr(self.degrees, -abs(self.mean) / math.sqrt(self.variance)))

    def interval(self, level: float = 0.95) -> Interval:
        """For other seeds and other items; with a single seed for other items, with a single item for other seeds."""
        return _t_interval(self.mean, self.variance, self.degrees, level)

    def seeds_only(self, level: float = 0.95) -> Interval:
        """For other seeds on these items, with R - 1 degrees of freedom; NaN with a single seed."""
        seeds = len(self.per_seed)
        if seeds < 2:
            return Interval(math.nan, math.nan, level)
        return _t_interval(self.mean, float(np.var(self.per_seed, ddof=1)) / seeds, seeds - 1, level)


def seed_differences(name: str, arms: Floats, weights: Floats, additives: Additives | None = None) -> SeedDifferences:
    """The weighted sum over A arms of the statistic called `name`, seed by seed: arms (A, R, N, K), weights (A,).

    Weights (1, -1) give the first arm less the second. Arms are paired: the same seeds and items in the same order.
    """
    if arms.ndim != 4 or 0 in arms.shape[:2]:
        raise ValueError(f"Items of one or more arms must have the shape (A, R, N, K), not {arms.shape}.")
    values = np.array([[statistic_value(name, items, additives) for items in arm] for arm in arms])
    cells = np.array([[pseudo_values(name, items, additives) for items in arm] for arm in arms])
    return _decomposed(weights @ values, np.tensordot(weights, cells, axes=1))


def _decomposed(per_seed: Floats, cells: Floats) -> SeedDifferences:
    """From the differences of seeds (R,) and their items' share (R, N) to the parts of the variance."""
    seeds, size = cells.shape
    each = tuple(float(value) for value in per_seed)
    if size == 1 and seeds > 1 and np.isfinite(per_seed).all():
        spread = float(per_seed.var(ddof=1))
        return SeedDifferences(each, size, Components(spread, 0.0, 0.0), spread / seeds, seeds - 1)
    if size < 2 or not np.isfinite(cells).all():
        return SeedDifferences(each, size, Components(None, math.nan, math.nan), math.nan, math.nan)
    if seeds < 2:
        spread = float(cells[0].var(ddof=1))
        return SeedDifferences(each, size, Components(None, spread, 0.0), spread / size, size - 1)
    of_items = cells.mean(axis=0)
    residuals = cells - of_items - cells.mean(axis=1, keepdims=True) + cells.mean()
    seed_square = size * float(per_seed.var(ddof=1))
    item_square = seeds * float(of_items.var(ddof=1))
    residual = float((residuals**2).sum()) / ((seeds - 1) * (size - 1))
    components = Components(max(0.0, seed_square - residual) / size, max(0.0, item_square - residual) / seeds, residual)
    # The seeds' mean square holds their residual too; it is taken as it is, so that the variance is never below that of seeds.
    total = seed_square + max(0.0, item_square - residual)
    parts = seed_square**2 / (seeds - 1)
    if item_square > residual:
        parts += item_square**2 / (size - 1) + residual**2 / ((seeds - 1) * (size - 1))
    degrees = max(float(seeds - 1), total**2 / parts) if parts > 0 else float(seeds - 1)
    return SeedDifferences(each, size, components, total / (seeds * size), degrees)


def _t_interval(mean: float, variance: float, degrees: float, level: float) -> Interval:
    if not math.isfinite(variance):
        return Interval(math.nan, math.nan, level)
    half = float(stdtrit(degrees, (1 + level) / 2)) * math.sqrt(variance)
    return Interval(mean - half, mean + half, level)
