"""The exact search: the same answer as double precision over all rows, whatever the size of the batch, ties and odd rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from embedseq.embeddings import nearest
from embedseq.embeddings.nearest import Nearest, NearestRows
from embedseq.errors import InputError


def brute_force(matrix: np.ndarray, query: np.ndarray, top: int, without: int | None) -> tuple[list[int], list[float]]:
    """All cosines in double precision, one at a time; equals (to twelve decimals) by row."""
    rows = matrix.astype(np.float64)
    wanted = query.astype(np.float64)
    norms = [float(np.sqrt((row * row).sum())) * float(np.sqrt((wanted * wanted).sum())) for row in rows]
    cosines = [round(float((row * wanted).sum()) / norm, 12) if norm else 0.0 for row, norm in zip(rows, norms, strict=True)]
    order = sorted((row for row in range(len(rows)) if row != without), key=lambda row: (-cosines[row], row))[:top]
    return order, [cosines[row] for row in order]


def same(found: Nearest, matrix: np.ndarray, query: np.ndarray, top: int, without: int | None) -> None:
    rows, cosines = brute_force(matrix, query, top, without)
    assert found.rows.tolist() == rows
    assert found.cosines.tolist() == pytest.approx(cosines, abs=3e-12)


def clustered(rows: int, width: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((20, width))
    return (centres[rng.integers(0, 20, rows)] + 0.1 * rng.standard_normal((rows, width))).astype(np.float32)


@pytest.mark.parametrize("top", [1, 10, 3000, 6000])
@pytest.mark.parametrize("queries", [1, 7, 300])
def test_the_answer_is_that_of_double_precision(queries: int, top: int) -> None:
    matrix = clustered(5000, 17)
    asked = np.arange(queries) * 13
    answers = NearestRows(matrix).of(matrix[asked], top, without=asked)
    for number in {0, queries // 2, queries - 1}:
        same(answers[number], matrix, matrix[asked[number]], top, int(asked[number]))


def test_cosines_nearer_than_single_precision_can_tell_stand_in_the_true_order() -> None:
    """Rows that lean away from the query by steps of 1e-9 in the cosine, shuffled: single precision sees them all alike."""
    rng = np.random.default_rng(3)
    lean = rng.permutation(2000)
    matrix = np.zeros((2000, 40), dtype=np.float32)
    matrix[:, 0], matrix[:, 1] = 1, np.sqrt(2e-9 * (lean + 1))
    query = np.eye(40, dtype=np.float32)[0]
    found = NearestRows(matrix).of(query[None], 50)[0]
    assert lean[found.rows].tolist() == list(range(50))


def test_one_by_one_and_in_batches_the_bits_are_the_same() -> None:
    matrix = clustered(3000, 33)
    search, asked = NearestRows(matrix), np.arange(0, 3000, 7)
    together = search.of(matrix[asked], 10, without=asked)
    for each, row in zip(together, asked, strict=True):
        alone = search.of(matrix[[row]], 10, without=np.array([row]))[0]
        assert alone.rows.tobytes() == each.rows.tobytes()
        assert alone.cosines.tobytes() == each.cosines.tobytes()


def test_queries_need_not_be_rows() -> None:
    matrix, query = clustered(500, 9), np.random.default_rng(1).standard_normal(9).astype(np.float32)
    same(NearestRows(matrix).of(query[None], 5)[0], matrix, query, 5, None)


@settings(deadline=None, max_examples=150)
@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 40), st.integers(1, 5)),
        elements=st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 3.0]),
    ),
    st.integers(1, 12),
)
def test_ties_and_rows_of_zeros_stand_in_the_order_of_the_rows(matrix: np.ndarray, top: int) -> None:
    asked = np.arange(len(matrix))
    for row, found in zip(asked, NearestRows(matrix).of(matrix, top, without=asked), strict=True):
        same(found, matrix, matrix[row], top, int(row))


@pytest.mark.parametrize("scale", [1e-44, 1e-36, 1e-25, 1e25, 3e37])
def test_rows_of_extreme_lengths_are_found_as_others_are(scale: float) -> None:
    matrix = clustered(400, 6)
    matrix[::3] *= np.float32(scale) / np.abs(matrix[::3]).max()
    asked = np.array([0, 1, 3, 200])
    for row, found in zip(asked, NearestRows(matrix).of(matrix[asked], 10, without=asked), strict=True):
        same(found, matrix, matrix[row], 10, int(row))


def test_more_equal_rows_than_memory_should_hold_are_searched_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "_MOST", 200)
    matrix = np.tile(np.float32([1, 2, 3]), (900, 1))
    matrix[::2] = clustered(450, 3)
    matrix[17] = 0
    asked = np.array([1, 2, 17, 899])
    for row, found in zip(asked, NearestRows(matrix).of(matrix[asked], 10, without=asked), strict=True):
        same(found, matrix, matrix[row], 10, int(row))


@pytest.mark.parametrize("spoilt", [np.nan, np.inf])
def test_what_is_no_number_is_refused_with_its_row(spoilt: float) -> None:
    matrix = clustered(50, 4)
    matrix[31, 2] = spoilt
    with pytest.raises(InputError, match="row 31 holds what is no finite number"):
        NearestRows(matrix).of(matrix[:1], 3)


def test_beside_the_matrix_one_number_a_row_is_held() -> None:
    search = NearestRows(clustered(1000, 30))
    search.of(search.matrix[:3], 5)
    kept = [each for value in vars(search).values() for each in (value if isinstance(value, tuple) else (value,))]
    held = [value for value in kept if isinstance(value, np.ndarray) and value is not search.matrix]
    assert sum(value.nbytes for value in held) == 4 * 1000


def test_a_row_of_extreme_length_does_not_hide_what_is_nearer() -> None:
    matrix = np.array([[1, 0], [-1e31, 1e30], [-0.2, 1], [-0.3, 1]], dtype=np.float32)
    (found,) = NearestRows(matrix).of(matrix[:1], 1, np.array([0]))
    assert found.rows.tolist() == [2]
