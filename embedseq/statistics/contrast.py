"""From the measurements of the arms of a claim to its effect, interval and p. What follows from them is in `verdict`.

With six seeds or more the claim is tested as one about training. The interval is from seed differences and the items' variance. p
is the larger of two: of flipping the signs of the seeds' differences, which speaks of the items at hand, and of the t test that
belongs to the interval, which speaks of other items too. (Where arms differ by the item, in all seeds alike, the sign-flip test
alone finds differences that other items would not show: in up to 70 of 100 null draws.)

With fewer seeds, or where a test over items is asked for, the claim is one about these models only: p comes from approximate
randomisation over items. The interval, from the crossed bootstrap, still shows how far seeds differ.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from embedseq.errors import RequestError
from embedseq.statistics.bootstrap import Additives, Floats, Interval, Resampling
from embedseq.statistics.equivalence import bootstrap_intervals, equivalence_level, seed_interval
from embedseq.statistics.measurement import Measurement
from embedseq.statistics.needed import SEEDS_FOR_TRAINING
from embedseq.statistics.permutation import Permuting, randomisation, sign_flip
from embedseq.statistics.seed_differences import Components, SeedDifferences, seed_differences
from embedseq.statistics.trend import Scale, slope_weights

Rows = NDArray[np.int64]
Scope = Literal["training", "these models only"]
Direction = Literal["rises", "falls"]
Shape = Literal["difference", "trend"]
Test = Literal["sign-flip", "approximate randomisation", "none"]
Over = Literal["auto", "seeds", "items"]

LEAST_ITEMS = 100
"""A slice of fewer items is refused."""
LEAST_IN_ALL = 20
"""Scores of models on fewer items are refused, too: below that, t and bootstrap intervals over items are much too narrow where
the items are skewed, as those of sentences are. It is no bound for statistics whose items are blocks of words or sentences."""


@dataclass(frozen=True)
class Plan:
    """How a claim is tested and its random numbers are drawn; the same plan gives the same verdict."""

    resampling: Resampling = field(default_factory=Resampling)
    permuting: Permuting = field(default_factory=Permuting)
    over: Over = "auto"
    """What the test is over: seeds where there are six or more, else items; or one of the two."""
    least: int = 0
    """With fewer items than this a contrast is refused; a slice is below LEAST_ITEMS."""

    def training(self, seeds: int) -> bool:
        """Whether the test is over seeds, so that it speaks of training. RequestError where it is to be and there are too few."""
        if self.over == "seeds" and seeds < SEEDS_FOR_TRAINING:
            raise RequestError(
                f"a test over seeds: expected {SEEDS_FOR_TRAINING} of them or more, found {seeds}. Train more, or test items."
            )
        return seeds >= SEEDS_FOR_TRAINING and self.over != "items"


@dataclass(frozen=True)
class Contrast:
    """An effect between arms, oriented so that above zero means: as claimed. What is undefined is NaN (None in `record`)."""

    kind: Shape
    score: str
    effect: float
    """The first arm less the second (the second less the first where the first should be better, and lower is), or the slope:
    the mean over seeds."""
    interval: Interval
    narrow: Interval
    """For equivalence: 90 % where `interval` is 95 %."""
    spread: str
    """What the intervals are over, for people."""
    p: float
    """Two-sided, of this test alone."""
    test: Test
    seeds: int
    n: int
    """Items a seed."""
    per_seed: tuple[float, ...]
    components: Components
    """The parts of the variance of one seed's difference on one item."""
    refused: str = ""
    """Why nothing was computed."""

    @property
    def low(self) -> float:
        """The lower end of the interval."""
        return self.interval.low

    @property
    def high(self) -> float:
        """The upper end of the interval."""
        return self.interval.high

    @property
    def level(self) -> float:
        """The level of the interval."""
        return self.interval.level

    @property
    def scope(self) -> Scope:
        """What a verdict would be about: what the test was over, and where there was none how many seeds there are."""
        training = self.seeds >= SEEDS_FOR_TRAINING if self.test == "none" else self.test == "sign-flip"
        return "training" if training else "these models only"

    def record(self) -> dict[str, Any]:
        """All fields as JSON has them: NaN as None, intervals and components as records of their own."""
        found: dict[str, Any] = _without_nan(asdict(self))
        return found

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """What `record` gave; a missing or unknown field is a KeyError or TypeError."""
        seed = record["components"]["seed"]
        values: dict[str, Any] = {
            **record,
            "interval": Interval(**_with_nan(record["interval"])),
            "narrow": Interval(**_with_nan(record["narrow"])),
            "components": Components(**{**_with_nan(record["components"]), "seed": seed}),
            "per_seed": tuple(_with_nan(list(record["per_seed"]))),
        }
        return cls(**values | _with_nan({name: record[name] for name in ("effect", "p")}))


def contrast(
    better: Sequence[Measurement],
    worse: Sequence[Measurement],
    additives: Additives | None = None,
    plan: Plan | None = None,
    rows: Rows | None = None,
    by_number: bool = False,
) -> Contrast:
    """The effect of the arm that is claimed to be better over the other: one measurement a seed, the seeds in the same order.

    `additives` names statistics of summed columns beside ratio and spearman; `rows` are the numbers of a slice's items, refused
    below 100. With `by_number` the first arm is claimed to have the higher number, whichever is better. RequestError where the
    arms are not measurements of one score on the same items and as many seeds.
    """
    head = _same((better, worse))
    sign = 1.0 if by_number or head.better == "higher" else -1.0
    return _combined("difference", (better, worse), np.array([sign, -sign]), additives, plan, rows)


