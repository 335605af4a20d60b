"""Fitting structural probes: states that hold a tree are read, other sentences' trees are no one's own, repeats are equal."""

import numpy as np
import torch

from embedseq.probes.structural import fit, squared_distances, squared_norms, truth_of, truth_of_others
from embedseq.probes.tree_scores import attachment_items, distance_rank_items, root_items
from embedseq.statistics.bootstrap import statistic_value
from embedseq.text.gold_words import GoldWords
from embedseq.text.trees import Tree

LONGEST = 12


def random_trees(count: int, seed: int) -> list[Tree]:
    """Words hang on random earlier ones of a random order."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        size = int(rng.integers(5, LONGEST + 1))
        order, heads = rng.permutation(size), [0] * size
        for rank in range(1, size):
            heads[order[rank]] = int(order[rng.integers(rank)]) + 1
        words = GoldWords(("w",) * size, (False,) * size)
        made.append(Tree(words, ("X",) * size, tuple(heads), ("dep",) * size, ({},) * size))
    return made


def arcs_from_the_root(tree: Tree) -> np.ndarray:
    """(n, LONGEST): a number for each word, 1 in the words on whose path from the root its arc is; the root's own is 0."""
    codes = np.zeros((len(tree), LONGEST), dtype=np.float32)
    for word in range(len(tree)):
        above = word
        while tree.heads[above]:
            codes[word, above] = 1.0
            above = tree.heads[above] - 1
    return codes


def planted(trees: list[Tree], seed: int = 0) -> np.ndarray:
    """Those codes, rotated, one of the numbers much larger than the others, beside noise."""
    rng = np.random.default_rng(3)
    rotation = np.linalg.qr(rng.standard_normal((LONGEST, LONGEST)))[0]
    codes = np.concatenate([arcs_from_the_root(tree) for tree in trees]) @ rotation
    noise = np.random.default_rng(seed).standard_normal((len(codes), 12))
    return np.hstack([codes * 3, noise * 4]).astype(np.float32)


def ratio(items: np.ndarray) -> float:
    return statistic_value("ratio", items)


def test_sums_of_the_arcs_from_the_root_have_the_distances_and_depths_of_the_tree() -> None:
    for tree in random_trees(20, 0):
        codes = torch.from_numpy(arcs_from_the_root(tree))
        np.testing.assert_allclose(squared_distances(codes).numpy(), tree.distances, atol=1e-5)
        np.testing.assert_allclose(squared_norms(codes).numpy(), tree.depths, atol=1e-5)


def test_a_tree_that_is_held_beside_noise_is_read() -> None:
    train, valid, test = (random_trees(count, seed) for seed, count in enumerate((400, 60, 60)))
    states = {name: planted(trees, seed) for seed, (name, trees) in enumerate({"a": train, "b": valid, "c": test}.items())}
    distance = fit(
        squared_distances,
        (states["a"], truth_of(train, lambda tree: tree.distances)),
        (states["b"], truth_of(valid, lambda tree: tree.distances)),
        rank=64,
        steps=500,
    )
    predicted = distance(states["c"], test)
    assert ratio(attachment_items(predicted, test)) > 0.95
    assert ratio(distance_rank_items(predicted, test)) > 0.95
    depth = fit(
        squared_norms,
        (states["a"], truth_of(train, lambda tree: tree.depths)),
        (states["b"], truth_of(valid, lambda tree: tree.depths)),
        rank=64,
        steps=500,
    )
    assert ratio(root_items(depth(states["c"], test), test)) > 0.95


def test_the_rank_is_capped_at_the_width_and_kept_below_it() -> None:
    trees = random_trees(30, 0)
    truth = truth_of(trees, lambda tree: tree.distances)
    for rank, found in ((64, 24), (3, 3)):
        probe = fit(squared_distances, (planted(trees), truth), (planted(trees), truth), rank, steps=5)
        assert probe.projection.shape == (24, found)


def test_fitting_again_gives_the_same_bytes() -> None:
    trees = random_trees(60, 0)
    truth = truth_of(trees, lambda tree: tree.depths)
    one, other = (fit(squared_norms, (planted(trees), truth), (planted(trees), truth), 8, 150) for _ in range(2))
    assert one.projection.tobytes() == other.projection.tobytes()


def test_the_loss_is_a_mean_over_sentences_whatever_their_length() -> None:
    trees = random_trees(70, 0)
    states, truth = planted(trees), truth_of(trees, lambda tree: tree.distances)
    probe = fit(squared_distances, (states, truth), (states, truth), 8, 20)
    by_hand = [np.abs(each - tree.distances).mean() for each, tree in zip(probe(states, trees), trees, strict=True)]
    assert abs(probe.valid_loss - np.mean(by_hand)) < 1e-3


def test_no_sentence_is_given_its_own_tree_and_lengths_fit() -> None:
    trees = random_trees(40, 0)
    others = truth_of_others(trees, lambda tree: tree.distances, "train")
    assert len(others.gold) >= 38
    positions = {id(tree.distances): number for number, tree in enumerate(trees)}
    given = [positions[id(gold)] for gold in others.gold]
    assert len(set(given)) == len(given)
    for number, other in zip(others.numbers, given, strict=True):
        assert number != other
        assert len(trees[number]) == len(trees[other])


def test_a_sentence_alone_with_its_length_has_no_other() -> None:
    by_length = {size: [tree for tree in random_trees(40, 0) if len(tree) == size] for size in (6, 9)}
    trees = [*by_length[6][:2], by_length[9][0]]
    assert list(truth_of_others(trees, lambda tree: tree.depths, "train").numbers) == [0, 1]


def test_numbers_that_are_always_zero_do_no_harm() -> None:
    trees = random_trees(60, 0)
    states, truth = planted(trees), truth_of(trees, lambda tree: tree.depths)
    states[:, 0] = 0.0
    assert np.isfinite(fit(squared_norms, (states, truth), (states, truth), 8, 50).valid_loss)
