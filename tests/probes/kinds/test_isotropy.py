"""Isotropy: known clouds, the estimates against plain ones, honest intervals, planted and absent directions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedseq.embeddings.vectors import Vectors, mean_cosine
from embedseq.errors import RequestError
from embedseq.probes.geometry_statistics import STATISTICS
from embedseq.probes.isotropy import isotropy, mean_cosine_shares, participation_items, partition_items
from embedseq.probes.kinds.isotropy import IsotropySettings, measure
from embedseq.probes.material import TableMaterial
from embedseq.statistics.bootstrap import Resampling, statistic_value
from embedseq.statistics.measurement import Measurement
from embedseq.statistics.summary import compare, summarise

SETTINGS = IsotropySettings(kind="isotropy")
BASELINES = (("baseline", "random vectors of the same norms"), ("control", "isotropic Gaussian"))


def cloud(words: int, dim: int, seed: int = 0, **planted: float) -> Vectors:
    """A Gaussian; `shift` moves all words one way, `stretch` makes the first direction so much longer."""
    matrix = np.random.default_rng(seed).standard_normal((words, dim))
    matrix[:, 0] = matrix[:, 0] * planted.get("stretch", 1.0) + planted.get("shift", 0.0)
    return Vectors([f"w{row:05d}" for row in range(words)], matrix / np.sqrt(dim))


def measured(vectors: Vectors, material: TableMaterial | None = None) -> dict[tuple[str, str], Measurement]:
    found = measure(material or TableMaterial(vectors), SETTINGS)
    return {(each.score, each.role): each for each in found.measurements}


@given(st.integers(4, 30), st.integers(2, 8), st.integers(0, 1000))
def test_the_mean_cosine_is_that_of_all_pairs(words: int, dim: int, seed: int) -> None:
    vectors = cloud(words, dim, seed, shift=1.0)
    assert mean_cosine_shares(vectors.matrix.astype(np.float64)).mean() == pytest.approx(mean_cosine(vectors), abs=1e-6)


@given(st.integers(5, 20), st.integers(1, 6), st.integers(0, 1000))
def test_shares_in_the_mean_cosine_are_jackknife_pseudo_values(words: int, dim: int, seed: int) -> None:
    vectors = cloud(words, dim, seed).matrix.astype(np.float64)
    whole = mean_cosine_shares(vectors).mean()
    for word, share in enumerate(mean_cosine_shares(vectors)):
        without = mean_cosine_shares(np.delete(vectors, word, axis=0)).mean()
        assert share == pytest.approx(words * whole - (words - 1) * without, abs=1e-8)


def test_the_traces_are_estimated_without_bias_from_few_words() -> None:
    """tr C = 1 and tr C² = 1 / 64 for 64 equal directions, from 24 words at a time; a plain estimate has 1 / 24 more."""
    rng = np.random.default_rng(0)
    means = [participation_items(rng.standard_normal((24, 64)) / 8).mean(axis=0) for _ in range(600)]
    trace, square, _ = np.mean(means, axis=0)
    assert trace == pytest.approx(1.0, abs=0.01)
    assert square == pytest.approx(1 / 64, abs=0.001)


def test_the_traces_are_without_bias_for_long_tails_too() -> None:
    rng = np.random.default_rng(1)
    draws = [participation_items(rng.standard_t(9, (12, 3)) * [1, 2, 3]).mean(axis=0) for _ in range(20_000)]
    variance = 9 / 7
    assert np.mean(draws, axis=0)[:2] == pytest.approx([14 * variance, 98 * variance**2], rel=0.05)


@pytest.mark.parametrize("score", ["mean-cosine", "participation-ratio"])
def test_the_interval_covers_as_often_as_it_says(score: str) -> None:
    """Over clouds drawn anew: were the mean over pairs taken for a mean over words, the interval would be half as wide."""
    clouds = (cloud(120, 6, seed, shift=0.7, stretch=1.5) for seed in range(1, 151))
    large = measured(cloud(100_000, 6, 999, shift=0.7, stretch=1.5))[score, "score"].value
    covered = []
    for vectors in clouds:
        (found,) = (each for each in isotropy(vectors.matrix, 1.0, "score", "") if each.score == score)
        summary = summarise([found], STATISTICS, Resampling(draws=200))
        covered.append(summary.low <= large <= summary.high)
    assert 0.87 <= np.mean(covered) <= 0.99


@given(st.integers(4, 40), st.integers(2, 6), st.integers(0, 1000))
def test_partition_isotropy_is_the_ratio_of_the_extreme_sums(words: int, dim: int, seed: int) -> None:
    vectors = cloud(words, dim, seed, shift=1.0).matrix.astype(np.float64)
    _, directions = np.linalg.eigh(vectors.T @ vectors)
    sums = np.exp(vectors @ np.concatenate([directions, -directions], axis=1)).sum(axis=0)
    value = statistic_value("ratio", partition_items(vectors))
    assert value == pytest.approx(sums.min() / sums.max(), rel=1e-9)
    assert 0 < value <= 1


def test_long_vectors_do_not_overflow() -> None:
    assert 0 <= statistic_value("ratio", partition_items(cloud(50, 4).matrix.astype(np.float64) * 5000)) < 1e-6


@pytest.mark.parametrize("draw", range(3))
def test_an_isotropic_cloud_is_like_its_baseline_and_its_control(draw: int) -> None:
    found = measured(cloud(1500, 40, draw))
    assert abs(found["mean-cosine", "score"].value) < 0.002
    assert found["participation-ratio", "score"].value == pytest.approx(40, abs=1)
    for score in ("mean-cosine", "participation-ratio", "partition-isotropy"):
        for role, _ in BASELINES:
            difference = compare([found[score, "score"]], [found[score, role]], STATISTICS)
            slack = 0.5 * (difference.high - difference.low)
            assert difference.low - slack < 0 < difference.high + slack


def test_a_shared_direction_is_found_by_the_mean_cosine_and_the_partition_function() -> None:
    found = measured(cloud(800, 30, shift=4.0))
    for role, label in BASELINES:
        assert found["mean-cosine", role].label == label
        assert compare([found["mean-cosine", "score"]], [found["mean-cosine", role]]).low > 0.2
        assert compare([found["partition-isotropy", "score"]], [found["partition-isotropy", role]]).high < -0.2
    assert found["participation-ratio", "score"].value == pytest.approx(30, abs=1.5)  # the mean is no spread


def test_a_stretched_direction_is_found_by_the_participation_ratio() -> None:
    found = measured(cloud(800, 30, stretch=6.0))
    expected = (29 + 36) ** 2 / (29 + 36**2)
    assert found["participation-ratio", "score"].value == pytest.approx(expected, rel=0.15)
    for role, _ in BASELINES:
        assert compare([found["participation-ratio", "score"]], [found["participation-ratio", role]], STATISTICS).high < -20


def test_the_order_of_a_table_is_of_no_account_and_only_shared_words_are_looked_at() -> None:
    vectors = cloud(60, 5)
    shared = frozenset(vectors.words[:40])
    turned = Vectors(vectors.words[::-1], vectors.matrix[::-1])
    one, other = (measured(each, TableMaterial(each, shared=shared)) for each in (vectors, turned))
    for key, found in one.items():
        np.testing.assert_array_equal(found.items, other[key].items)
        assert (found.n, found.coverage) == (40, pytest.approx(40 / 60))


def test_random_vectors_that_are_handed_in_are_the_baseline() -> None:
    vectors, given_ = cloud(50, 5), cloud(50, 5, seed=7, shift=9.0)
    found = measured(vectors, TableMaterial(vectors, random=given_))
    assert found["mean-cosine", "baseline"].value == pytest.approx(mean_cosine(given_), abs=1e-6)


@pytest.mark.parametrize("vectors", [cloud(3, 5), Vectors(["a", "b", "c", "d"], np.ones((4, 2)))])
def test_too_few_words_and_words_that_are_all_alike_are_refused(vectors: Vectors) -> None:
    with pytest.raises(RequestError, match="expected 4 words or more with vectors that differ"):
        measured(vectors)
