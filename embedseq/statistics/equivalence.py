"""Is an effect smaller than the smallest effect of interest, in either direction?

Two one-sided tests (Schuirmann 1987) at 5 % each reject "at or below -smallest" and "at or above smallest" exactly where the
interval of 90 % lies within (-smallest, smallest). A large p of a test for a difference is no such finding.
"""

import math

from scipy.special import stdtr  # Student's distribution function

from embedseq.errors import RequestError
from embedseq.statistics.bootstrap import Additives, Floats, Interval, Resampling, combination_intervals
from embedseq.statistics.needed import SEEDS_FOR_TRAINING
from embedseq.statistics.seed_differences import SeedDifferences


def equivalence_level(level: float) -> float:
    """The level of the interval whose inclusion is two one-sided tests at 1 - level: 0.90 for 0.95."""
    return 2 * level - 1


def within(found: Interval, smallest: float) -> bool:
    """Whether the interval lies within (-smallest, smallest), ends excluded; an undefined interval does not."""
    if not smallest > 0:
        raise RequestError(
            f"smallest effect of interest: expected a number above 0, found {smallest}. Give one in the score's unit."
        )
    return -smallest < found.low and found.high < smallest


def bootstrap_intervals(
    name: str, arms: Floats, weights: Floats, plan: Resampling | None = None, additives: Additives | None = None
) -> tuple[Interval, Interval]:
    """The crossed bootstrap's interval at the plan's level and the narrower one for `within`; arms (A, R, N, K), weights (A,)."""
    plan = plan or Resampling()
    levels = (plan.level, equivalence_level(plan.level))
    wide, narrow = combination_intervals(name, arms, weights, levels, plan, additives)
    return wide, narrow


def seed_interval(differences: SeedDifferences, level: float = 0.95) -> Interval:
    """The interval for `within` from seed differences and the items' variance, by t; 90 % for the level of 95 %.

    NaN with fewer than six seeds, whose spread is too little known.
    """
    if len(differences.per_seed) < SEEDS_FOR_TRAINING:
        return Interval(math.nan, math.nan, equivalence_level(level))
    return differences.interval(equivalence_level(level))


def two_one_sided(differences: SeedDifferences, smallest: float) -> float:
    """The larger p of the two one-sided t tests against -smallest and smallest; <= 0.05 is inclusion of the 90 % interval."""
    if not math.isfinite(differences.variance):
        return math.nan
    gap = smallest - abs(differences.mean)
    if differences.variance == 0:
        return 0.0 if gap > 0 else 1.0
    return float(stdtr(differences.degrees, -gap / math.sqrt(differences.variance)))
