"""Permutation tests: the share of relabellings, equally likely under the null, that give an effect at least as large.

Over seeds the signs of the paired differences are flipped (Fisher 1935): a statement about training, for the items at hand. R
seeds have 2^R flips, of which two are the most extreme, so p is 2^(1-R) at the least: 0.25 with three seeds, 0.03125 with six.

Over items it is decided at random which arm an item's results belong to, jointly in all seeds (approximate randomisation:
Noreen 1989; Riezler and Maxwell 2005): a statement about these models only. Seeds differ too, and that it cannot see.
"""

import math
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from embedseq.seeds import stream
from embedseq.statistics.bootstrap import Additive, Additives, Floats, of_sums
from embedseq.statistics.ranks import mean_ranks

Orders = NDArray[np.uint8]

EXACT_UP_TO = 12
"""Seeds up to which all flips are gone through; with more they are drawn."""
_TIE = 1e-9
"""What is smaller than the observed effect by this share of the values counts as equal: sums differ in their rounding."""
_CELLS_AT_ONCE = 2_000_000
_ARMS_IN_A_TABLE = 6
"""Arms whose orders, 720 at the most, are drawn from a list of all."""


@dataclass(frozen=True)
class Permuting:
    """How relabellings are drawn; the same plan gives the same p."""

    draws: int = 9999
    seed: int = 0


def least_p(seeds: int) -> float:
    """The smallest p that flipping the signs of so many seeds can give, 2^(1-R)."""
    return min(1.0, 2.0 ** (1 - seeds))


def sign_flip(differences: Floats, plan: Permuting | None = None) -> float:
    """Two-sided p of paired seed differences (R,) being as likely negative as positive; NaN where one is undefined.

    Exact up to EXACT_UP_TO seeds, else (count + 1) / (draws + 1).
    """
    plan = plan or Permuting()
    if differences.ndim != 1 or len(differences) == 0:
        raise ValueError(f"Expected the differences of one or more seeds, (R,), not {differences.shape}.")
    if not np.isfinite(differences).all():
        return math.nan
    seeds = len(differences)
    observed = abs(differences.sum()) - _TIE * np.abs(differences).sum()
    if seeds <= EXACT_UP_TO:
        flips = (np.arange(2**seeds)[:, None] >> np.arange(seeds)) & 1
        return float((np.abs((1 - 2 * flips) @ differences) >= observed).mean())
    draws = np.random.default_rng(stream(plan.seed, "sign-flip"))
    signs = 1 - 2 * draws.integers(2, size=(plan.draws, seeds))
    return float((1 + (np.abs(signs @ differences) >= observed).sum()) / (plan.draws + 1))


def randomisation(
    name: str, arms: Floats, weights: Floats, plan: Permuting | None = None, additives: Additives | None = None
) -> float:
    """Two-sided p of the weighted sum over A arms of the statistic, permuting the arms of each item: (count + 1) / (draws + 1).

    arms (A, R, N, K): the items of A arms with R seeds, the same items in all; weights (A,), such as (1, -1). An item changes
    hands in all seeds at once. NaN where the observed effect is undefined; a draw that is undefined counts as extreme.
    """
    plan = plan or Permuting()
    if arms.ndim != 4 or arms.shape[0] < 2 or 0 in arms.shape:
        raise ValueError(f"Items of two or more arms must have the shape (A, R, N, K), not {arms.shape}.")
    columns, function = _as_sums(name, arms, additives)
    values = np.asarray(function(columns.sum(axis=2)), dtype=np.float64)  # (A, R)
    observed = abs(weights @ values.mean(axis=1))
    if not np.isfinite(observed):
        return math.nan
    threshold = observed - _TIE * (np.abs(weights) @ np.abs(values).mean(axis=1))
    count, done = 0, 0
    generator = np.random.default_rng(stream(plan.seed, "approximate-randomisation"))
    while done < plan.draws:
        block = min(plan.draws - done, max(1, _CELLS_AT_ONCE // (arms.shape[0] * arms.shape[2])))
        done += block
        sums = _relabelled(columns, _orders(generator, block, arms.shape[2], arms.shape[0]))
        effects = np.tensordot(weights, np.asarray(function(sums)).mean(axis=-1), axes=1)
        count += int((~(np.abs(effects) < threshold)).sum())
    return (count + 1) / (plan.draws + 1)


def _orders(generator: np.random.Generator, count: int, size: int, arms: int) -> Orders:
    """Whose item each arm gets, an order of the arms for every draw and item: (A, C, N)."""
    if arms > _ARMS_IN_A_TABLE:
        return np.moveaxis(generator.random((count, size, arms)).argsort(axis=-1), -1, 0).astype(np.uint8)
    table = np.array(list(permutations(range(arms))), dtype=np.uint8)
    drawn = generator.integers(len(table), size=(count, size), dtype=np.uint16)
    return np.stack([column[drawn] for column in table.T])


def _relabelled(columns: Floats, orders: Orders) -> Floats:
    """The sums of each arm's columns after relabelling: columns (A, R, N, K), orders (A, C, N) -> (A, C, R, K).

    Every arm starts with the last arm's items, and a matrix product adds what others' items are more than those.
    """
    arms, seeds, size, width = columns.shape
    flat = columns.transpose(0, 2, 1, 3).reshape(arms, size, seeds * width)
    surplus, base = flat[:-1] - flat[-1], flat[-1].sum(axis=0)
    sums = np.empty((arms, orders.shape[1], seeds * width))
    for arm in range(arms - 1):
        sums[arm] = base + sum((orders[arm] == other).astype(np.float64) @ surplus[other] for other in range(arms - 1))
    sums[-1] = flat.sum(axis=(0, 1)) - sums[:-1].sum(axis=0)
    return sums.reshape(arms, orders.shape[1], seeds, width)


def _as_sums(name: str, arms: Floats, additives: Additives | None) -> tuple[Floats, Additive]:
    """The statistic as one of summed columns.

    Spearman's rho is Pearson's correlation of ranks. Ranks are taken before items change hands, within each arm and seed: so arms
    whose predictions have scales of their own can be mixed, and the observed rho is the usual one.
    """
    if name != "spearman":
        return arms, of_sums(name, additives)
    ranks = mean_ranks(arms, axis=-2)
    ranks = (ranks - ranks.mean(axis=-2, keepdims=True)) / arms.shape[-2]
    x, y = ranks[..., 0], ranks[..., 1]
    return np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=-1), _pearson


def _pearson(sums: Floats) -> Floats:
    """The correlation of x and y from sums (..., 6) of 1, x, y, xy, xx, yy: (...), NaN where x or y is constant."""
    size, x, y, xy, xx, yy = np.moveaxis(sums, -1, 0)
    product = xy - x * y / size
    scale = np.sqrt(np.maximum(xx - x * x / size, 0.0) * np.maximum(yy - y * y / size, 0.0))
    rho: Floats = np.divide(product, scale, out=np.full(product.shape, math.nan), where=scale > 0)
    return rho
