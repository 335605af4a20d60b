"""Random tables: what they keep of a table, and what they do not."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from embedseq.embeddings.vectors import Vectors
from embedseq.probes.random_vectors import norm_matched, permuted


def table(words: int, dim: int, seed: int = 0) -> Vectors:
    rng = np.random.default_rng(seed)
    return Vectors([f"w{row}" for row in range(words)], rng.standard_normal((words, dim)) * rng.random((words, 1)))


@given(st.integers(1, 40), st.integers(1, 16), st.integers(0, 2**32 - 1))
def test_random_vectors_have_the_words_and_their_norms(words: int, dim: int, seed: int) -> None:
    own = table(words, dim)
    random = norm_matched(own, seed)
    assert random.words == own.words
    np.testing.assert_allclose(np.linalg.norm(random.matrix, axis=1), np.linalg.norm(own.matrix, axis=1), rtol=1e-5)


@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_permuted_vectors_are_the_same_vectors(words: int, seed: int) -> None:
    own = table(words, 3)
    assert sorted(map(tuple, permuted(own, seed).matrix.tolist())) == sorted(map(tuple, own.matrix.tolist()))
    assert permuted(own, seed).words == own.words


def test_the_same_seed_gives_the_same_bytes_and_another_one_others() -> None:
    own = table(30, 8)
    for make in (norm_matched, permuted):
        assert make(own, 1).matrix.tobytes() == make(own, 1).matrix.tobytes() != make(own, 2).matrix.tobytes()


def test_random_directions_know_nothing_of_the_own_ones_nor_of_each_other() -> None:
    own = table(4000, 20)
    random = norm_matched(own, 3)
    assert abs(np.einsum("nd,nd->n", own.unit, random.unit).mean()) < 4 / np.sqrt(4000 * 20)
    assert np.linalg.norm(random.unit.mean(axis=0)) < 0.03


def test_a_word_without_length_stays_without_and_no_words_are_no_trouble() -> None:
    assert not norm_matched(Vectors(["a"], [[0.0, 0.0]]), 1).matrix.any()
    for make in (norm_matched, permuted):
        assert len(make(Vectors([], np.zeros((0, 3))), 1)) == 0
