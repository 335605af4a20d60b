"""Scores of predicted trees: true distances and depths score 1, a chain is a chain, punctuation counts for nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedseq.probes.tree_scores import (
    attachment_items,
    chain_depths,
    chain_distances,
    depth_rank_items,
    distance_rank_items,
    gold_arcs,
    mean_over_lengths,
    root_items,
    spanning_arcs,
)
from embedseq.statistics.bootstrap import statistic_value
from embedseq.text.gold_words import GoldWords
from embedseq.text.trees import Tree


def tree(*heads: int, upos: str = "") -> Tree:
    size = len(heads)
    tags = tuple("PUNCT" if tag == "." else "X" for tag in (upos or "x" * size))
    words = GoldWords(tuple(f"w{place}" for place in range(size)), (False,) * size)
    return Tree(words, tags, heads, ("dep",) * size, ({},) * size)


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """Each word hangs on one that is earlier in a random order."""
    size = draw(st.integers(5, 12))
    order = draw(st.permutations(range(size)))
    heads = [0] * size
    for rank in range(1, size):
        heads[order[rank]] = order[draw(st.integers(0, rank - 1))] + 1
    return tree(*heads)


@given(trees())
def test_true_distances_and_depths_have_every_score_of_one(one: Tree) -> None:
    distances, depths = [one.distances.astype(float)], [one.depths.astype(float)]
    assert spanning_arcs(distances[0]) == gold_arcs(one)
    for items in (
        attachment_items(distances, [one]),
        distance_rank_items(distances, [one]),
        root_items(depths, [one]),
        depth_rank_items(depths, [one]),
    ):
        assert statistic_value("ratio", items) == pytest.approx(1.0)


@given(trees())
def test_rank_correlations_do_not_change_when_distances_are_squared(one: Tree) -> None:
    plain, squared = (distance_rank_items([one.distances.astype(float) ** power], [one]) for power in (1, 2))
    np.testing.assert_allclose(plain, squared)


@given(st.integers(2, 9), st.integers(0, 2**16))
def test_a_spanning_tree_is_never_longer_than_the_chain(size: int, seed: int) -> None:
    points = np.random.default_rng(seed).random((size, 3))
    distances = np.linalg.norm(points[:, None] - points[None], axis=-1)
    arcs = spanning_arcs(distances)
    assert len(arcs) == size - 1
    chain = sum(distances[place, place + 1] for place in range(size - 1))
    assert sum(distances[arc] for arc in arcs) <= chain + 1e-9


def test_the_chain_finds_the_arcs_between_neighbours() -> None:
    one = tree(2, 0, 2, 2, 4)  # arcs 0-1, 1-2, 1-3, 3-4; the chain has 0-1, 1-2, 2-3, 3-4
    np.testing.assert_array_equal(attachment_items([chain_distances(one)], [one]), [[3, 4]])
    np.testing.assert_array_equal(root_items([chain_depths(one)], [one]), [[0, 1]])


def test_punctuation_is_in_no_arc_and_neighbours_across_it_are_chained() -> None:
    one = tree(3, 1, 0, 3, upos="x.x.")
    assert gold_arcs(one) == {(0, 2)}
    np.testing.assert_array_equal(attachment_items([chain_distances(one)], [one]), [[1, 1]])


def test_punctuation_is_no_root() -> None:
    one = tree(0, 1, upos="x.")
    np.testing.assert_array_equal(root_items([np.array([0.5, 0.0])], [one]), [[1, 1]])
    np.testing.assert_array_equal(root_items([np.array([0.0, 1.0])], [tree(0, 1, upos=".x")]), [[0, 0]])


def test_only_sentences_of_five_to_fifty_words_are_ranked() -> None:
    chains = [tree(*range(size)) for size in (4, 5, 50, 51)]
    items = distance_rank_items([chain_distances(each) for each in chains], chains)
    np.testing.assert_allclose(items, [[0, 0], [1, 1], [1, 1], [0, 0]])


def test_a_prediction_that_is_the_same_everywhere_ranks_nothing() -> None:
    one = tree(2, 0, 2, 2, 4)
    np.testing.assert_array_equal(distance_rank_items([np.zeros((5, 5))], [one]), [[0, 1]])
    np.testing.assert_array_equal(depth_rank_items([np.zeros(5)], [one]), [[0, 1]])


def test_the_mean_over_lengths_gives_rare_lengths_the_same_weight() -> None:
    chains = [tree(*range(size)) for size in (6, 6, 6, 9, 3)]
    items = np.array([[0.2, 1], [0.4, 1], [0.6, 1], [1.0, 1], [0, 0]])
    assert mean_over_lengths(items, chains) == pytest.approx((0.4 + 1.0) / 2)
    assert np.isnan(mean_over_lengths(items[4:], chains[4:]))


def test_a_sentence_of_one_word_or_of_none_but_punctuation_has_no_arcs() -> None:
    alone, dots = tree(0), tree(0, 1, upos="..")
    np.testing.assert_array_equal(attachment_items([chain_distances(alone), chain_distances(dots)], [alone, dots]), [[0, 0]] * 2)
