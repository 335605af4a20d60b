"""The hand-off: rows by word, special rows left alone, coverage counted."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from embedseq.embeddings.handoff import align
from embedseq.embeddings.vectors import Vectors
from embedseq.text.vocabulary import SPECIALS, UNK, Vocabulary


def vocabulary_of(**counts: int) -> Vocabulary:
    return Vocabulary(SPECIALS + tuple(counts), (0, 7, 0, 0, *counts.values()))


words = st.lists(st.text(alphabet="abcde", min_size=1, max_size=2), unique=True, max_size=12)


@given(words, words)
def test_row_i_is_the_vector_of_token_i_whatever_the_orders(known: list[str], of_model: list[str]) -> None:
    matrix = np.random.default_rng(0).standard_normal((len(known), 3)).astype(np.float32)
    alignment = align(Vectors(known, matrix), vocabulary_of(**dict.fromkeys(of_model, 1)))
    for row, token in enumerate((*SPECIALS, *of_model)):
        if token in known:
            np.testing.assert_array_equal(alignment.matrix[row], matrix[known.index(token)])
        assert alignment.has_vector[row] == (token in known)
    assert not alignment.matrix[~alignment.has_vector].any()


def test_vectors_called_like_special_tokens_are_not_used() -> None:
    alignment = align(Vectors([*SPECIALS, "city"], np.ones((5, 2))), vocabulary_of(city=3))
    assert alignment.has_vector.tolist() == [False, False, False, False, True]
    assert not alignment.matrix[UNK].any()


def test_coverage_counts_types_running_words_and_names_what_is_missing() -> None:
    vocabulary = vocabulary_of(the=50, zebra=5, city=20, tram=5)
    coverage = align(Vectors(["the", "city", "elsewhere"], np.ones((3, 2))), vocabulary).coverage
    assert (coverage.types, coverage.types_with_vector) == (4, 2)
    assert (coverage.tokens, coverage.tokens_with_vector) == (87, 70)
    assert coverage.commonest_missing == (("zebra", 5), ("tram", 5))
