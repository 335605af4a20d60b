"""How many seeds, or how many items, would have been needed, from the variances that were observed.

A plan for the next run, not a test: the true effect is taken to be the observed one, and power is 0.8. Rounded up.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit  # quantiles: of the normal distribution, and of Student's

from embedseq.statistics.seed_differences import Components

SEEDS_FOR_TRAINING = 6
"""From so many seeds on a sign-flip test can reach 0.05: 2^(1-6) is 0.031."""
POWER = 0.8
_MOST_SEEDS = 1000
_MOST_ITEMS = 10_000_000


@dataclass(frozen=True)
class Needed:
    """More seeds on as many items, or more items with as many seeds; None where no number is known to do."""

    seeds: int | None
    """For a verdict about training, hence six at the least; None where a test over items was asked for."""
    items: int | None
    """For a verdict of the same scope: about training where the test was over seeds, else about these models only."""


@dataclass(frozen=True)
class Observed:
    """What a comparison found: its effect, the parts of its variance, its size."""

    effect: float
    components: Components
    seeds: int
    n: int
    over_items: bool = False
    """Whether it was tested over items, as a claim about these models only, though there were seeds enough."""

    @property
    def about_training(self) -> bool:
        """Whether it was tested over seeds."""
        return self.seeds >= SEEDS_FOR_TRAINING and not self.over_items


def seeds_for_level(alpha: float = 0.05, family: int = 1) -> int:
    """The fewest seeds whose sign-flip test can reach alpha after Holm's correction over a family: 2^(1-R) family <= alpha."""
    return max(SEEDS_FOR_TRAINING, math.ceil(1 - math.log2(alpha / family) - 1e-9))


def to_exclude_zero(observed: Observed, alpha: float = 0.05, family: int = 1) -> Needed:
    """For the interval of 1 - alpha / family to exclude zero in four of five repetitions, if the effect is as observed.

    Where a sign-flip test over these seeds cannot get down to alpha within the family, no number of items helps.
    """
    least = seeds_for_level(alpha, family)
    needed = _needed(observed, abs(observed.effect), (1 - alpha / family / 2, POWER), least)
    return Needed(needed.seeds, None) if observed.about_training and observed.seeds < least else needed


def to_fit(observed: Observed, smallest: float, alpha: float = 0.05) -> Needed:
    """For the interval of 1 - 2 alpha to lie within (-smallest, smallest) in four of five repetitions, if the effect is as seen.

    Either end may miss, so that each is given half of the misses. An observed effect of `smallest` or more never fits.
    """
    return _needed(observed, smallest - abs(observed.effect), (1 - alpha, (1 + POWER) / 2), SEEDS_FOR_TRAINING)


def _needed(observed: Observed, margin: float, tails: tuple[float, float], least: int) -> Needed:
    """Both numbers for the standard error to go into `margin` as often as the two quantiles `tails` say together."""
    parts = (observed.components.item, observed.components.residual, margin)
    if not all(math.isfinite(part) for part in parts) or margin <= 0:
        return Needed(None, None)
    return Needed(_seeds(observed, margin, tails, least), _items(observed, margin, tails))


def _seeds(observed: Observed, margin: float, tails: tuple[float, float], least: int) -> int | None:
    parts = observed.components
    if parts.seed is None or observed.over_items:
        return None
    seeds = np.arange(2, _MOST_SEEDS + 1)
    variance = parts.seed / seeds + (parts.item + parts.residual / seeds) / observed.n
    width = sum(stdtrit(seeds - 1, tail) for tail in tails)
    enough = seeds[width * np.sqrt(variance) <= margin]
    return max(int(enough[0]), least, observed.seeds + 1) if len(enough) else None


def _items(observed: Observed, margin: float, tails: tuple[float, float]) -> int | None:
    parts, seeds = observed.components, observed.seeds
    if observed.about_training:
        width, between = sum(float(stdtrit(seeds - 1, tail)) for tail in tails), (parts.seed or 0.0) / seeds
    else:
        width, between = sum(float(ndtri(tail)) for tail in tails), 0.0
    room = (margin / width) ** 2 - between
    within = parts.item + parts.residual / seeds
    if room <= 0 or within > room * _MOST_ITEMS:
        return None
    return max(math.ceil(within / room), observed.n + 1)
