"""Measures of similarity: known answers, published relations, and each invariance that a measure declares."""

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedseq.probes.geometry_similarity import (
    SIMILARITIES,
    Similarity,
    biased_cka,
    centred,
    cka,
    neighbour_pseudo_values,
    neighbours,
    procrustes,
    procrustes_map,
    rsa,
    svcca,
    unbiased_hsic,
)

ALL_VARIANCE = Similarity(
    "cca",
    lambda x, y: svcca(x, y, keep=1.0),
    frozenset({"orthogonal", "isotropic scaling", "invertible linear", "translation"}),
)
MEASURES = [*SIMILARITIES.values(), ALL_VARIANCE]


def states(seed: int, n: int = 60, width: int = 8) -> np.ndarray:
    """Directions of unequal variance around a common mean, as real states have."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, width)) * 0.8 ** np.arange(width) + 0.3 * rng.standard_normal(width)


def related(seed: int, n: int = 60, width: int = 8) -> tuple[np.ndarray, np.ndarray]:
    x = states(seed, n, width)
    return x, x @ np.random.default_rng(seed + 1).standard_normal((width, width)) + 0.5 * states(seed + 2, n, width)


def rotation(rng: np.random.Generator, width: int) -> np.ndarray:
    return np.linalg.qr(rng.standard_normal((width, width)))[0]


CHANGES = {
    "orthogonal": lambda x, rng: x @ rotation(rng, x.shape[1]),
    "isotropic scaling": lambda x, rng: x * rng.uniform(0.01, 100),
    "invertible linear": lambda x, rng: x @ rotation(rng, x.shape[1]) @ np.diag(rng.uniform(0.2, 5, x.shape[1])),
    "translation": lambda x, rng: x + 3 * rng.standard_normal(x.shape[1]),
}


@given(
    measure=st.sampled_from(MEASURES),
    change=st.sampled_from(sorted(CHANGES)),
    side=st.sampled_from([0, 1]),
    seed=st.integers(0, 10_000),
)
@settings(max_examples=200, derandomize=True)
def test_every_declared_invariance_holds_for_either_set_of_states(measure: Similarity, change: str, side: int, seed: int) -> None:
    pair = related(seed)
    changed = list(pair)
    changed[side] = CHANGES[change](pair[side], np.random.default_rng(seed + 3))
    if change in measure.invariances:
        assert measure.function(*changed) == pytest.approx(measure.function(*pair), abs=1e-9)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
@pytest.mark.parametrize("change", sorted(CHANGES))
def test_an_invariance_that_is_not_declared_does_not_hold(measure: Similarity, change: str) -> None:
    x, y = related(7)
    changed = [measure.function(CHANGES[change](x, np.random.default_rng(seed)), y) for seed in range(20)]
    same = np.allclose(changed, measure.function(x, y), atol=1e-6)
    assert same == (change in measure.invariances)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
def test_every_measure_is_symmetric_and_1_for_equal_states_and_for_turned_ones(measure: Similarity) -> None:
    x, y = related(3)
    assert measure.function(x, x) == pytest.approx(1)
    assert measure.function(x, x @ rotation(np.random.default_rng(0), 8)) == pytest.approx(1)
    assert measure.function(x, y) == pytest.approx(measure.function(y, x))
    assert measure.function(x, y) < 0.99


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
def test_states_of_different_widths_compare(measure: Similarity) -> None:
    x = states(1, width=5)
    wider = np.hstack([x, np.zeros((len(x), 3))]) @ rotation(np.random.default_rng(2), 8)
    assert measure.function(x, wider) == pytest.approx(1)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
def test_a_planted_common_part_is_seen_and_noise_lowers_it(measure: Similarity) -> None:
    x = states(5, n=200)
    noise = states(6, n=200)
    values = [measure.function(x, x + level * noise) for level in (0.1, 0.5, 2.0)] + [measure.function(x, noise)]
    assert values == sorted(values, reverse=True)
    assert values[0] > values[-1] + 0.3


@pytest.mark.parametrize("width", [3, 9])
def test_unbiased_hsic_is_the_mean_over_quadruples_of_different_rows(width: int) -> None:
    x, y = states(11, 6, width), states(12, 6, 4)
    k, lin = x @ x.T, y @ y.T
    quadruples = [k[i, j] * (lin[i, j] + lin[q, r] - 2 * lin[i, q]) for i, j, q, r in permutations(range(6), 4)]
    assert unbiased_hsic(x, y) == pytest.approx(np.mean(quadruples), rel=1e-9)


def test_unbiased_hsic_is_the_formula_of_the_paper_written_out() -> None:
    x, y, n = states(13, 6, 5), states(14, 6, 4), 6
    k, lin = x @ x.T, y @ y.T
    np.fill_diagonal(k, 0)
    np.fill_diagonal(lin, 0)
    ones = np.ones(n)
    trace = sum(k[i, j] * lin[j, i] for i in range(n) for j in range(n))
    whole = trace + k.sum() * lin.sum() / ((n - 1) * (n - 2)) - 2 / (n - 2) * ones @ k @ lin @ ones
    assert unbiased_hsic(x, y) == pytest.approx(whole / (n * (n - 3)))


def test_unbiased_hsic_of_blocks_averages_to_that_of_all_rows_over_all_ways_to_part_them() -> None:
    x, y = states(15, 8, 5), states(16, 8, 3)
    parts = [(list(block), [row for row in range(8) if row not in block]) for block in combinations(range(8), 4)]
    of_blocks = [(unbiased_hsic(x[a], y[a]) + unbiased_hsic(x[b], y[b])) / 2 for a, b in parts]
    assert np.mean(of_blocks) == pytest.approx(unbiased_hsic(x, y))


def test_unbiased_hsic_takes_the_same_value_in_either_shape() -> None:
    x, y = states(17, 30, 20), states(18, 30, 20)
    wider = [np.hstack([each, np.zeros((30, 30))]) for each in (x, y)]  # wider than long: by the matrices of words
    assert unbiased_hsic(*wider) == pytest.approx(unbiased_hsic(x, y), rel=1e-9)


def test_unbiased_hsic_needs_four_rows() -> None:
    with pytest.raises(ValueError, match="4 rows"):
        unbiased_hsic(states(17, 3), states(18, 3))


def test_debiased_cka_of_independent_noise_is_0_where_the_biased_one_is_p_over_n_plus_p() -> None:
    n, p = 256, 512
    draws = [np.random.default_rng(seed) for seed in range(5)]
    pairs = [(rng.standard_normal((n, p)), rng.standard_normal((n, p))) for rng in draws]
    assert np.mean([biased_cka(*pair) for pair in pairs]) == pytest.approx(p / (n + p), abs=0.01)
    assert np.abs([cka(*pair) for pair in pairs]).max() < 0.02


def test_biased_cka_is_the_rv_coefficient_of_the_centred_gram_matrices() -> None:
    x, y = related(21, 30, 6)
    k, lin = centred(x) @ centred(x).T, centred(y) @ centred(y).T
    assert biased_cka(x, y) == pytest.approx(np.trace(k @ lin) / np.sqrt(np.trace(k @ k) * np.trace(lin @ lin)))


def test_biased_and_debiased_cka_agree_where_there_are_many_rows() -> None:
    x, y = related(22, 20_000, 6)
    assert cka(x, y) == pytest.approx(biased_cka(x, y), abs=2e-3)


def test_cka_of_a_linear_map_of_white_states_follows_from_its_singular_values() -> None:
    x = np.random.default_rng(23).standard_normal((100_000, 4))
    map_ = np.diag([3.0, 2.0, 1.0, 0.5]) @ rotation(np.random.default_rng(24), 4)
    s = np.array([9.0, 4.0, 1.0, 0.25])
    assert cka(x, x @ map_) == pytest.approx(s.sum() / np.sqrt(4 * (s**2).sum()), abs=0.01)


def test_a_bootstrap_with_duplicate_rows_finds_similarity_in_noise_so_it_is_not_used() -> None:
    x, y = np.random.default_rng(25).standard_normal((2, 200, 64))
    drawn = np.random.default_rng(26).integers(200, size=(20, 200))
    assert abs(cka(x, y)) < 0.05
    assert min(cka(x[rows], y[rows]) for rows in drawn) > 0.15
    chance = 10 / 199
    assert neighbours(x, y) < chance + 0.03
    assert min(neighbours(x[rows], y[rows]) for rows in drawn) > chance + 0.05


def test_procrustes_is_what_the_best_turn_reaches_and_no_other_turn_exceeds_it() -> None:
    x, y = (centred(each) / np.linalg.norm(centred(each)) for each in related(27))
    best = procrustes_map(x, y)
    np.testing.assert_allclose(best.T @ best, np.eye(8), atol=1e-12)
    assert (x @ best * y).sum() == pytest.approx(procrustes(x, y))
    assert np.linalg.norm(x @ best - y) ** 2 == pytest.approx(2 - 2 * procrustes(x, y))
    others = [rotation(np.random.default_rng(seed), 8) for seed in range(50)]
    assert max((x @ turn * y).sum() for turn in others) < procrustes(x, y)


def test_svcca_with_all_variance_is_the_mean_canonical_correlation() -> None:
    x, y = related(28, 80, 5)
    whiten = [np.linalg.inv(np.linalg.cholesky(np.cov(each.T))).T for each in (x, y)]
    cross = (centred(x) @ whiten[0]).T @ (centred(y) @ whiten[1]) / 79
    assert svcca(x, y, keep=1.0) == pytest.approx(np.linalg.svd(cross, compute_uv=False).mean())


def test_svcca_leaves_out_directions_of_little_variance() -> None:
    shared = np.random.default_rng(29).standard_normal((200, 2))
    apart = 1e-3 * np.random.default_rng(30).standard_normal((2, 200, 6))
    x, y = np.hstack([shared, apart[0]]), np.hstack([shared, apart[1]])
    assert svcca(x, y) > 0.999
    assert svcca(x, y, keep=1.0) < 0.6


def test_neighbours_of_noise_overlap_by_chance_and_of_clusters_fully() -> None:
    rng = np.random.default_rng(31)
    x, y = rng.standard_normal((2, 400, 16))
    assert neighbours(x, y) == pytest.approx(10 / 399, abs=0.01)
    clusters = 10 * np.repeat(np.eye(16), 11, axis=0)
    x, y = (clusters + 0.1 * rng.standard_normal(clusters.shape) for _ in range(2))
    assert neighbours(x, y, nearest=10) == 1


def test_neighbours_are_everyone_where_there_are_no_more() -> None:
    x, y = states(32, 6), states(33, 6)
    assert neighbours(x, y, nearest=10) == 1
    np.testing.assert_allclose(neighbour_pseudo_values(x, y, nearest=10).mean(), 1)


@pytest.mark.parametrize("nearest", [1, 4, 20])
def test_pseudo_values_of_neighbours_are_those_of_leaving_out_each_word(nearest: int) -> None:
    x, y = related(37, 30)
    whole = neighbours(x, y, nearest)
    without = np.array([neighbours(np.delete(x, word, 0), np.delete(y, word, 0), nearest) for word in range(30)])
    by_hand = 30 * whole - 29 * without
    found = neighbour_pseudo_values(x, y, nearest)
    assert found.mean() == pytest.approx(whole)
    np.testing.assert_allclose(found - found.mean(), by_hand - by_hand.mean(), atol=1e-12)


def test_rsa_of_noise_is_about_0_and_counts_a_row_of_zeros_as_unlike_all() -> None:
    x, y = np.random.default_rng(34).standard_normal((2, 100, 16))
    assert abs(rsa(x, y)) < 0.06
    x[0] = 0
    assert np.isfinite(rsa(x, y))


@pytest.mark.parametrize("function", [cka, biased_cka, procrustes, svcca, rsa])
def test_states_without_variance_have_no_similarity(function) -> None:
    assert np.isnan(function(np.ones((30, 4)), states(35, 30, 4)))
    assert np.isnan(function(states(35, 30, 4), np.ones((30, 4))))


@pytest.mark.parametrize("scale", [1e-60, 1e60])
def test_cka_neither_overflows_nor_vanishes(scale: float) -> None:
    x, y = related(36)
    assert cka(scale * x, y) == pytest.approx(cka(x, y))
