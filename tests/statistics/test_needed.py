"""How much more is needed: enough to decide four times of five, never less than there is, None where nothing helps."""

import math

import numpy as np
import pytest

from embedseq.statistics.needed import Needed, Observed, seeds_for_level, to_exclude_zero, to_fit
from embedseq.statistics.permutation import least_p
from embedseq.statistics.seed_differences import Components, SeedDifferences, seed_differences

PARTS = Components(seed=1.0, item=9.0, residual=4.0)


def power(effect: float, seeds: int, size: int, smallest: float | None = None) -> float:
    """How often an interval over seeds and items excludes zero, or lies within (-smallest, smallest)."""
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(300):
        values = effect + rng.standard_normal((1, seeds, 1)) + 3 * rng.standard_normal((1, 1, size))
        values = values + 2 * rng.standard_normal((1, seeds, size))
        found: SeedDifferences = seed_differences("ratio", np.stack([values, np.ones_like(values)], axis=-1), np.array([1.0]))
        ends = found.interval(0.95 if smallest is None else 0.9)
        hits += ends.low > 0 if smallest is None else -smallest < ends.low and ends.high < smallest
    return hits / 300


@pytest.mark.parametrize(("family", "seeds"), [(1, 6), (2, 7), (4, 8), (10, 9)])
def test_seeds_for_a_level_are_the_fewest_that_reach_it(family: int, seeds: int) -> None:
    assert seeds_for_level(0.05, family) == seeds
    assert least_p(seeds) * family <= 0.05
    assert seeds == 6 or least_p(seeds - 1) * family > 0.05


def test_as_many_seeds_as_needed_exclude_zero_four_times_of_five() -> None:
    found = to_exclude_zero(Observed(1.0, PARTS, seeds=3, n=400))
    assert found.seeds is not None
    assert 0.74 <= power(1.0, found.seeds, 400) <= 0.9


def test_as_many_items_as_needed_exclude_zero_four_times_of_five() -> None:
    found = to_exclude_zero(Observed(1.5, PARTS, seeds=8, n=20))
    assert found.items is not None
    assert 0.74 <= power(1.5, 8, found.items) <= 0.92


def test_as_many_seeds_as_needed_fit_in_the_smallest_effect() -> None:
    found = to_fit(Observed(0.0, PARTS, seeds=3, n=400), smallest=1.0)
    assert found.seeds is not None
    assert 0.74 <= power(0.0, found.seeds, 400, smallest=1.0) <= 0.92


def test_items_alone_cannot_make_up_for_seeds_that_differ() -> None:
    assert to_exclude_zero(Observed(0.5, PARTS, seeds=6, n=10_000)).items is None


def test_seeds_alone_cannot_make_up_for_items_that_differ() -> None:
    found = to_exclude_zero(Observed(0.5, PARTS, seeds=6, n=20))
    assert found.seeds is None


def test_items_for_these_models_leave_the_spread_of_seeds_out() -> None:
    found = to_exclude_zero(Observed(0.5, PARTS, seeds=1, n=100))
    assert found.items == math.ceil((9 + 4) * ((1.959964 + 0.841621) / 0.5) ** 2)


def test_a_test_over_items_asks_for_items_however_many_seeds_there_are() -> None:
    found = to_exclude_zero(Observed(0.5, PARTS, seeds=8, n=100, over_items=True), family=100)
    assert found.seeds is None
    assert found.items is not None
    assert to_exclude_zero(Observed(0.5, PARTS, seeds=8, n=100)).items is None, "seeds differ too much"


def test_one_seed_cannot_tell_how_many_seeds_are_needed() -> None:
    assert to_exclude_zero(Observed(0.5, Components(None, 9.0, 0.0), seeds=1, n=100)).seeds is None


def test_no_effect_never_excludes_zero_and_a_large_one_never_fits() -> None:
    assert to_exclude_zero(Observed(0.0, PARTS, 6, 100)) == Needed(None, None)
    assert to_fit(Observed(1.0, PARTS, 6, 100), smallest=1.0) == Needed(None, None)
    assert to_exclude_zero(Observed(math.nan, PARTS, 6, 100)) == Needed(None, None)
    assert to_exclude_zero(Observed(1.0, Components(None, math.nan, math.nan), 6, 1)) == Needed(None, None)


def test_needed_is_more_than_there_is_and_six_seeds_at_the_least() -> None:
    assert to_exclude_zero(Observed(100.0, PARTS, seeds=2, n=100)).seeds == 6
    assert to_exclude_zero(Observed(100.0, PARTS, seeds=9, n=100)) == Needed(10, 101)


def test_no_number_of_items_helps_where_the_family_is_too_large_for_the_seeds() -> None:
    found = to_exclude_zero(Observed(100.0, PARTS, seeds=6, n=100), family=10)
    assert found == Needed(9, None)
