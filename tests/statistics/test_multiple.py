"""Holm's correction: known answers, bounds, and the family-wise error under the null."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from embedseq.statistics.multiple import holm

PROBABILITIES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("raw", "adjusted"),
    [
        ([], []),
        ([0.03], [0.03]),
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.5, 0.6], [1.0, 1.0]),
        ([0.01, 0.02, 0.03, 0.04], [0.04, 0.06, 0.06, 0.06]),
    ],
)
def test_known_answers(raw: list[float], adjusted: list[float]) -> None:
    assert holm(raw) == pytest.approx(adjusted)


def test_what_was_not_tested_stays_out_of_the_family() -> None:
    found = holm([0.01, math.nan, 0.04])
    assert found[0::2] == pytest.approx([0.02, 0.04])
    assert math.isnan(found[1])


def test_what_was_declared_and_not_tested_counts_as_if_its_p_were_one() -> None:
    found = holm([0.01, math.nan, 0.04], declared=5)
    assert found[0::2] == pytest.approx(holm([0.01, 0.04, 1.0, 1.0, 1.0])[:2])
    assert math.isnan(found[1])
    assert holm([0.01, 0.02], declared=1) == holm([0.01, 0.02]), "no fewer than were tested"


@given(PROBABILITIES)
def test_adjusted_is_between_the_raw_and_bonferroni_and_keeps_the_order(raw: list[float]) -> None:
    adjusted = np.array(holm(raw))
    assert (adjusted >= np.array(raw)).all()
    assert (adjusted <= np.minimum(1, len(raw) * np.array(raw)) + 1e-12).all()
    assert (np.diff(adjusted[np.argsort(raw, kind="stable")]) >= 0).all()


@given(PROBABILITIES)
def test_order_of_the_family_does_not_matter(raw: list[float]) -> None:
    order = np.random.default_rng(len(raw)).permutation(len(raw))
    assert np.array(holm(raw))[order] == pytest.approx(holm([raw[each] for each in order]))


def test_what_is_no_probability_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([0.5, 1.5])


@pytest.mark.parametrize("correlation", [0.0, 0.7])
def test_family_wise_error_stays_at_the_level(correlation: float) -> None:
    rng = np.random.default_rng(0)
    z = math.sqrt(correlation) * rng.standard_normal((2000, 1)) + math.sqrt(1 - correlation) * rng.standard_normal((2000, 8))
    p = 2 * norm.sf(np.abs(z))
    assert ((p <= 0.05).any(axis=1)).mean() > 0.15
    assert np.mean([min(holm(list(family))) <= 0.05 for family in p]) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 2000)
