"""Slopes: the weights are those of least squares, and too few numbers are no trend."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedseq.errors import RequestError
from embedseq.statistics.trend import slope_weights


@given(st.lists(st.integers(-100, 100), min_size=3, max_size=9, unique=True), st.floats(-5, 5), st.floats(-5, 5))
def test_a_straight_line_has_its_slope(x: list[int], slope: float, start: float) -> None:
    values = start + slope * np.array(x, dtype=float)
    assert slope_weights(x) @ values == pytest.approx(slope, abs=1e-9)


def test_weights_agree_with_least_squares() -> None:
    x, y = [1.0, 2.0, 4.0, 8.0], np.random.default_rng(0).random(4)
    assert slope_weights(x) @ y == pytest.approx(np.polyfit(x, y, 1)[0])


def test_ranks_make_steps_of_one() -> None:
    np.testing.assert_allclose(slope_weights([1, 10, 1000], "rank"), [-0.5, 0.0, 0.5])
    np.testing.assert_allclose(slope_weights([8, 2, 4, 4], "rank"), slope_weights([4, 1, 2.5, 2.5]))


@pytest.mark.parametrize("x", [[], [1.0, 2.0], [1.0, 1.0, 2.0], [1.0, 2.0, float("nan")]])
def test_fewer_than_three_numbers_are_no_trend(x: list[float]) -> None:
    with pytest.raises(RequestError, match="three different numbers"):
        slope_weights(x)
