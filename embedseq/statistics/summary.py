"""From measurements of several seeds to one line of a report, and from two such groups to their difference."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embedseq.statistics.bootstrap import Additives, Floats, Interval, Resampling, difference_interval, interval
from embedseq.statistics.measurement import Better, Measurement, Role


@dataclass(frozen=True)
class Summary:
    """One score, baseline or control over its seeds; `value` is the mean of `per_seed`, low and high its interval.

    What is undefined is NaN: the value of no items, or of items that are all alike; the interval of a single item.
    """

    subject: str
    score: str
    role: Role
    label: str
    part: str
    value: float
    low: float
    high: float
    level: float
    per_seed: tuple[float, ...]
    seeds: int
    n: int
    """Items a seed."""
    coverage: float
    """The mean over the seeds."""
    better: Better
    signature: str


@dataclass(frozen=True)
class Difference:
    """The value of `first` minus that of `second`, with the interval of the paired difference over the same seeds and items."""

    first: str
    second: str
    score: str
    part: str
    value: float
    low: float
    high: float
    level: float
    seeds: int
    n: int

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies on one side of zero."""
        return self.low > 0 or self.high < 0


def summarise(measurements: Sequence[Measurement], additives: Additives | None = None, plan: Resampling | None = None) -> Summary:
    """One Summary of the measurements of one number, one a seed.

    `additives` names statistics of the item-summed columns, (..., K) -> (...), beside ratio and spearman.
    Measurements of different numbers or of different items are a ValueError.
    """
    head = measurements[0]
    of_all = interval(head.statistic, _stacked(measurements), plan, additives)
    return Summary(
        subject=head.subject,
        score=head.score,
        role=head.role,
        label=head.label,
        part=head.part,
        value=_mean([each.value for each in measurements]),
        low=of_all.low,
        high=of_all.high,
        level=of_all.level,
        per_seed=tuple(each.value for each in measurements),
        seeds=len(measurements),
        n=head.n,
        coverage=_mean([each.coverage for each in measurements]),
        better=head.better,
        signature=head.signature,
    )


def undefined(measurements: Sequence[Measurement]) -> Summary:
    """The Summary of measurements of one number that cannot be put together: what each seed gave, no value and no interval."""
    head = measurements[0]
    return Summary(
        subject=head.subject,
        score=head.score,
        role=head.role,
        label=head.label,
        part=head.part,
        value=math.nan,
        low=math.nan,
        high=math.nan,
        level=Resampling().level,
        per_seed=tuple(each.value for each in measurements),
        seeds=len(measurements),
        n=min(each.n for each in measurements),
        coverage=_mean([each.coverage for each in measurements]),
        better=head.better,
        signature=head.signature,
    )


def compare(
    first: Sequence[Measurement],
    second: Sequence[Measurement],
    additives: Additives | None = None,
    plan: Resampling | None = None,
) -> Difference:
    """First minus second. Both are measurements of one score on the same items, one a seed, the seeds in the same order."""
    one, other = first[0], second[0]
    if (one.score, one.part, one.statistic) != (other.score, other.part, other.statistic):
        raise ValueError(
            f"Only like is compared with like, not {one.score} {one.part} ({one.statistic}) "
            f"with {other.score} {other.part} ({other.statistic})."
        )
    ends: Interval = difference_interval(one.statistic, _stacked(first), _stacked(second), plan, additives)
    return Difference(
        first=one.subject,
        second=other.subject,
        score=one.score,
        part=one.part,
        value=_mean([each.value for each in first]) - _mean([each.value for each in second]),
        low=ends.low,
        high=ends.high,
        level=ends.level,
        seeds=len(first),
        n=one.n,
    )


def _stacked(measurements: Sequence[Measurement]) -> Floats:
    """The items of all seeds, (R, N, K), after making sure that they belong together."""
    head = measurements[0]
    for each in measurements:
        for name in ("subject", "score", "role", "label", "part", "statistic"):
            if getattr(each, name) != getattr(head, name):
                raise ValueError(
                    f"Measurements of one number differ in {name}: {getattr(head, name)!r}, {getattr(each, name)!r}."
                )
        if each.items.shape != head.items.shape:
            raise ValueError(
                f"Every seed must measure the same items: {head.subject}, {head.score} has {head.items.shape} "
                f"and {each.items.shape}."
            )
    return np.stack([each.items for each in measurements])


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
