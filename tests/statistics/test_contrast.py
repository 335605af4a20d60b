"""Contrasts of measured arms: orientation, pairing, slices, trends, and the level of p where seeds and items vary."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from embedseq.errors import RequestError
from embedseq.statistics.bootstrap import Resampling, ratio, statistic_value
from embedseq.statistics.contrast import LEAST_IN_ALL, Contrast, Plan, contrast, trend_contrast
from embedseq.statistics.measurement import Measurement
from embedseq.statistics.permutation import Permuting, sign_flip
from embedseq.statistics.summary import compare

FEW = Plan(Resampling(draws=200), Permuting(draws=199))


def measured(values: np.ndarray, subject: str = "a", **others: str) -> list[Measurement]:
    """Values (R, N) as measurements, one a seed, of their means."""
    items = np.stack([values, np.ones_like(values)], axis=-1)
    plain = [Measurement(subject, "accuracy", "score", "", statistic_value("ratio", each), "ratio", each, 1.0) for each in items]
    return [replace(each, **others) for each in plain]


def arms_of(rng: np.random.Generator, effect: float, seeds: int, size: int = 200) -> tuple[np.ndarray, np.ndarray]:
    shared = rng.standard_normal((1, size))
    first, second = (shared + 0.1 * rng.standard_normal((seeds, 1)) + 0.2 * rng.standard_normal((seeds, size)) for _ in range(2))
    return first + effect, second


@pytest.mark.parametrize("seeds", [1, 3, 6])
def test_planted_effect_is_found_with_the_right_sign(seeds: int) -> None:
    first, second = arms_of(np.random.default_rng(0), 0.5, seeds)
    found = contrast(measured(first), measured(second, "b"))
    assert found.effect == pytest.approx((first - second).mean())
    assert found.per_seed == pytest.approx((first - second).mean(axis=1))
    assert 0 < found.low < found.effect < found.high
    assert found.low < found.narrow.low < found.narrow.high < found.high
    assert found.p <= 0.05
    assert (found.seeds, found.n, found.level, found.score) == (seeds, 200, 0.95, "accuracy")
    other = contrast(measured(second, "b"), measured(first), plan=FEW)
    assert other.effect == pytest.approx(-found.effect)
    assert other.high < 0


def test_where_lower_is_better_the_lower_arm_has_the_positive_effect() -> None:
    first, second = arms_of(np.random.default_rng(1), -0.5, 3)
    found = contrast(measured(first, better="lower"), measured(second, better="lower"))
    assert found.effect == pytest.approx((second - first).mean())
    assert found.low > 0


def test_six_seeds_are_tested_as_training_and_five_as_these_models() -> None:
    first, second = arms_of(np.random.default_rng(2), 0.5, 6)
    six = contrast(measured(first), measured(second))
    five = contrast(measured(first[:5]), measured(second[:5]))
    assert (six.scope, six.test, six.p) == ("training", "sign-flip", 0.03125)
    assert (five.scope, five.test, five.p) == ("these models only", "approximate randomisation", 1e-4)
    assert (six.spread, five.spread) == ("t over seed differences and items", "bootstrap over seeds and items")


def test_few_seeds_have_the_interval_of_a_comparison_in_the_report() -> None:
    first, second = arms_of(np.random.default_rng(3), 0.2, 3)
    found, reported = contrast(measured(first), measured(second)), compare(measured(first), measured(second))
    assert (found.low, found.high) == pytest.approx((reported.low, reported.high))


def test_layers_and_baselines_of_one_score_may_be_compared() -> None:
    first, second = arms_of(np.random.default_rng(4), 0.2, 2)
    assert contrast(measured(first, part="2"), measured(second, part="1", role="baseline", label="mean"), plan=FEW).effect > 0


def test_a_slice_is_the_contrast_of_its_items() -> None:
    first, second = arms_of(np.random.default_rng(5), 0.2, 6, size=300)
    rows = np.arange(100, 250)
    sliced = contrast(measured(first), measured(second), rows=rows)
    assert sliced == contrast(measured(first[:, rows]), measured(second[:, rows]))
    assert sliced.n == 150


def test_a_slice_below_a_hundred_items_is_refused_and_says_so() -> None:
    first, second = arms_of(np.random.default_rng(6), 0.2, 6)
    found = contrast(measured(first), measured(second), rows=np.arange(99))
    assert "99 items" in found.refused
    assert math.isnan(found.p)
    assert math.isnan(found.effect)
    assert not contrast(measured(first), measured(second), rows=np.arange(100)).refused
    assert not contrast(measured(first[:, :50]), measured(second[:, :50])).refused


def test_fewer_items_than_the_plan_asks_for_are_refused_and_say_so() -> None:
    first, second = arms_of(np.random.default_rng(18), 0.2, 6, size=LEAST_IN_ALL)
    plan = replace(FEW, least=LEAST_IN_ALL)
    assert not contrast(measured(first), measured(second), plan=plan).refused
    found = contrast(measured(first[:, 1:]), measured(second[:, 1:]), plan=plan)
    few = f"The score has {LEAST_IN_ALL - 1} items; fewer than {LEAST_IN_ALL} decide nothing."
    assert found.refused == f"{few} Take a larger test set."
    assert (found.n, found.test) == (LEAST_IN_ALL - 1, "none")


def test_by_number_the_higher_arm_has_the_positive_effect_whichever_is_better() -> None:
    first, second = arms_of(np.random.default_rng(19), 0.5, 3)
    for better in ("higher", "lower"):
        found = contrast(measured(first, better=better), measured(second, better=better), plan=FEW, by_number=True)
        assert found.effect == pytest.approx((first - second).mean())


def test_what_a_test_is_over_can_be_said() -> None:
    first, second = arms_of(np.random.default_rng(20), 0.5, 8)
    items = contrast(measured(first), measured(second), plan=replace(FEW, over="items"))
    assert (items.scope, items.test) == ("these models only", "approximate randomisation")
    assert items.spread == "bootstrap over seeds and items"
    assert Contrast.from_record(items.record()).scope == "these models only"
    seeds = contrast(measured(first), measured(second), plan=replace(FEW, over="seeds"))
    assert seeds == contrast(measured(first), measured(second), plan=FEW)
    with pytest.raises(RequestError, match="expected 6 of them or more, found 5"):
        contrast(measured(first[:5]), measured(second[:5]), plan=replace(FEW, over="seeds"))
    with pytest.raises(RequestError, match="expected 6 of them or more, found 2"):
        trend_contrast([measured(each[:2]) for each in (first, second, first)], [1, 2, 3], plan=replace(FEW, over="seeds"))


@pytest.mark.parametrize(("field", "value"), [("score", "f1"), ("statistic", "spearman"), ("better", "lower")])
def test_arms_of_different_scores_are_refused(field: str, value: str) -> None:
    first, second = arms_of(np.random.default_rng(7), 0.2, 3)
    with pytest.raises(RequestError, match="expected one score in all arms"):
        contrast(measured(first), measured(second, **{field: value}))


def test_arms_that_do_not_pair_are_refused() -> None:
    first, second = arms_of(np.random.default_rng(8), 0.2, 3)
    with pytest.raises(RequestError, match="same seeds in all arms, found 3, 2"):
        contrast(measured(first), measured(second[:2]))
    with pytest.raises(RequestError, match="same items in all arms, found 200 and 150"):
        contrast(measured(first), measured(second[:, :150]))
    with pytest.raises(RequestError, match="without any"):
        contrast(measured(first), [])


@pytest.mark.parametrize("seeds", [2, 6])
def test_statistics_of_sums_and_rho_can_be_contrasted(seeds: int) -> None:
    rng = np.random.default_rng(9)
    first, second = arms_of(rng, 0.3, seeds)
    additives = {"perplexity": lambda sums: np.exp(ratio(sums))}
    found = contrast(measured(first, statistic="perplexity"), measured(second, statistic="perplexity"), additives, FEW)
    assert found.effect == pytest.approx((np.exp(first.mean(axis=1)) - np.exp(second.mean(axis=1))).mean())
    assert found.low > 0
    gold = rng.standard_normal((1, 200))
    pairs = [np.stack([gold + noise * rng.standard_normal((seeds, 200)), gold.repeat(seeds, 0)], axis=-1) for noise in (0.5, 3.0)]
    good, poor = ([replace(measured(first)[0], statistic="spearman", items=each) for each in arm] for arm in pairs)
    assert contrast(good, poor, plan=FEW).low > 0


@pytest.mark.parametrize("direction", ["rises", "falls"])
@pytest.mark.parametrize("seeds", [1, 3, 6])
def test_planted_trend_is_found_with_its_slope(seeds: int, direction: str) -> None:
    rng = np.random.default_rng(10)
    x = [1.0, 2.0, 4.0, 8.0]
    slope = 0.2 if direction == "rises" else -0.2
    arms = [measured(arms_of(rng, slope * each, seeds)[0], f"m{each:g}") for each in x]
    found = trend_contrast(arms, x, direction, plan=Plan(permuting=Permuting(draws=999)))  # type: ignore[arg-type]
    assert (found.kind, found.p <= 0.05) == ("trend", True)
    assert found.effect == pytest.approx(0.2, abs=0.1)
    assert 0 < found.low < found.effect < found.high
    against = trend_contrast(arms, x, "falls" if direction == "rises" else "rises", plan=FEW)
    assert against.effect == pytest.approx(-found.effect)
    steps = trend_contrast(arms, x, direction, "rank", plan=FEW)  # type: ignore[arg-type]
    assert steps.effect > found.effect


def test_trends_that_are_none_are_found_no_more_often_than_the_level() -> None:
    rng = np.random.default_rng(11)
    hits = 0
    for _ in range(300):
        arms = [measured(arms_of(rng, 0.0, 6, size=60)[0]) for _ in range(4)]
        hits += trend_contrast(arms, [1, 2, 3, 4]).p <= 0.05
    assert hits / 300 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 300)


def test_a_trend_needs_a_number_for_each_arm() -> None:
    arms = [measured(each) for each in arms_of(np.random.default_rng(12), 0, 2)]
    with pytest.raises(RequestError, match="one number for each of 2 arms, found 3"):
        trend_contrast(arms, [1, 2, 3])


@pytest.mark.parametrize("deviations", [(1.0, 0.0, 1.0), (1.0, 4.0, 1.0), (0.1, 5.0, 2.0)])
def test_p_keeps_its_level_for_other_seeds_and_items_where_sign_flips_alone_do_not(deviations: tuple[float, ...]) -> None:
    """Null data with variance of seeds, of items (an arm may be better on some), and within; as deviations of the difference."""
    rng = np.random.default_rng(13)
    of_seeds, of_items, within = deviations
    hits, flips, draws = 0, 0, 400
    for _ in range(draws):
        values = of_seeds * rng.standard_normal((6, 1)) + of_items * rng.standard_normal((1, 100))
        found = contrast(measured(values + within * rng.standard_normal((6, 100))), measured(np.zeros((6, 100))))
        hits += found.p <= 0.05
        flips += sign_flip(np.array(found.per_seed)) <= 0.05
    assert hits / draws <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / draws)
    assert (flips / draws > 0.4) == (of_items > 4)


def test_the_same_plan_gives_the_same_contrast() -> None:
    first, second = arms_of(np.random.default_rng(14), 0.01, 3)
    assert contrast(measured(first), measured(second)) == contrast(measured(first), measured(second))
    assert contrast(measured(first), measured(second)) != contrast(measured(first), measured(second), plan=FEW)


@pytest.mark.parametrize("seeds", [1, 3, 6])
def test_record_survives_json(seeds: int) -> None:
    first, second = arms_of(np.random.default_rng(15), 0.2, seeds)
    found = contrast(measured(first), measured(second), plan=FEW)
    assert Contrast.from_record(json.loads(json.dumps(found.record(), allow_nan=False))) == found


def test_record_of_what_is_undefined_survives_json() -> None:
    first, second = arms_of(np.random.default_rng(16), 0.2, 3)
    for found in (
        contrast(measured(first), measured(second), rows=np.arange(3)),
        contrast(measured(first[:, :0]), measured(second[:, :0])),
        contrast(measured(first[:, :1]), measured(second[:, :1]), plan=FEW),
    ):
        text = json.dumps(found.record(), allow_nan=False)
        assert json.dumps(Contrast.from_record(json.loads(text)).record()) == text


def test_one_item_a_seed_is_tested_over_seeds_alone() -> None:
    rng = np.random.default_rng(17)
    found = contrast(measured(1 + 0.1 * rng.standard_normal((6, 1))), measured(0.1 * rng.standard_normal((6, 1))))
    assert (found.p, found.spread) == (0.03125, "t over seed differences, for one item")
    assert found.low > 0
