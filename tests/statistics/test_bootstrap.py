"""Intervals: known answers, coverage of a known truth, degenerate data."""

import math

import numpy as np
import pytest
from scipy.stats import spearmanr

from embedseq.statistics.bootstrap import Resampling, difference_interval, interval, ratio, spearman, statistic_value

FEW_DRAWS = Resampling(draws=300)


def of_means(values: np.ndarray) -> np.ndarray:
    """Values (R, N) as items (R, N, 2) whose ratio is their mean."""
    return np.stack([values, np.ones_like(values)], axis=-1)


def crossed(rng: np.random.Generator, seeds: int, size: int, seed_sd: float, item_sd: float, noise_sd: float) -> np.ndarray:
    """Values (R, N) around 0 with variance between seeds, between items, and within their cells."""
    rows, columns = rng.standard_normal((seeds, 1)), rng.standard_normal((1, size))
    return seed_sd * rows + item_sd * columns + noise_sd * rng.standard_normal((seeds, size))


def test_ratio_is_the_sum_of_the_first_column_over_the_sum_of_the_second() -> None:
    assert ratio(np.array([3.0, 4.0])) == 0.75
    assert statistic_value("ratio", np.array([[1.0, 2.0], [2.0, 2.0]])) == 0.75


def test_ratio_over_nothing_is_undefined() -> None:
    assert math.isnan(ratio(np.array([3.0, 0.0])))


def test_spearman_agrees_with_scipy_where_there_are_ties() -> None:
    pairs = np.random.default_rng(0).integers(0, 8, size=(5, 40, 2)).astype(float)
    expected = [spearmanr(each[:, 0], each[:, 1]).statistic for each in pairs]
    np.testing.assert_allclose(spearman(pairs), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("pairs", "rho"), [([[1, 10], [2, 20], [3, 21]], 1.0), ([[1, 3], [2, 2], [3, 1]], -1.0), ([[1, 1], [1, 2], [1, 3]], math.nan)]
)
def test_spearman_of_small_cases_known_by_heart(pairs: list[list[int]], rho: float) -> None:
    np.testing.assert_equal(float(spearman(np.array(pairs, dtype=float))), rho)


def test_the_same_plan_gives_the_same_interval() -> None:
    items = of_means(np.random.default_rng(0).random((3, 50)))
    assert interval("ratio", items) == interval("ratio", items)
    assert interval("ratio", items) != interval("ratio", items, Resampling(seed=1))


def test_width_of_a_mean_is_that_of_the_normal_theory() -> None:
    values = np.random.default_rng(0).standard_normal((1, 400))
    found = interval("ratio", of_means(values), Resampling(draws=4000))
    error = values.std() / math.sqrt(400)
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.06)
    assert (found.low + found.high) / 2 == pytest.approx(values.mean(), abs=0.1 * error)


def test_identical_seeds_add_nothing_to_the_interval_of_one() -> None:
    one = of_means(np.random.default_rng(0).random((1, 60)))
    three = np.repeat(one, 3, axis=0)
    of_one, of_three = interval("ratio", one), interval("ratio", three)
    assert of_three.low == pytest.approx(of_one.low, abs=1e-12)
    assert of_three.high == pytest.approx(of_one.high, abs=1e-12)


def test_seeds_that_differ_widen_the_interval() -> None:
    values = np.random.default_rng(0).random((1, 200))
    alike, unlike = np.repeat(values, 4, axis=0), values + np.array([[-1.0], [-0.3], [0.3], [1.0]])
    narrow, wide = interval("ratio", of_means(alike)), interval("ratio", of_means(unlike))
    assert wide.high - wide.low > 5 * (narrow.high - narrow.low)


@pytest.mark.parametrize(
    ("seeds", "seed_sd", "item_sd", "noise_sd", "least", "most"),
    [
        (1, 0.0, 1.0, 0.5, 0.90, 0.985),
        (8, 0.1, 1.0, 0.3, 0.90, 0.985),
        (8, 0.4, 1.0, 0.3, 0.88, 0.985),
        (8, 0.4, 0.3, 1.0, 0.88, 0.985),
        (3, 0.1, 1.0, 0.3, 0.88, 0.995),
        (3, 1.0, 0.3, 0.3, 0.70, 0.95),
    ],
)
def test_interval_covers_the_truth_as_often_as_it_says(
    seeds: int, seed_sd: float, item_sd: float, noise_sd: float, least: float, most: float
) -> None:
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(300):
        found = interval("ratio", of_means(crossed(rng, seeds, 100, seed_sd, item_sd, noise_sd)), FEW_DRAWS)
        hits += found.low <= 0.0 <= found.high
    assert least <= hits / 300 <= most


