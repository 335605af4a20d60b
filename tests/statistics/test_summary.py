"""Summaries over seeds and comparisons of arms."""

from dataclasses import replace

import numpy as np
import pytest

from embedseq.statistics.bootstrap import Resampling, interval
from embedseq.statistics.measurement import Measurement
from embedseq.statistics.summary import compare, summarise, undefined


def measured(correct: np.ndarray, subject: str = "tagger", coverage: float = 1.0) -> Measurement:
    items = np.stack([correct.astype(float), np.ones(len(correct))], axis=-1)
    value = float(correct.mean()) if len(correct) else 0.0
    return Measurement(subject, "accuracy", "score", "", value, "ratio", items, coverage)


def seeds_of(rate: float, count: int = 3, subject: str = "tagger") -> list[Measurement]:
    difficulty = np.random.default_rng(0).random(300)
    noise = np.random.default_rng(len(subject)).normal(0, 0.05, (count, 300))
    return [measured(difficulty + each < rate, subject) for each in noise]


def test_summary_is_the_mean_over_seeds_with_its_interval() -> None:
    measurements = seeds_of(0.6)
    summary = summarise(measurements)
    assert summary.value == pytest.approx(np.mean([each.value for each in measurements]))
    assert summary.per_seed == tuple(each.value for each in measurements)
    assert (summary.seeds, summary.n, summary.level) == (3, 300, 0.95)
    assert summary.low < summary.value < summary.high
    of_items = interval("ratio", np.stack([each.items for each in measurements]))
    assert (summary.low, summary.high) == (of_items.low, of_items.high)


def test_one_seed_is_the_plain_bootstrap_over_items() -> None:
    summary = summarise(seeds_of(0.5, count=1), plan=Resampling(draws=4000))
    expected = 1.96 * np.sqrt(0.25 / 300)
    assert summary.high - summary.value == pytest.approx(expected, rel=0.12)


def test_coverage_is_the_mean_over_seeds() -> None:
    first, second = seeds_of(0.5, count=2)
    assert summarise([replace(first, coverage=0.5), replace(second, coverage=1.0)]).coverage == 0.75


def test_a_registered_statistic_of_sums_reaches_the_summary() -> None:
    measurements = [replace(each, statistic="error rate") for each in seeds_of(0.6)]
    summary = summarise(measurements, {"error rate": lambda sums: 1 - sums[..., 0] / sums[..., 1]})
    plain = summarise(seeds_of(0.6))
    assert (summary.low, summary.high) == pytest.approx((1 - plain.high, 1 - plain.low))


@pytest.mark.parametrize("field", ["subject", "score", "label", "part", "statistic"])
def test_measurements_of_different_numbers_are_never_averaged(field: str) -> None:
    first, second = seeds_of(0.5, count=2)
    with pytest.raises(ValueError, match=f"differ in {field}"):
        summarise([first, replace(second, **{field: "spearman"})])


def test_seeds_with_different_items_are_refused() -> None:
    with pytest.raises(ValueError, match="same items"):
        summarise([measured(np.ones(3)), measured(np.ones(4))])


def test_comparison_finds_the_better_arm_and_its_margin() -> None:
    better, worse = seeds_of(0.7, subject="a"), seeds_of(0.5, subject="bb")
    difference = compare(better, worse)
    assert (difference.first, difference.second, difference.seeds, difference.n) == ("a", "bb", 3, 300)
    assert difference.low < difference.value < difference.high
    assert difference.excludes_zero
    assert difference.value == pytest.approx(0.2, abs=0.06)


def test_comparison_of_equal_arms_does_not_exclude_zero() -> None:
    assert not compare(seeds_of(0.5, subject="a"), seeds_of(0.5, subject="bb")).excludes_zero


def test_only_the_same_score_is_compared() -> None:
    other = [replace(each, score="f1") for each in seeds_of(0.5)]
    with pytest.raises(ValueError, match="like"):
        compare(seeds_of(0.5), other)


def test_no_items_and_one_item_give_a_summary_of_nan() -> None:
    nothing = summarise([replace(measured(np.ones(0)), value=float("nan"))])
    assert nothing.n == 0
    assert np.isnan([nothing.value, nothing.low, nothing.high]).all()
    one = summarise([measured(np.ones(1))])
    assert one.value == 1.0
    assert np.isnan([one.low, one.high]).all()


def test_what_cannot_be_summarised_keeps_what_each_seed_gave() -> None:
    lost = undefined([measured(np.ones(3)), measured(np.zeros(4))])
    assert np.isnan([lost.value, lost.low, lost.high]).all()
    assert (lost.per_seed, lost.seeds, lost.n, lost.level) == ((1.0, 0.0), 2, 3, 0.95)
