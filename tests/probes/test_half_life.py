"""The half-life of a curve: known answers, and what it does not depend on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedseq.probes.half_life import STATISTICS, half_life
from embedseq.statistics.bootstrap import interval, statistic_value


def of_curve(accuracies: list[float], baseline: list[float] | float = 0.0, asked: float = 100.0) -> float:
    right = np.array(accuracies) * asked
    held = np.broadcast_to(np.array(baseline) * asked, right.shape)
    return float(half_life(np.concatenate([right, held, np.full(right.shape, asked)])))


@pytest.mark.parametrize(
    ("accuracies", "baseline", "expected"),
    [
        ([0.9, 0.7, 0.5, 0.3, 0.1], 0.0, 2.25),
        ([1.0, 0.6, 0.2], 0.2, 1.0),
        ([0.8, 0.1], 0.0, 4 / 7),
        ([0.9, 0.8, 0.7], 0.0, 2.0),  # never halved: the furthest that was asked for
        ([0.9, 0.45, 0.9, 0.1], 0.0, 1.0),  # the first time counts
        ([0.5, 0.4, 0.3], [0.1, 0.2, 0.3], 1.0),
        ([0.5, 0.5, 0.2, 0.1], 0.1, 1 + 2 / 3),
    ],
)
def test_known_curves(accuracies: list[float], baseline: list[float] | float, expected: float) -> None:
    assert of_curve(accuracies, baseline) == pytest.approx(expected)


def test_a_curve_without_any_gain_has_none() -> None:
    assert np.isnan(of_curve([0.3, 0.2, 0.1], 0.3))
    assert np.isnan(of_curve([0.2, 0.2], 0.3))


def test_a_distance_at_which_nothing_was_asked_leaves_it_undefined() -> None:
    assert np.isnan(half_life(np.array([9.0, 0.0, 0.0, 0.0, 10.0, 0.0])))


def test_each_distance_is_divided_by_how_often_it_was_asked() -> None:
    assert half_life(np.array([9.0, 14.0, 3.0, 0, 0, 0, 10.0, 20.0, 10.0])) == pytest.approx(1 + 0.25 / 0.4)


@given(st.lists(st.floats(0.0, 1.0), min_size=2, max_size=9), st.floats(0.5, 20.0))
def test_it_is_within_the_distances_asked_for_and_of_the_curve_alone(accuracies: list[float], scale: float) -> None:
    value = of_curve(accuracies)
    if accuracies[0] > 1e-3:
        assert 0.0 <= value <= len(accuracies) - 1
        assert of_curve(accuracies, asked=100.0 * scale) == pytest.approx(value, abs=1e-6)


def test_many_draws_at_once_are_each_as_alone() -> None:
    curves = np.random.default_rng(0).random((4, 5, 9))
    together = half_life(curves)
    assert together.shape == (4, 5)
    np.testing.assert_array_equal(together[2, 3], half_life(curves[2, 3]))


def test_the_interval_over_sentences_holds_the_true_half_life() -> None:
    rng = np.random.default_rng(1)
    asked = np.full((400, 5), 10.0)
    right = rng.binomial(10, [0.9, 0.7, 0.5, 0.3, 0.1], size=(400, 5))
    items = np.concatenate([right, 0 * asked, asked], axis=1)
    ends = interval("half-life", items[None], additives=STATISTICS)
    assert ends.low < 2.25 < ends.high
    assert ends.high - ends.low < 0.3
    assert ends.low < statistic_value("half-life", items, STATISTICS) < ends.high
