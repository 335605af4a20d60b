"""How well predicted distances and depths are those of a dependency tree: spanning trees, roots and rank correlations.

As Hewitt and Manning 2019, section 4.1, score them. Everything returns items (S, 2), one row a sentence, whose statistic is the
ratio of the sums of the columns.
"""

from collections.abc import Sequence

import numpy as np

from embedseq.probes.material import Ints
from embedseq.statistics.bootstrap import Floats, spearman
from embedseq.text.trees import ROOT, Tree

SHORTEST, LONGEST = 5, 50
"""Rank correlations are taken of sentences of so many words."""
Arcs = set[tuple[int, int]]
"""Pairs of places, the lower first, counted from 0."""


def chain_distances(tree: Tree) -> Floats:
    """(n, n): |i - j|, the distances where each word hangs on the one before it."""
    places = np.arange(len(tree), dtype=np.float64)
    return np.abs(places[:, None] - places[None, :])


def chain_depths(tree: Tree) -> Floats:
    """(n,): i, the depths where each word hangs on the one before it."""
    return np.arange(len(tree), dtype=np.float64)


def words_of(tree: Tree) -> Ints:
    """The places of the words that are not punctuation."""
    return np.array([place for place, tag in enumerate(tree.upos) if tag != "PUNCT"], dtype=np.int64)


def gold_arcs(tree: Tree) -> Arcs:
    """The arcs between words, directions forgotten; those from or to punctuation are left out."""
    words = set(words_of(tree).tolist())
    pairs = ((place, head - 1) for place, head in enumerate(tree.heads) if head != ROOT)
    return {(min(pair), max(pair)) for pair in pairs if words.issuperset(pair)}


def spanning_arcs(distances: Floats) -> Arcs:
    """The minimum spanning tree of n points at the distances (n, n), by Prim's algorithm; ties go to the lower place."""
    count = len(distances)
    if count == 0:
        return set()
    nearest, closest = np.zeros(count, dtype=np.int64), distances[0].copy()
    closest[0] = np.inf
    outside = np.ones(count, dtype=np.bool_)
    outside[0] = False
    arcs: Arcs = set()
    while outside.any():
        new = int(np.argmin(closest))
        arcs.add((min(new, int(nearest[new])), max(new, int(nearest[new]))))
        outside[new] = False
        nearer = outside & (distances[new] < closest)
        nearest[nearer], closest[nearer], closest[new] = new, distances[new][nearer], np.inf
    return arcs


def attachment_items(predicted: Sequence[Floats], trees: Sequence[Tree]) -> Floats:
    """UUAS: (gold arcs that the minimum spanning tree of the predicted distances has, gold arcs), punctuation left out."""
    items = np.zeros((len(trees), 2))
    for row, (distances, tree) in enumerate(zip(predicted, trees, strict=True)):
        words, gold = words_of(tree), gold_arcs(tree)
        found = {(int(words[one]), int(words[other])) for one, other in spanning_arcs(distances[np.ix_(words, words)])}
        items[row] = len(found & gold), len(gold)
    return items


def distance_rank_items(predicted: Sequence[Floats], trees: Sequence[Tree]) -> Floats:
    """DSpr: (the mean over words of Spearman's ρ of predicted and true distances from that word to all, 1), (0, 0) for a sentence
    shorter than 5 or longer than 50 words."""
    return _rank_items(predicted, [tree.distances for tree in trees])


def depth_rank_items(predicted: Sequence[Floats], trees: Sequence[Tree]) -> Floats:
    """NSpr: (Spearman's ρ of predicted and true depths, 1), (0, 0) for a sentence shorter than 5 or longer than 50 words."""
    return _rank_items(predicted, [tree.depths for tree in trees])


def root_items(predicted: Sequence[Floats], trees: Sequence[Tree]) -> Floats:
    """Root accuracy: (whether the word of the least predicted depth is the root, 1); punctuation is no candidate. (0, 0) where
    the root itself is punctuation."""
    items = np.zeros((len(trees), 2))
    for row, (depths, tree) in enumerate(zip(predicted, trees, strict=True)):
        if tree.upos[tree.root] != "PUNCT":
            words = words_of(tree)
            items[row] = words[np.argmin(depths[words])] == tree.root, 1
    return items


def mean_over_lengths(items: Floats, trees: Sequence[Tree]) -> float:
    """The paper's mean of rank correlations: sentences of each length are averaged first, then the lengths. NaN for none."""
    lengths = np.array([len(tree) for tree in trees])
    means = [items[lengths == length, 0].mean() for length in np.unique(lengths[items[:, 1] > 0])]
    return float(np.mean(means)) if means else float("nan")


def _rank_items(predicted: Sequence[Floats], gold: Sequence[Ints]) -> Floats:
    """A prediction that is the same everywhere ranks nothing: its ρ counts as 0."""
    items = np.zeros((len(gold), 2))
    for row, (one, other) in enumerate(zip(predicted, gold, strict=True)):
        if SHORTEST <= len(other) <= LONGEST:
            items[row] = np.nan_to_num(spearman(np.stack([one, other.astype(np.float64)], axis=-1))).mean(), 1
    return items
