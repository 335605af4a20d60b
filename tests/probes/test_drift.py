"""Drift: distances by hand, bands of equal mass, unseen words apart, planted moves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedseq.embeddings.handoff import Alignment, align
from embedseq.embeddings.vectors import Vectors
from embedseq.errors import RequestError
from embedseq.probes.drift import cosine_distances, drift
from embedseq.text.vocabulary import SPECIALS, Vocabulary


def handed_over(counts: list[int], dim: int = 8) -> tuple[Alignment, Vocabulary]:
    words = [f"w{row}" for row in range(len(counts))]
    vocabulary = Vocabulary((*SPECIALS, *words), (0, 0, 0, 0, *counts))
    vectors = Vectors(words, np.random.default_rng(0).standard_normal((len(counts), dim)))
    return align(vectors, vocabulary), vocabulary


def test_distances_known_by_heart() -> None:
    first = np.array([[1, 0], [1, 0], [1, 0], [1, 1], [0, 0]], dtype=np.float32)
    second = np.array([[3, 0], [0, 2], [-1, 0], [1, 1], [1, 0]], dtype=np.float32)
    np.testing.assert_allclose(cosine_distances(first, second), [0, 1, 2, 0, 1], atol=1e-12)


def test_vectors_that_stayed_have_a_drift_of_exactly_nought() -> None:
    before, vocabulary = handed_over([9, 5, 2, 0])
    result = drift(before, before.matrix.copy(), vocabulary, 2, "tagger")
    assert {each.value for each in result.measurements} == {0.0}
    assert all(each.drift == 0 for each in result.most_moved)


def test_the_planted_moves_are_found_where_they_were_planted() -> None:
    before, vocabulary = handed_over([100, 50, 50, 1, 1, 0, 0])
    tuned = before.matrix.copy()
    tuned[4] *= -1
    result = drift(before, tuned, vocabulary, 2, "tagger")
    of_all, commonest, rest, unseen = result.measurements
    assert (of_all.part, commonest.part, rest.part) == ("", "band 1 of 2", "band 2 of 2")
    assert of_all.value == pytest.approx(2 / 5)
    assert commonest.value == pytest.approx(2.0)
    assert (rest.value, rest.n) == (0.0, 4)
    assert (unseen.role, unseen.label, unseen.value, unseen.n) == ("control", "words never seen in training", 0.0, 2)
    assert (result.most_moved[0].word, result.most_moved[0].count) == ("w0", 100)
    assert result.most_moved[0].drift == pytest.approx(2.0)


@given(st.lists(st.integers(0, 200), min_size=1, max_size=60), st.integers(1, 8))
def test_bands_share_all_seen_words_by_falling_count_and_about_equal_mass(counts: list[int], bands: int) -> None:
    before, vocabulary = handed_over(sorted(counts, reverse=True), dim=2)
    result = drift(before, before.matrix, vocabulary, bands, "tagger")
    assert sum(band.words for band in result.bands) == sum(count > 0 for count in counts)
    assert sum(band.running_words for band in result.bands) == sum(counts)
    for earlier, later in zip(result.bands, result.bands[1:], strict=False):
        assert earlier.least_count >= later.most_count
    for band in result.bands:
        assert band.running_words <= sum(counts) / bands + max(counts)


def test_words_without_a_handed_over_vector_are_left_out_and_lower_the_coverage() -> None:
    vocabulary = Vocabulary((*SPECIALS, "a", "b"), (0, 0, 0, 0, 5, 5))
    before = align(Vectors(["b"], [[1.0, 0.0]]), vocabulary)
    tuned = np.ones((6, 2), dtype=np.float32)
    result = drift(before, tuned, vocabulary, 1, "tagger")
    assert [each.word for each in result.most_moved] == ["b"]
    assert result.measurements[0].coverage == 0.5
    assert result.measurements[0].value == pytest.approx(1 - np.sqrt(0.5))


def test_tables_of_other_shapes_are_refused() -> None:
    before, vocabulary = handed_over([1, 2])
    with pytest.raises(RequestError, match=r"expected tuned vectors of the shape \(6, 8\)"):
        drift(before, before.matrix[:, :4], vocabulary, 2, "tagger")
