"""Items of the geometry probes: no similarity in noise, however few words a block has, and intervals that say so."""

import numpy as np
import pytest

from embedseq.probes.blocks import DrawnWords, sentence_blocks
from embedseq.probes.geometry_items import (
    Held,
    Items,
    mean_cosine_items,
    measured,
    participation_items,
    similarity_items,
)
from embedseq.probes.geometry_similarity import SIMILARITIES, canonical_directions, cka, rsa, unbiased_hsic
from embedseq.probes.geometry_statistics import STATISTICS, cosine, participation
from embedseq.statistics.bootstrap import Resampling, interval

WORDS = 400
PLAN = Resampling(draws=400)


def drawn_words(words: int = WORDS, length: int = 2, blocks: int = 20) -> DrawnWords:
    sentence = np.repeat(np.arange(words // length), length)
    return DrawnWords(np.arange(words), sentence, tuple(sentence_blocks(sentence, blocks)))


def states(seed: int, n: int = WORDS, width: int = 48) -> np.ndarray:
    """A few strong directions and many weak ones."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, width)) * np.maximum(0.7 ** np.arange(width), 0.2)


def value(items: Items) -> float:
    return measured(Held("score", ""), items).value


def ends(items: Items) -> tuple[float, float]:
    found = interval(items.statistic, items.values[None], PLAN, STATISTICS)
    return found.low, found.high


@pytest.mark.parametrize(
    ("measure", "chance"), [("cka", 0), ("procrustes", 0), ("svcca", 0), ("rsa", 0), ("neighbours", 10 / 399)]
)
def test_independent_noise_has_no_similarity_within_the_interval_over_many_draws(measure: str, chance: float) -> None:
    drawn, values, missed = drawn_words(), [], 0
    for draw in range(60):
        items = similarity_items(measure, states(2 * draw), states(2 * draw + 1), drawn, nearest=10)
        low, high = ends(items)
        values.append(value(items))
        missed += not low <= chance <= high
    assert abs(np.mean(values) - chance) < 4 * np.std(values) / np.sqrt(60)
    assert missed <= 9  # 3 are expected of 95 %, a few more as there are 20 blocks


@pytest.mark.parametrize("measure", sorted(SIMILARITIES))
def test_few_words_of_many_dimensions_do_not_look_alike(measure: str) -> None:
    x, y = np.random.default_rng(0).standard_normal((2, 160, 512))
    found = value(similarity_items(measure, x, y, drawn_words(160), nearest=10))
    assert abs(found - (10 / 159 if measure == "neighbours" else 0)) < 0.08


@pytest.mark.parametrize("measure", sorted(SIMILARITIES))
def test_equal_and_turned_states_are_fully_alike(measure: str) -> None:
    x = states(1)
    turn = np.linalg.qr(np.random.default_rng(2).standard_normal((48, 48)))[0]
    for other in (x, 3 * x @ turn):
        assert value(similarity_items(measure, x, other, drawn_words(), nearest=10)) == pytest.approx(1)


@pytest.mark.parametrize("measure", sorted(SIMILARITIES))
def test_a_planted_common_part_is_found_and_grows(measure: str) -> None:
    x, noise = states(3), states(4)
    found = [similarity_items(measure, x, x + level * noise, drawn_words(), nearest=10) for level in (2.0, 0.5, 0.1)]
    values = [value(items) for items in found]
    assert values == sorted(values)
    assert ends(found[1])[0] > 0.3


@pytest.mark.parametrize("lengths", [(5, 5), (5, 5, 5), (9, 1, 4, 8)])
def test_svcca_of_few_sentences_is_what_it_was_and_its_items_are_numbers(lengths: tuple[int, ...]) -> None:
    sentence = np.repeat(np.arange(len(lengths)), lengths)
    blocks = tuple(sentence_blocks(sentence, 2))
    drawn = DrawnWords(np.arange(len(sentence)), sentence, blocks)
    x, y = states(23, len(sentence), 3), states(24, len(sentence), 3)
    items = similarity_items("svcca", x, y, drawn)
    fit, left = blocks
    a, b = canonical_directions(x[fit], y[fit])
    u, v = (x[left] - x[fit].mean(axis=0)) @ a, (y[left] - y[fit].mean(axis=0)) @ b
    assert np.isfinite(items.values).all()
    assert value(items) == pytest.approx((u * v).sum() / np.sqrt((u**2).sum() * (v**2).sum()))


@pytest.mark.parametrize("measure", sorted(SIMILARITIES))
def test_every_seed_and_every_width_gives_items_of_one_shape(measure: str) -> None:
    drawn = drawn_words()
    shapes = {similarity_items(measure, states(s), states(s + 1, width=w), drawn, 10).values.shape for s, w in ((5, 48), (7, 16))}
    assert len(shapes) == 1


def test_cka_of_blocks_comes_to_that_of_all_words_together() -> None:
    x = states(8, 2000, 32)
    y = x @ np.random.default_rng(9).standard_normal((32, 32)) + 2 * states(10, 2000, 32)
    assert value(similarity_items("cka", x, y, drawn_words(2000), 10)) == pytest.approx(cka(x, y), abs=0.02)
    assert value(similarity_items("rsa", x, y, drawn_words(2000), 10)) == pytest.approx(rsa(x, y), abs=0.03)


def test_hsic_of_blocks_has_the_expectation_of_hsic_of_all_words() -> None:
    x, y = states(11, 120, 8), states(11, 120, 8) + states(12, 120, 8)
    rng = np.random.default_rng(13)
    means = [np.mean([unbiased_hsic(x[rows], y[rows]) for rows in rng.permutation(120).reshape(12, 10)]) for _ in range(200)]
    assert abs(np.mean(means) - unbiased_hsic(x, y)) < 4 * np.std(means) / np.sqrt(200)


def test_what_a_turn_into_fewer_dimensions_loses_counts_against_it() -> None:
    x = np.random.default_rng(14).standard_normal((2000, 8))
    found = value(similarity_items("procrustes", x, x[:, :2], drawn_words(2000), 10))
    assert found == pytest.approx(np.sqrt(2 / 8), abs=0.03)  # ‖xᵀy‖_* / (‖x‖ ‖y‖) = 2n / (√8n √2n)
    assert value(similarity_items("svcca", x, x[:, :2], drawn_words(2000), 10)) == pytest.approx(1, abs=0.01)


def test_neighbours_are_looked_up_once_and_counted_by_sentence() -> None:
    x, y = states(15), states(16)
    items = similarity_items("neighbours", x, y, drawn_words(), nearest=10)
    assert items.values.shape == (200, 2)
    np.testing.assert_array_equal(items.values[:, 1], 2)
    assert value(items) == pytest.approx(SIMILARITIES["neighbours"].function(x, y))


@pytest.mark.parametrize("measure", sorted(SIMILARITIES))
def test_the_interval_of_a_planted_likeness_is_as_wide_as_values_vary_over_many_draws(measure: str) -> None:
    values, widths = [], []
    for draw in range(40):
        x = states(3 * draw)
        items = similarity_items(measure, x, x + 0.7 * states(3 * draw + 1), drawn_words(), nearest=10)
        low, high = ends(items)
        values.append(value(items))
        widths.append((high - low) / (2 * 1.96))
    assert 0.7 < np.mean(widths) / np.std(values) < 1.8


@pytest.mark.slow
@pytest.mark.parametrize("words", [400, 1600])
@pytest.mark.parametrize("level", [0.3, 0.7, 1.5])
def test_svccas_interval_holds_where_few_directions_are_strong_and_many_are_weak(level: float, words: int) -> None:
    """Where the interval of fixed maps missed in up to 95 % of draws."""
    drawn, values, intervals = drawn_words(words), [], []
    for draw in range(40):
        x = states(3 * draw, words)
        items = similarity_items("svcca", x, x + level * states(3 * draw + 1, words), drawn)
        values.append(value(items))
        intervals.append(ends(items))
    widths = [(high - low) / (2 * 1.96) for low, high in intervals]
    assert 0.7 < np.mean(widths) / np.std(values) < 1.4
    assert sum(not low <= np.mean(values) <= high for low, high in intervals) <= 6


def test_a_block_of_equal_words_has_no_part_in_rsa() -> None:
    x, y = states(17), states(17)
    drawn = drawn_words()
    x[drawn.blocks[0]] = 1.0
    items = similarity_items("rsa", x, y, drawn, nearest=10)
    np.testing.assert_array_equal(items.values[0], 0)
    assert value(items) == pytest.approx(1)


@pytest.mark.parametrize(("words", "width"), [(400, 32), (160, 512)])
def test_the_participation_ratio_of_equal_directions_is_their_number_whatever_the_number_of_words(words: int, width: int) -> None:
    draws = [np.random.default_rng(seed).standard_normal((words, width)) for seed in range(8)]
    values = [value(participation_items(x, drawn_words(words))) for x in draws]
    naive = [np.trace(np.cov(x.T)) ** 2 / (np.cov(x.T) ** 2).sum() for x in draws]
    assert np.mean(values) == pytest.approx(width, rel=0.05)
    assert np.mean(naive) == pytest.approx(words * width / (words + width), rel=0.03)


def test_a_planted_rank_is_the_participation_ratio_within_the_interval_over_many_draws() -> None:
    drawn, missed = drawn_words(), 0
    for draw in range(40):
        rng = np.random.default_rng(draw)
        items = participation_items(rng.standard_normal((WORDS, 5)) @ np.linalg.qr(rng.standard_normal((64, 5)))[0].T + 7, drawn)
        low, high = ends(items)
        missed += not low <= 5 <= high
        assert value(items) == pytest.approx(5, abs=0.4)
    assert missed <= 7  # 2 are expected of 95 %, a few more as there are 20 blocks


def test_the_mean_cosine_is_that_of_all_pairs_within_blocks_and_0_for_noise() -> None:
    drawn = drawn_words()
    x = np.random.default_rng(19).standard_normal((WORDS, 48))
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    pairs = [unit[i] @ unit[j] for block in drawn.blocks for i in block for j in block if i < j]
    items = mean_cosine_items(x, drawn)
    assert value(items) == pytest.approx(np.mean(pairs))
    low, high = ends(items)
    assert low < 0 < high
    assert value(mean_cosine_items(x + 5, drawn)) == pytest.approx(25 / 26, abs=0.01)


def test_rows_of_zeros_are_in_no_pair() -> None:
    drawn = drawn_words()
    x = np.abs(states(20))
    x[::4] = 0
    items = mean_cosine_items(x, drawn)
    assert items.values[:, 1].sum() < (300**2) / 2
    assert value(items) > 0.2


@pytest.mark.parametrize("statistic", [cosine, participation])
def test_statistics_take_many_draws_at_once_and_are_nan_without_variance(statistic) -> None:
    sums = np.abs(np.random.default_rng(21).standard_normal((4, 5, 3)))
    found = statistic(sums)
    assert found.shape == (4, 5)
    assert found[2, 3] == pytest.approx(statistic(sums[2, 3]))
    assert np.isnan(statistic(np.array([0.0, 0.0, 0.0])))