def test_bootstrap_over_items_alone_would_miss_the_truth_where_seeds_differ() -> None:
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(200):
        pooled = crossed(rng, 8, 100, 0.4, 0.3, 0.3).mean(axis=0, keepdims=True)
        found = interval("ratio", of_means(pooled), FEW_DRAWS)
        hits += found.low <= 0.0 <= found.high
    assert hits / 200 < 0.6


def test_interval_of_rho_covers_the_truth() -> None:
    rng = np.random.default_rng(3)
    truth = 6 / math.pi * math.asin(0.5 / 2)  # Spearman's rho of a normal pair with correlation 0.5
    hits = 0
    for _ in range(200):
        first = rng.standard_normal(120)
        second = 0.5 * first + math.sqrt(0.75) * rng.standard_normal(120)
        found = interval("spearman", np.stack([first, second], axis=-1)[None], Resampling(draws=200))
        hits += found.low <= truth <= found.high
    assert 0.89 <= hits / 200 <= 0.99


def test_registered_statistic_equals_the_built_in_one() -> None:
    items = of_means(np.random.default_rng(0).random((2, 30)))
    mine = interval("mine", items, additives={"mine": lambda sums: sums[..., 0] / sums[..., 1]})
    theirs = interval("ratio", items)
    np.testing.assert_allclose([mine.low, mine.high], [theirs.low, theirs.high], rtol=1e-12)


def test_unknown_statistic_is_refused_with_the_choices() -> None:
    with pytest.raises(ValueError, match=r"'blue' is not a statistic \(bleu, ratio, spearman\)"):
        interval("blue", np.ones((1, 3, 2)), additives={"bleu": ratio})


def test_statistic_that_is_not_one_number_a_draw_is_refused() -> None:
    with pytest.raises(ValueError, match=r"must have the shape \(1000, 2\), not \(2,\)"):
        interval("wrong", np.ones((2, 3, 2)), additives={"wrong": lambda sums: sums[0, 0]})


def test_no_difference_is_found_no_more_often_than_the_level_says() -> None:
    rng = np.random.default_rng(11)
    false_alarms = 0
    for _ in range(300):
        items = rng.standard_normal((1, 100))
        first, second = (items + 0.1 * rng.standard_normal((8, 1)) + 0.5 * rng.standard_normal((8, 100)) for _ in range(2))
        found = difference_interval("ratio", of_means(first), of_means(second), FEW_DRAWS)
        false_alarms += not found.low <= 0.0 <= found.high
    assert false_alarms / 300 <= 0.11


def test_planted_difference_is_found_through_pairing_where_single_intervals_overlap() -> None:
    rng = np.random.default_rng(5)
    shared = 3 * rng.standard_normal((1, 200))
    first = shared + 0.3 + 0.2 * rng.standard_normal((3, 200))
    second = shared + 0.2 * rng.standard_normal((3, 200))
    found = difference_interval("ratio", of_means(first), of_means(second))
    assert found.low > 0.2
    assert found.high < 0.4
    assert interval("ratio", of_means(first)).low < interval("ratio", of_means(second)).high


def test_unpaired_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="same seeds and items"):
        difference_interval("ratio", np.ones((1, 3, 2)), np.ones((1, 4, 2)))


def test_constant_items_have_an_interval_without_width() -> None:
    found = interval("ratio", of_means(np.full((3, 20), 0.25)))
    assert (found.low, found.high) == (0.25, 0.25)


@pytest.mark.parametrize("size", [0, 1])
@pytest.mark.parametrize("statistic", ["ratio", "spearman"])
def test_one_item_or_none_says_nothing_about_the_spread(statistic: str, size: int) -> None:
    found = interval(statistic, np.ones((2, size, 2)))
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_rho_of_constant_predictions_is_undefined_and_warns_of_nothing() -> None:
    pairs = np.stack([np.ones(10), np.arange(10.0)], axis=-1)
    assert math.isnan(statistic_value("spearman", pairs))
    assert math.isnan(interval("spearman", pairs[None]).low)
