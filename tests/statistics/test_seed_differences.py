"""Seeds and items crossed: known mean squares, the truth covered as often as stated, what each simpler interval misses."""

import math

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from embedseq.statistics.bootstrap import ratio
from embedseq.statistics.seed_differences import Components, seed_differences

ONE = np.array([1.0])
PAIR = np.array([1.0, -1.0])


def as_items(values: np.ndarray) -> np.ndarray:
    """Values (..., N) as items (..., N, 2) whose ratio is their mean."""
    return np.stack([values, np.ones_like(values)], axis=-1)


def crossed(rng: np.random.Generator, seeds: int, size: int, deviations: tuple[float, float, float]) -> np.ndarray:
    """Differences (R, N) around 0 with deviations between seeds, between items, and within their cells."""
    of_seeds, of_items, within = deviations
    noise = within * rng.standard_normal((seeds, size))
    return of_seeds * rng.standard_normal((seeds, 1)) + of_items * rng.standard_normal((1, size)) + noise


def test_differences_are_those_of_the_seeds_in_order() -> None:
    values = np.random.default_rng(0).random((2, 4, 30))
    found = seed_differences("ratio", as_items(values), PAIR)
    assert found.per_seed == pytest.approx((values[0] - values[1]).mean(axis=1))
    assert found.mean == pytest.approx((values[0] - values[1]).mean())


def test_components_of_a_table_known_by_heart() -> None:
    """Rows 0 and 2 apart, columns 0 and 4 apart, nothing else: mean squares 4 and 16, residual 0."""
    found = seed_differences("ratio", as_items(np.array([[[0.0, 4.0], [2.0, 6.0]]])), ONE)
    assert (found.components.seed, found.components.item, found.components.residual) == pytest.approx((2.0, 8.0, 0.0))
    assert found.variance == pytest.approx(2 / 2 + 8 / 2)
    assert found.variance == pytest.approx(found.components.variance(2, 2))
    assert found.degrees == pytest.approx((4 + 16) ** 2 / (4**2 + 16**2))


def test_components_are_those_that_were_planted() -> None:
    rng = np.random.default_rng(1)
    parts = [seed_differences("ratio", as_items(crossed(rng, 8, 60, (1.0, 2.0, 3.0)))[None], ONE).components for _ in range(200)]
    assert np.mean([each.seed for each in parts]) == pytest.approx(1.0, rel=0.15)
    assert np.mean([each.item for each in parts]) == pytest.approx(4.0, rel=0.1)
    assert np.mean([each.residual for each in parts]) == pytest.approx(9.0, rel=0.05)


def test_seeds_only_is_the_one_sample_t_interval() -> None:
    values = np.random.default_rng(2).standard_normal((1, 6, 40)) + 0.1
    found = seed_differences("ratio", as_items(values), ONE).seeds_only(0.95)
    theirs = ttest_1samp(values[0].mean(axis=1), 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high))


@pytest.mark.parametrize("deviations", [(1.0, 0.0, 1.0), (1.0, 4.0, 1.0), (1.0, 10.0, 1.0), (0.05, 10.0, 3.0), (0.0, 0.0, 1.0)])
def test_interval_covers_the_truth_as_often_as_it_says(deviations: tuple[float, float, float]) -> None:
    rng = np.random.default_rng(3)
    hits, agree = 0, True
    for _ in range(400):
        found = seed_differences("ratio", as_items(crossed(rng, 6, 100, deviations))[None], ONE)
        ends = found.interval()
        hits += ends.low <= 0 <= ends.high
        agree &= (found.p > 0.05) == (ends.low <= 0 <= ends.high)
    assert abs(hits / 400 - 0.95) < 0.035
    assert agree


def test_seeds_alone_miss_that_arms_differ_by_the_item() -> None:
    rng = np.random.default_rng(4)
    hits = 0
    for _ in range(200):
        ends = seed_differences("ratio", as_items(crossed(rng, 6, 100, (0.1, 5.0, 1.0)))[None], ONE).seeds_only()
        hits += ends.low <= 0 <= ends.high
    assert hits / 200 < 0.6


def test_interval_of_a_statistic_that_is_no_mean_covers_the_truth() -> None:
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(200):
        arms = np.stack([crossed(rng, 6, 100, (0.1, 0.5, 0.5)) for _ in range(2)]) + rng.standard_normal((1, 1, 100))
        found = seed_differences("exp", as_items(arms), PAIR, {"exp": lambda sums: np.exp(ratio(sums))}).interval()
        hits += found.low <= 0 <= found.high
    assert 0.9 <= hits / 200 <= 0.99


def test_one_seed_speaks_of_items_alone_and_one_item_of_seeds_alone() -> None:
    values = np.random.default_rng(6).standard_normal(50)
    one_seed = seed_differences("ratio", as_items(values[None, None]), ONE)
    theirs = ttest_1samp(values, 0).confidence_interval(0.95)
    assert (one_seed.interval().low, one_seed.interval().high) == pytest.approx((theirs.low, theirs.high))
    assert one_seed.components.seed is None
    assert math.isnan(one_seed.seeds_only().low)
    assert math.isnan(one_seed.components.variance(3, 10))
    one_item = seed_differences("ratio", as_items(values[None, :6, None]), ONE)
    assert one_item.interval() == one_item.seeds_only()


def test_undefined_and_constant_differences() -> None:
    nothing = seed_differences("ratio", np.zeros((1, 6, 10, 2)), ONE)
    assert math.isnan(nothing.interval().low)
    assert math.isnan(nothing.p)
    same = seed_differences("ratio", as_items(np.full((1, 6, 10), 0.5)), ONE)
    assert (same.interval().low, same.interval().high, same.p) == (0.5, 0.5, 0.0)
    assert seed_differences("ratio", as_items(np.zeros((1, 6, 10))), ONE).p == 1.0
    with pytest.raises(ValueError, match=r"\(A, R, N, K\)"):
        seed_differences("ratio", np.ones((2, 3, 2)), PAIR)


def test_variance_for_fixed_seeds_leaves_seeds_out() -> None:
    assert Components(4.0, 9.0, 2.0).variance(2, 3) == pytest.approx(2 + 3 + 2 / 6)
    assert Components(4.0, 9.0, 2.0).variance(2, 3, fixed_seeds=True) == pytest.approx(3 + 2 / 6)
