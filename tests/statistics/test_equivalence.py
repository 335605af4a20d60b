"""Equivalence: inclusion is two one-sided tests, is found where there is nothing, and errs at its level at the very edge."""

import math

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from embedseq.errors import RequestError
from embedseq.statistics.bootstrap import Interval, Resampling
from embedseq.statistics.equivalence import bootstrap_intervals, equivalence_level, seed_interval, two_one_sided, within
from embedseq.statistics.seed_differences import seed_differences

PAIR = np.array([1.0, -1.0])


def arms_of(rng: np.random.Generator, effect: float, seeds: int = 6) -> np.ndarray:
    """Two arms (2, R, 100, 2) whose means differ by `effect`, with seeds and items of their own and items in common."""
    shared = rng.standard_normal((1, 1, 100))
    values = shared + 0.1 * rng.standard_normal((2, seeds, 1)) + 0.3 * rng.standard_normal((2, seeds, 100))
    values[0] += effect
    return np.stack([values, np.ones_like(values)], axis=-1)


def test_inclusion_leaves_the_ends_out() -> None:
    assert within(Interval(-0.9, 0.9, 0.9), 1.0)
    assert not within(Interval(-0.9, 1.0, 0.9), 1.0)
    assert not within(Interval(-1.0, 0.0, 0.9), 1.0)
    assert not within(Interval(math.nan, math.nan, 0.9), 1.0)


@pytest.mark.parametrize("smallest", [0.0, -1.0, math.nan])
def test_smallest_effect_that_is_not_above_zero_is_refused(smallest: float) -> None:
    with pytest.raises(RequestError, match="expected a number above 0"):
        within(Interval(0.0, 0.0, 0.9), smallest)


def test_level_leaves_five_per_cent_on_either_side() -> None:
    assert equivalence_level(0.95) == pytest.approx(0.90)
    wide, narrow = bootstrap_intervals("ratio", arms_of(np.random.default_rng(0), 0), PAIR)
    assert (wide.level, narrow.level) == pytest.approx((0.95, 0.90))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_inclusion_is_two_one_sided_tests_at_five_per_cent() -> None:
    rng = np.random.default_rng(1)
    seen = set()
    for _ in range(100):
        found = seed_differences("ratio", arms_of(rng, 0.1), PAIR)
        included = within(seed_interval(found), 0.2)
        assert included == (two_one_sided(found, 0.2) <= 0.05)
        seen.add(included)
    assert seen == {True, False}


def test_two_one_sided_agrees_with_scipy_on_seeds() -> None:
    values = np.random.default_rng(2).normal(0.1, 0.3, (1, 8, 1))
    found = seed_differences("ratio", np.stack([values, np.ones_like(values)], axis=-1), np.array([1.0]))
    below, above = ttest_1samp(values.ravel(), -0.4, alternative="greater"), ttest_1samp(values.ravel(), 0.4, alternative="less")
    assert two_one_sided(found, 0.4) == pytest.approx(max(below.pvalue, above.pvalue))


def test_no_difference_is_found_to_be_none_where_the_smallest_effect_is_generous() -> None:
    rng = np.random.default_rng(3)
    by_seeds, by_bootstrap = 0, 0
    for _ in range(40):
        arms = arms_of(rng, 0.0)
        by_seeds += within(seed_interval(seed_differences("ratio", arms, PAIR)), 0.4)
        by_bootstrap += within(bootstrap_intervals("ratio", arms, PAIR, Resampling(draws=200))[1], 0.4)
    assert by_seeds >= 38
    assert by_bootstrap >= 38


def test_effect_of_just_the_smallest_is_called_none_at_the_level() -> None:
    rng = np.random.default_rng(4)
    hits = sum(within(seed_interval(seed_differences("ratio", arms_of(rng, 0.4), PAIR)), 0.4) for _ in range(400))
    assert hits / 400 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 400)


def test_seed_differences_need_six_seeds() -> None:
    found = seed_differences("ratio", arms_of(np.random.default_rng(5), 0.0, seeds=5), PAIR)
    assert math.isnan(seed_interval(found).low)


def test_differences_without_spread() -> None:
    same = seed_differences("ratio", np.ones((2, 6, 10, 2)), PAIR)
    assert two_one_sided(same, 0.1) == 0.0
    assert math.isnan(two_one_sided(seed_differences("ratio", np.zeros((2, 6, 10, 2)), PAIR), 0.1))
