"""Verdicts: each kind where it is due, their scope, what is needed, and how often they are wrong on null data."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from embedseq.errors import RequestError
from embedseq.statistics.bootstrap import Interval, Resampling
from embedseq.statistics.contrast import Contrast, Plan, contrast
from embedseq.statistics.measurement import Measurement
from embedseq.statistics.multiple import holm
from embedseq.statistics.permutation import Permuting
from embedseq.statistics.seed_differences import Components
from embedseq.statistics.verdict import Verdict, decide

FEW = Plan(Resampling(draws=200), Permuting(draws=199))


def found(effect: float, half: float, p: float, seeds: int = 6, **others: object) -> Contrast:
    """A contrast with an interval of this half width, as if it had been measured on 1,000 items."""
    return replace(
        Contrast(
            kind="difference",
            score="accuracy",
            effect=effect,
            interval=Interval(effect - half, effect + half, 0.95),
            narrow=Interval(effect - 0.8 * half, effect + 0.8 * half, 0.90),
            spread="t over seed differences and items",
            p=p,
            test="sign-flip" if seeds >= 6 else "approximate randomisation",
            seeds=seeds,
            n=1000,
            per_seed=(effect,) * seeds,
            components=Components(None if seeds == 1 else 0.5, 1.0, 1.0),
        ),
        **others,
    )


def measured(values: np.ndarray, better: str = "higher") -> list[Measurement]:
    """Values (R, N) as measurements, one a seed, of their means."""
    items = np.stack([values, np.ones_like(values)], axis=-1)
    plain = Measurement("a", "accuracy", "score", "", 0.0, "ratio", items[0], 1.0, better=better)  # type: ignore[arg-type]
    return [replace(plain, items=each) for each in items]


@pytest.mark.parametrize(
    ("effect", "half", "p", "smallest", "kind"),
    [
        (1.0, 0.5, 0.03, None, "supported"),
        (-1.0, 0.5, 0.03, None, "contradicted"),
        (1.0, 0.5, 0.06, None, "undecided"),
        (1.0, 0.5, 0.05, None, "supported"),
        (0.0, 0.5, 1.00, None, "undecided"),
        (1.0, 0.5, 0.03, 1.0, "supported"),
        (-1.0, 0.5, 0.03, 1.0, "contradicted"),
        (1.0, 0.5, 0.03, 1.1, "undecided"),
        (-1.0, 0.5, 0.03, 1.1, "undecided"),
        (1.0, 0.1, 0.03, 1.1, "no difference worth the name"),
        (-1.0, 0.1, 0.03, 1.1, "no difference worth the name"),
        (0.1, 0.5, 0.80, 1.0, "no difference worth the name"),
        (0.1, 5.0, 0.80, 1.0, "undecided"),
        (1.0, 0.5, math.nan, None, "undecided"),
    ],
)
def test_kinds_follow_from_effect_interval_and_p(effect: float, half: float, p: float, smallest: float | None, kind: str) -> None:
    verdict = decide(found(effect, half, p), p, smallest)
    assert verdict.kind == kind
    assert verdict.scope == "training"
    assert verdict.reason.endswith(".")


def test_verdict_follows_the_corrected_p_and_not_the_raw_one() -> None:
    assert decide(found(1.0, 0.5, 0.03), 0.06, family=2).kind == "undecided"


def test_smallest_effect_must_be_above_zero() -> None:
    with pytest.raises(RequestError, match="smallest effect of interest"):
        decide(found(1.0, 0.5, 0.03), 0.03, smallest=0.0)


def test_fewer_than_six_seeds_speak_of_these_models_only() -> None:
    verdict = decide(found(1.0, 0.5, 0.001, seeds=3), 0.001)
    assert (verdict.kind, verdict.scope) == ("supported", "these models only")
    assert "about these models only: 3 seeds were trained, and a verdict about training needs 6 or more" in verdict.reason
    assert "otherwise" not in verdict.reason
    wide = decide(found(1.0, 1.5, 0.001, seeds=3), 0.001)
    assert "With other seeds it may come out otherwise" in wide.reason


def test_undecided_says_how_much_would_be_needed() -> None:
    verdict = decide(found(0.8, 1.0, 0.2), 0.2)
    assert verdict.needed_seeds is not None
    assert verdict.needed_seeds > 6
    assert f"about {verdict.needed_seeds} seeds on as many items" in verdict.reason
    of_models = decide(found(0.1, 1.0, 0.2, seeds=1), 0.2)
    assert (of_models.needed_seeds, of_models.needed_items) == (None, 1570)
    assert "about 1,570 items with as many seeds" in of_models.reason


def test_a_test_over_items_says_that_it_was_asked_for_and_how_many_items_would_do() -> None:
    verdict = decide(found(0.1, 1.0, 0.2, seeds=8, test="approximate randomisation"), 0.2)
    assert verdict.scope == "these models only"
    assert "as the claim asks for a test over items: 8 seeds were trained." in verdict.reason
    assert verdict.needed_seeds is None
    assert f"Needed: about {verdict.needed_items:,} items with as many seeds." in verdict.reason


def test_reasons_say_on_how_many_items_they_rest() -> None:
    assert "(sign-flip over 6 seeds, on 20 items)" in decide(found(1.0, 0.5, 0.03, n=20), 0.03).reason
    assert "smallest effect of interest (on 1 item)." in decide(found(0.1, 0.5, 0.8, n=1), 0.8, smallest=1.0).reason


def test_undecided_that_nothing_can_decide_says_so() -> None:
    verdict = decide(found(0.0, 1.0, 1.0), 1.0)
    assert (verdict.needed_seeds, verdict.needed_items) == (None, None)
    assert verdict.reason.endswith("cannot be told.")


def test_undecided_for_a_large_family_says_that_more_seeds_are_needed_whatever_the_effect() -> None:
    verdict = decide(found(100.0, 1.0, 0.03125), 0.125, family=4)
    assert "with 6 seeds and a family of 4 claims it cannot be below 0.12" in verdict.reason
    assert (verdict.needed_seeds, verdict.needed_items) == (8, None)


def test_undecided_below_the_smallest_effect_says_what_would_show_that_there_is_none() -> None:
    verdict = decide(found(0.1, 2.0, 0.5), 0.5, smallest=0.5)
    assert "a larger one is not ruled out" in verdict.reason
    assert verdict.needed_seeds is not None


def test_refused_slices_carry_their_reason() -> None:
    verdict = decide(found(math.nan, 1.0, math.nan, refused="The slice has 12 items."), math.nan, smallest=0.5)
    assert (verdict.kind, verdict.reason) == ("refused", "The slice has 12 items.")


def test_undefined_scores_are_undecided() -> None:
    assert "undefined" in decide(found(math.nan, 1.0, math.nan), math.nan).reason


@pytest.mark.parametrize("verdict", [
    decide(found(1.0, 0.5, 0.03), 0.03),
    decide(found(0.1, 1.0, 0.2, seeds=1), 0.2, smallest=0.05, family=3),
])  # fmt: skip
def test_record_survives_json(verdict: Verdict) -> None:
    assert Verdict.from_record(json.loads(json.dumps(verdict.record(), allow_nan=False))) == verdict


def test_record_of_a_refused_verdict_survives_json() -> None:
    arms = measured(np.ones((6, 200)))
    verdict = decide(contrast(arms, arms, rows=np.arange(5)), math.nan)
    text = json.dumps(verdict.record(), allow_nan=False)
    assert json.dumps(Verdict.from_record(json.loads(text)).record()) == text


def null_arm(rng: np.random.Generator, seeds: int, deviations: tuple[float, float, float]) -> np.ndarray:
    """An arm (R, 100) that is as good as any other in expectation: seeds, its own items and their cells vary."""
    of_seeds, of_items, within = deviations
    noise = within * rng.standard_normal((seeds, 100))
    return of_seeds * rng.standard_normal((seeds, 1)) + of_items * rng.standard_normal((1, 100)) + noise


@pytest.mark.parametrize("deviations", [(0.5, 0.0, 1.0), (0.3, 2.0, 1.0), (0.0, 1.0, 1.0)])
def test_claims_about_training_that_are_not_so_are_decided_no_more_often_than_the_level(
    deviations: tuple[float, float, float],
) -> None:
    rng = np.random.default_rng(1)
    shared, decided, draws = rng.standard_normal((1, 100)), {"supported": 0, "contradicted": 0, "undecided": 0}, 400
    for _ in range(draws):
        arms = [measured(3 * shared + null_arm(rng, 6, deviations)) for _ in range(2)]
        of_arms = contrast(*arms)
        decided[decide(of_arms, of_arms.p).kind] += 1
    assert decided["supported"] / draws <= 0.025 + 3 * math.sqrt(0.025 * 0.975 / draws)
    assert (decided["supported"] + decided["contradicted"]) / draws <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / draws)


def test_claims_on_three_seeds_would_be_wrong_about_training_and_say_that_they_are_not_about_it() -> None:
    rng = np.random.default_rng(2)
    decided = 0
    for _ in range(100):
        of_arms = contrast(*(measured(null_arm(rng, 3, (0.5, 0.0, 1.0))) for _ in range(2)), plan=FEW)
        verdict = decide(of_arms, of_arms.p)
        decided += verdict.kind != "undecided"
        assert verdict.scope == "these models only"
    assert decided / 100 > 0.3


def test_three_seeds_decide_about_these_models_no_more_often_than_the_level() -> None:
    rng = np.random.default_rng(3)
    decided, draws = 0, 300
    for _ in range(draws):
        of_arms = contrast(*(measured(null_arm(rng, 3, (0.0, 0.7, 1.0))) for _ in range(2)), plan=FEW)
        decided += decide(of_arms, of_arms.p).kind != "undecided"
    assert decided / draws <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / draws)


def test_a_family_of_claims_errs_no_more_often_than_the_level() -> None:
    rng = np.random.default_rng(4)
    wrong, draws = 0, 150
    for _ in range(draws):
        control = measured(null_arm(rng, 9, (0.3, 1.0, 1.0)))
        family = [contrast(measured(null_arm(rng, 9, (0.3, 1.0, 1.0))), control) for _ in range(4)]
        adjusted = holm([each.p for each in family])
        wrong += any(decide(each, p, family=4).kind != "undecided" for each, p in zip(family, adjusted, strict=True))
    assert wrong / draws <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / draws)


@pytest.mark.parametrize("seeds", [1, 3, 6])
@pytest.mark.parametrize("better", ["higher", "lower"])
def test_planted_effects_are_supported_and_their_reverse_is_contradicted(seeds: int, better: str) -> None:
    rng = np.random.default_rng(5)
    effect = 1.0 if better == "higher" else -1.0
    first, second = (measured(null_arm(rng, seeds, (0.1, 0.5, 1.0)) + shift, better) for shift in (effect, 0.0))
    claim, reverse = contrast(first, second, plan=FEW), contrast(second, first, plan=FEW)
    assert decide(claim, claim.p, smallest=0.5).kind == "supported"
    assert decide(reverse, reverse.p, smallest=0.5).kind == "contradicted"


@pytest.mark.parametrize("seeds", [3, 6])
def test_equal_arms_differ_by_nothing_worth_the_name_where_the_smallest_effect_is_generous(seeds: int) -> None:
    rng = np.random.default_rng(6)
    kinds = []
    for _ in range(40):
        of_arms = contrast(*(measured(null_arm(rng, seeds, (0.1, 0.5, 1.0))) for _ in range(2)), plan=FEW)
        kinds.append(decide(of_arms, of_arms.p, smallest=0.6).kind)
    assert kinds.count("no difference worth the name") >= 38


def test_a_true_effect_of_just_the_smallest_is_called_nothing_no_more_often_than_the_level() -> None:
    rng = np.random.default_rng(7)
    kinds = []
    for _ in range(300):
        of_arms = contrast(measured(null_arm(rng, 6, (0.1, 0.5, 1.0)) + 0.5), measured(null_arm(rng, 6, (0.1, 0.5, 1.0))))
        kinds.append(decide(of_arms, of_arms.p, smallest=0.5).kind)
    assert kinds.count("no difference worth the name") / 300 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 300)
