"""Permutation tests: exact p by heart, levels under the null, planted effects, and what a test over items cannot see."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import permutation_test, spearmanr

from embedseq.statistics.bootstrap import ratio
from embedseq.statistics.permutation import (
    EXACT_UP_TO,
    Permuting,
    _as_sums,
    _orders,
    _relabelled,
    least_p,
    randomisation,
    sign_flip,
)

PAIR = np.array([1.0, -1.0])
FEW = Permuting(draws=199)


def as_items(values: np.ndarray) -> np.ndarray:
    """Values (..., N) as items (..., N, 2) whose ratio is their mean."""
    return np.stack([values, np.ones_like(values)], axis=-1)


@pytest.mark.parametrize(
    ("differences", "p"),
    [
        ([1.0], 1.0),
        ([1.0, 2.0], 0.5),
        ([1.0, 2.0, 3.0], 0.25),
        ([-1.0, -2.0, -3.0], 0.25),
        ([0.5, 0.1, 2.0, 0.3, 0.2, 0.9], 0.03125),
        ([3.0, 1.0, -1.0], 0.75),  # of the sums 5, 3, 3, 1 and their negatives six are 3 or more
        ([0.0, 0.0, 0.0], 1.0),
    ],
)
def test_sign_flip_of_cases_known_by_heart(differences: list[float], p: float) -> None:
    assert sign_flip(np.array(differences)) == p


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3))
def test_three_seeds_never_get_below_a_quarter(differences: list[float]) -> None:
    assert sign_flip(np.array(differences)) >= 0.25 == least_p(3)


def test_six_seeds_of_one_sign_reach_a_thirty_second() -> None:
    assert sign_flip(np.array([1, 5, 2, 1, 9, 1e-6])) == 0.03125 == least_p(6)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=8), st.floats(0.1, 10))
def test_sign_flip_depends_on_neither_sign_nor_scale_nor_order(differences: list[int], scale: float) -> None:
    values = np.array(differences, dtype=float)
    p = sign_flip(values)
    assert sign_flip(-values) == p
    assert sign_flip(scale * values) == p
    assert sign_flip(values[::-1]) == p


def test_sign_flip_agrees_with_scipy() -> None:
    values = np.random.default_rng(0).normal(0.4, 1, 9)
    theirs = permutation_test((values,), np.sum, permutation_type="samples", n_resamples=np.inf)
    assert sign_flip(values) == pytest.approx(theirs.pvalue)


def test_many_seeds_are_drawn_and_agree_with_all_flips() -> None:
    values = np.random.default_rng(3).normal(0.5, 1, EXACT_UP_TO + 1)
    flips = np.array(list(itertools.product((1, -1), repeat=len(values))))
    exact = (np.abs(flips @ values) >= abs(values.sum()) - 1e-9).mean()
    assert sign_flip(values) == pytest.approx(exact, abs=4 * math.sqrt(exact / 9999))
    assert sign_flip(values) == sign_flip(values) != sign_flip(values, Permuting(seed=1))
    assert sign_flip(np.ones(40), FEW) == 1 / 200


def test_undefined_differences_have_no_p_and_none_are_refused() -> None:
    assert math.isnan(sign_flip(np.array([1.0, math.nan, 1.0])))
    with pytest.raises(ValueError, match=r"\(R,\), not \(0,\)"):
        sign_flip(np.zeros(0))


def test_sign_flip_over_six_seeds_rejects_at_its_level_where_seeds_and_items_vary() -> None:
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(2000):
        first, second = (rng.standard_normal((6, 1)) + rng.standard_normal((6, 100)) for _ in range(2))
        hits += sign_flip((first - second).mean(axis=1)) <= 0.05
    expected = 2000 / 32
    assert abs(hits - expected) < 4 * math.sqrt(expected)


@pytest.mark.parametrize("seeds", [1, 3])
@pytest.mark.parametrize("statistic", ["ratio", "squared", "spearman"])
def test_randomisation_rejects_at_its_level_where_arms_are_interchangeable(statistic: str, seeds: int) -> None:
    rng = np.random.default_rng(2)
    hits, draws = 0, 300
    for _ in range(draws):
        shared = rng.standard_normal((1, 1, 40))
        values = shared + rng.standard_normal((2, seeds, 40))
        gold = np.broadcast_to(shared, values.shape)
        items = np.stack([values, gold], axis=-1) if statistic == "spearman" else as_items(values)
        p = randomisation(statistic, items, PAIR, FEW, {"squared": lambda sums: (1 + ratio(sums)) ** 2})
        hits += p <= 0.05
    assert hits / draws == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / draws))


def test_randomisation_finds_all_swaps_of_few_items() -> None:
    values = np.array([[[3.0, 1.0, 2.0, 5.0]], [[1.0, 2.0, 0.0, 1.0]]])
    differences = (values[0] - values[1])[0]
    exact = sign_flip(differences)  # of one seed's mean, swapping an item flips the sign of its difference
    assert randomisation("ratio", as_items(values), PAIR) == pytest.approx(exact, abs=0.02)


def test_randomisation_finds_a_planted_difference_that_pairing_shows() -> None:
    rng = np.random.default_rng(4)
    shared = 5 * rng.standard_normal((1, 3, 200))
    values = shared + 0.3 * rng.standard_normal((2, 3, 200)) + np.array([0.2, 0.0])[:, None, None]
    assert randomisation("ratio", as_items(values), PAIR) == 1e-4


def test_randomisation_of_rho_finds_the_better_correlation_whatever_the_scales() -> None:
    rng = np.random.default_rng(5)
    gold = rng.standard_normal((2, 300))
    good, poor = gold + 0.5 * rng.standard_normal((2, 300)), gold + 2 * rng.standard_normal((2, 300))
    arms = np.stack([np.stack([good, gold], axis=-1), np.stack([poor, gold], axis=-1)])
    scaled = np.stack([np.stack([1e6 * good + 7, gold], axis=-1), arms[1]])
    assert randomisation("spearman", arms, PAIR) == 1e-4
    assert randomisation("spearman", scaled, PAIR) == randomisation("spearman", arms, PAIR)


def test_randomisation_of_rho_starts_from_spearmans_rho() -> None:
    rng = np.random.default_rng(6)
    pairs = np.stack([rng.integers(0, 5, 50), rng.integers(0, 5, 50)], axis=-1).astype(float)
    columns, function = _as_sums("spearman", pairs[None, None], None)
    assert function(columns.sum(axis=2))[0, 0] == pytest.approx(spearmanr(pairs[:, 0], pairs[:, 1]).statistic)


def test_equal_arms_have_a_p_of_one() -> None:
    items = as_items(np.random.default_rng(0).random((1, 3, 50)))
    assert randomisation("ratio", np.repeat(items, 2, axis=0), PAIR, FEW) == 1.0


def test_randomisation_over_items_sees_nothing_of_seeds_and_so_says_nothing_of_training() -> None:
    """Arms alike but for the luck of three seeds: as a statement about training the test would be wrong most of the time."""
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(200):
        values = 0.5 * rng.standard_normal((2, 3, 1)) + rng.standard_normal((2, 3, 200))
        hits += randomisation("ratio", as_items(values), PAIR, FEW) <= 0.05
    assert hits / 200 > 0.5


@pytest.mark.parametrize("arms", [2, 4, 7])
def test_orders_of_the_arms_are_equally_likely(arms: int) -> None:
    orders = _orders(np.random.default_rng(0), 200, 50, arms)
    assert (np.sort(orders, axis=0) == np.arange(arms)[:, None, None]).all()
    shares = np.array([[(of_arm == other).mean() for other in range(arms)] for of_arm in orders])
    np.testing.assert_allclose(shares, 1 / arms, atol=0.02)


def test_relabelled_sums_are_those_of_the_items_that_changed_hands() -> None:
    rng = np.random.default_rng(0)
    columns, orders = rng.random((3, 2, 8, 4)), _orders(rng, 5, 8, 3)
    expected = np.zeros((3, 5, 2, 4))
    for arm, draw, item in np.ndindex(3, 5, 8):
        expected[arm, draw] += columns[orders[arm, draw, item], :, item]
    np.testing.assert_allclose(_relabelled(columns, orders), expected)


def test_three_arms_change_places_item_by_item() -> None:
    rng = np.random.default_rng(8)
    slope, hits = np.array([-0.5, 0.0, 0.5]), 0
    for _ in range(200):
        values = rng.standard_normal((1, 1, 60)) + rng.standard_normal((3, 2, 60))
        hits += randomisation("ratio", as_items(values), slope, FEW) <= 0.05
    assert hits / 200 == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / 200))
    rising = rng.standard_normal((3, 2, 200)) + np.array([0.0, 0.3, 0.6])[:, None, None]
    assert randomisation("ratio", as_items(rising), slope) == 1e-4


def test_undefined_statistics_and_wrong_shapes() -> None:
    assert math.isnan(randomisation("ratio", np.zeros((2, 1, 5, 2)), PAIR, FEW))
    with pytest.raises(ValueError, match=r"\(A, R, N, K\), not \(1, 2, 3, 2\)"):
        randomisation("ratio", np.ones((1, 2, 3, 2)), PAIR)
    with pytest.raises(ValueError, match="'blue' is not a statistic"):
        randomisation("blue", np.ones((2, 2, 3, 2)), PAIR)
