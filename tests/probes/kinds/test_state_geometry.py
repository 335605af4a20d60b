"""The probe of how states spread: a Gaussian has as many directions as dimensions, a planted cone and rank are found."""

import numpy as np
import pytest

from embedseq.probes.geometry_statistics import STATISTICS
from embedseq.probes.kinds.state_geometry import ABOUT, StateGeometrySettings, measure
from embedseq.probes.material import StatesInMemory, StatesMaterial
from embedseq.probes.probe import Found
from embedseq.statistics.bootstrap import Resampling, statistic_value
from embedseq.statistics.measurement import Measurement
from embedseq.statistics.summary import compare, summarise
from embedseq.text.gold_words import GoldWords
from embedseq.text.trees import Tree

SENTENCES, LENGTH, WIDTH = 120, 8, 32
PLAN = Resampling(draws=300)


def trees() -> list[Tree]:
    words = [[f"w{sentence}-{word}" for word in range(LENGTH)] for sentence in range(SENTENCES)]
    rest = (("X",) * LENGTH, tuple(range(LENGTH)), ("dep",) * LENGTH, ({},) * LENGTH)
    return [Tree(GoldWords(tuple(row), (False,) * LENGTH), *rest) for row in words]


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((SENTENCES * LENGTH, WIDTH)).astype(np.float32)


def probe(own: np.ndarray, untrained: np.ndarray | None = None, words: int = 2000) -> Found:
    beside = {} if untrained is None else {"untrained model": StatesInMemory({"test": {"encoder 1": untrained}})}
    material = StatesMaterial({"test": trees()}, StatesInMemory({"test": {"encoder 1": own}}), beside)
    return measure(material, StateGeometrySettings(kind="state-geometry", of="m", data="d", words=words))


def pick(found: Found, score: str, role: str = "score") -> Measurement:
    return next(each for each in found.measurements if (each.score, each.role) == (score, role))


@pytest.mark.parametrize(("score", "truth"), [("participation-ratio", WIDTH), ("mean-cosine", 0)])
def test_isotropic_states_have_the_numbers_of_isotropy_within_the_interval_over_many_draws(score: str, truth: float) -> None:
    missed = 0
    for draw in range(40):
        found = summarise([pick(probe(noise(draw)), score)], STATISTICS, PLAN)
        missed += not found.low <= truth <= found.high
    assert missed <= 6  # 2 are expected of 95 %, a few more as there are 20 blocks


@pytest.mark.parametrize("score", ["participation-ratio", "mean-cosine"])
def test_isotropic_states_are_like_the_control(score: str) -> None:
    found = probe(noise(0))
    assert not compare([pick(found, score)], [pick(found, score, "control")], STATISTICS, PLAN).excludes_zero


def test_the_control_has_as_many_directions_as_dimensions_however_few_the_words() -> None:
    for words in (60, 900):
        found = probe(noise(0), words=words)
        assert pick(found, "participation-ratio", "control").value == pytest.approx(WIDTH, rel=0.15)
        assert pick(found, "mean-cosine", "control").value == pytest.approx(0, abs=0.02)


def test_a_planted_rank_is_found_and_differs_from_the_untrained_model() -> None:
    narrow = noise(1)[:, :3] @ np.linalg.qr(np.random.default_rng(2).standard_normal((WIDTH, 3)))[0].T
    found = probe(narrow.astype(np.float32), noise(3))
    assert pick(found, "participation-ratio").value == pytest.approx(3, abs=0.2)
    untrained = pick(found, "participation-ratio", "baseline")
    assert untrained.label == "untrained model"
    assert compare([pick(found, "participation-ratio")], [untrained], STATISTICS, PLAN).high < 0


def test_a_planted_common_direction_is_a_high_cosine_and_leaves_the_participation_ratio() -> None:
    found = probe(noise(4) + 2, noise(4))
    assert pick(found, "mean-cosine").value == pytest.approx(4 / 5, abs=0.02)
    assert compare([pick(found, "mean-cosine")], [pick(found, "mean-cosine", "baseline")], STATISTICS, PLAN).low > 0.7
    same = pick(found, "participation-ratio", "baseline")
    assert pick(found, "participation-ratio").value == pytest.approx(same.value, rel=1e-4)


def test_turning_and_scaling_changes_neither_number() -> None:
    turn = np.linalg.qr(np.random.default_rng(5).standard_normal((WIDTH, WIDTH)))[0]
    states = noise(6) * 0.9 ** np.arange(WIDTH, dtype=np.float32)
    one, other = probe(states), probe((7 * states @ turn).astype(np.float32))
    for score in ("participation-ratio", "mean-cosine"):
        assert pick(one, score).value == pytest.approx(pick(other, score).value, abs=1e-4)


def test_values_are_the_statistics_of_items_that_are_the_same_for_every_model() -> None:
    first, second = probe(noise(7), noise(8)), probe(noise(9) + 1, noise(10))
    assert {each.score for each in first.measurements} == {score.name for score in ABOUT.scores}
    assert first.details == second.details == {"words": 960, "blocks": 20, "widths": {"encoder 1": WIDTH}}
    for one, other in zip(first.measurements, second.measurements, strict=True):
        assert one.items.shape == other.items.shape == (20, one.items.shape[1])
        assert one.value == pytest.approx(statistic_value(one.statistic, one.items, STATISTICS))


def test_states_that_never_change_have_no_participation_ratio() -> None:
    assert np.isnan(pick(probe(np.ones_like(noise(0))), "participation-ratio").value)