def trend_contrast(
    arms: Sequence[Sequence[Measurement]],
    x: Sequence[float],
    direction: Direction = "rises",
    scale: Scale = "value",
    additives: Additives | None = None,
    plan: Plan | None = None,
    rows: Rows | None = None,
) -> Contrast:
    """The slope of the score itself against x, one x an arm; above zero where it goes in the claimed direction.

    Whether the score is better high or low plays no part: the claim says whether it rises or falls. Arms are paired as in
    `contrast`, or it is a RequestError, as it is for fewer than three different x.
    """
    _same(arms)
    if len(x) != len(arms):
        raise RequestError(f"trend: expected one number for each of {len(arms)} arms, found {len(x)}.")
    sign = 1.0 if direction == "rises" else -1.0
    return _combined("trend", arms, sign * slope_weights(x, scale), additives, plan, rows)


def _same(arms: Sequence[Sequence[Measurement]]) -> Measurement:
    """The first measurement, after making sure that the arms can be paired."""
    if not arms or not all(arms):
        raise RequestError("claim: expected a measurement for each arm, found an arm without any. Run what the claim names.")
    head = arms[0][0]
    if any(len(arm) != len(arms[0]) for arm in arms):
        found = ", ".join(str(len(arm)) for arm in arms)
        raise RequestError(
            f"claim on {head.score}: expected the same seeds in all arms, found {found}. Run all arms with the same seeds."
        )
    for each in (each for arm in arms for each in arm):
        if (each.score, each.statistic, each.better) != (head.score, head.statistic, head.better):
            raise RequestError(
                f"claim: expected one score in all arms, found {head.score} ({head.statistic}, {head.better} is better) and "
                f"{each.score} ({each.statistic}, {each.better} is better). Name arms that share the metric."
            )
        if each.items.shape != head.items.shape:
            raise RequestError(
                f"claim on {head.score}: expected the same items in all arms, found {head.n} and {each.n} "
                f"({head.subject}, {each.subject}). Compare arms that were measured on the same data."
            )
    return head


def _combined(
    kind: Shape,
    arms: Sequence[Sequence[Measurement]],
    weights: Floats,
    additives: Additives | None,
    plan: Plan | None,
    rows: Rows | None,
) -> Contrast:
    plan = plan or Plan()
    head, seeds = arms[0][0], len(arms[0])
    training = plan.training(seeds)
    if why := _too_few(head.n, rows, plan.least):
        return _refused(kind, head.score, seeds, head.n if rows is None else len(rows), plan.resampling.level, why)
    items = np.stack([np.stack([each.items if rows is None else each.items[rows] for each in arm]) for arm in arms])
    found = seed_differences(head.statistic, items, weights, additives)
    wide, narrow, spread = _intervals(head.statistic, items, weights, additives, plan, found)
    if training:
        p = float(np.maximum(sign_flip(np.array(found.per_seed), plan.permuting), found.p))
    else:
        p = randomisation(head.statistic, items, weights, plan.permuting, additives) if found.n else math.nan
    return Contrast(
        kind=kind,
        score=head.score,
        effect=found.mean,
        interval=wide,
        narrow=narrow,
        spread=spread,
        p=p,
        test="sign-flip" if training else "approximate randomisation",
        seeds=seeds,
        n=found.n,
        per_seed=found.per_seed,
        components=found.components,
    )


def _intervals(
    name: str, items: Floats, weights: Floats, additives: Additives | None, plan: Plan, found: SeedDifferences
) -> tuple[Interval, Interval, str]:
    """The interval, the narrower one for equivalence, and what they are over."""
    if not plan.training(len(found.per_seed)):
        over = "items" if len(found.per_seed) == 1 else "seeds and items"
        return *bootstrap_intervals(name, items, weights, plan.resampling, additives), f"bootstrap over {over}"
    over = "seed differences and items" if found.n > 1 else "seed differences, for one item"
    level = plan.resampling.level
    return found.interval(level), seed_interval(found, level), f"t over {over}"


def _too_few(items: int, rows: Rows | None, least: int) -> str:
    """Why so many items, or those of a slice, are refused; empty where they are not."""
    if rows is not None and len(rows) < LEAST_ITEMS:
        few = f"The slice has {len(rows)} items; fewer than {LEAST_ITEMS} decide nothing."
        return f"{few} Widen the slice or take a larger test set."
    if items < least:
        return f"The score has {items} items; fewer than {least} decide nothing. Take a larger test set."
    return ""


def _refused(kind: Shape, score: str, seeds: int, n: int, level: float, why: str) -> Contrast:
    return Contrast(
        kind=kind,
        score=score,
        effect=math.nan,
        interval=Interval(math.nan, math.nan, level),
        narrow=Interval(math.nan, math.nan, equivalence_level(level)),
        spread="nothing",
        p=math.nan,
        test="none",
        seeds=seeds,
        n=n,
        per_seed=(),
        components=Components(None, math.nan, math.nan),
        refused=why,
    )


def _without_nan(value: Any) -> Any:
    """The same with None for NaN, all the way down: JSON has no NaN."""
    if isinstance(value, dict):
        return {name: _without_nan(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _with_nan(value: Any) -> Any:
    """The numbers of one record or list again, NaN where there was None."""
    if isinstance(value, dict):
        return {name: _with_nan(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_nan(each) for each in value]
    return math.nan if value is None else value
