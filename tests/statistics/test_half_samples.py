"""Influences from half-samples: the variance of a mean, of a statistic that jumps, and pairing of two statistics."""

import numpy as np
import pytest

from embedseq.statistics.half_samples import half_sample_influences
from embedseq.statistics.leave_one_out import pseudo_values


def variance(values: np.ndarray, statistic=np.mean, pairs: int = 12) -> float:
    return float((half_sample_influences(lambda chosen: float(statistic(values[chosen])), len(values), pairs) ** 2).sum())


@pytest.mark.parametrize("units", [2, 41, 400])
def test_the_squares_of_a_means_influences_come_to_its_variance_on_average(units: int) -> None:
    draws = np.random.default_rng(units).standard_normal((300, units))
    found = [variance(each) for each in draws]
    assert np.mean(found) == pytest.approx(1 / units, rel=0.25)


def test_with_many_pairs_they_are_the_units_own_influences() -> None:
    values = np.random.default_rng(1).standard_normal(40)
    assert variance(values, pairs=4000) == pytest.approx(values.var(ddof=1) / 40, rel=0.1)
    own = pseudo_values("ratio", np.stack([values, np.ones(40)], axis=-1))
    found = half_sample_influences(lambda chosen: float(values[chosen].mean()), 40, pairs=4000)
    assert np.corrcoef(own, found)[0, 1] > 0.95


def test_of_a_statistic_that_jumps_they_say_what_the_jackknife_does_not() -> None:
    """A median's: the jackknife's estimate of its variance does not settle, however many units there are."""
    draws = np.random.default_rng(2).standard_normal((200, 400))
    true = np.var(np.median(draws, axis=1))
    halves = [variance(each, np.median, pairs=48) for each in draws]
    without = [399 / 400 * sum((np.median(np.delete(each, i)) - np.median(each)) ** 2 for i in range(400)) for each in draws[:20]]
    assert np.mean(halves) == pytest.approx(true, rel=0.2)
    assert np.std(halves) / np.mean(halves) < 0.5 < np.std(without) / np.mean(without)


@pytest.mark.parametrize("units", [3, 10, 101])
def test_they_sum_to_nothing_and_are_paired_between_statistics(units: int) -> None:
    values = np.random.default_rng(3).standard_normal(units)
    first, second = (
        half_sample_influences(lambda chosen, factor=factor: float(factor * values[chosen].sum()), units) for factor in (1, 3)
    )
    assert first.sum() == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(second, 3 * first)


def test_where_nothing_is_known_of_the_variance_there_is_no_number() -> None:
    assert np.isnan(half_sample_influences(lambda chosen: 1.0, 1)).all()
    assert half_sample_influences(lambda chosen: 1.0, 0).tolist() == []
    assert np.isnan(half_sample_influences(lambda chosen: float("nan"), 4)).all()


def test_halves_without_a_number_do_not_count() -> None:
    values = np.random.default_rng(4).standard_normal(20)

    def without_the_first_two_together(chosen: np.ndarray) -> float:
        return float("nan") if chosen[0] == chosen[1] else float(values[chosen].mean())

    found = half_sample_influences(without_the_first_two_together, 20, pairs=200)
    assert np.isfinite(found).all()
    assert (found**2).sum() == pytest.approx(values.var(ddof=1) / 20, rel=0.5)
