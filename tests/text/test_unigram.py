"""Training of unigram pieces, on known answers."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from embedseq.text.unigram import _Lattice, train_unigram

PIECES = ["a", "b", "ab", "ba", "aba"]
SCORES = np.log([0.3, 0.2, 0.25, 0.15, 0.1])


def segmentations(word: str) -> list[list[str]]:
    """Every way to cut a word into known pieces, spelt out."""
    cuts = range(1, len(word))
    ways = [[0, *chosen, len(word)] for count in range(len(word)) for chosen in combinations(cuts, count)]
    cut = [[word[first:last] for first, last in pairwise(way)] for way in ways]
    return [pieces for pieces in cut if all(piece in PIECES for piece in pieces)]


def test_expected_counts_are_those_of_all_segmentations() -> None:
    words, weights = ["abab", "b", "aba"], np.array([2.0, 5.0, 1.0])
    expected = dict.fromkeys(PIECES, 0.0)
    for word, weight in zip(words, weights, strict=True):
        ways = segmentations(word)
        odds = np.array([np.prod([np.exp(SCORES[PIECES.index(piece)]) for piece in way]) for way in ways])
        for way, share in zip(ways, odds / odds.sum(), strict=True):
            for piece in way:
                expected[piece] += weight * share
    counted = _Lattice.of(words, PIECES).expected(SCORES, weights)
    assert counted == pytest.approx(list(expected.values()))


def test_the_best_segmentation_is_the_likeliest_of_all() -> None:
    words = ["abab", "b", "ababa"]
    best = [max(sum(SCORES[PIECES.index(piece)] for piece in way) for way in segmentations(word)) for word in words]
    assert _Lattice.of(words, PIECES).best(SCORES) == pytest.approx(best)


def test_without_some_edges_is_as_if_built_without_their_pieces() -> None:
    words, kept = ["abab", "aba"], [0, 1, 3]
    whole = _Lattice.of(words, PIECES)
    thinned = whole.only(np.isin(whole.pieces, kept))
    rebuilt = _Lattice.of(words, [PIECES[row] for row in kept])
    weights = np.ones(2)
    assert thinned.expected(SCORES, weights)[kept] == pytest.approx(rebuilt.expected(SCORES[kept], weights))


def test_frequent_words_become_pieces() -> None:
    pieces = dict(train_unigram({"walking": 50, "walked": 50, "talking": 50, "talked": 50, "x": 1}, 24, "walkingedtx"))
    assert len(pieces) <= 24
    assert set("walkingedtx") <= set(pieces)
    assert max((piece for piece in pieces), key=len) in {"walking", "talking", "walked", "talked", "alking"}


def test_probabilities_sum_to_one() -> None:
    pieces = train_unigram({"abab": 9, "aba": 5, "bb": 3}, 6, "ab")
    assert sum(np.exp(score) for _, score in pieces) == pytest.approx(1.0, abs=1e-4)


def test_the_order_of_the_words_does_not_matter() -> None:
    counts = {"walking": 7, "walked": 7, "talking": 7, "talked": 7}
    backwards = dict(reversed(counts.items()))
    assert train_unigram(counts, 20, "walkingedt") == train_unigram(backwards, 20, "walkingedt")
