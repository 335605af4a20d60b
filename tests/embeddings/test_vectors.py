"""Tables of vectors: queries with known answers, files, what is loaded, and the collapse check."""

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from embedseq.embeddings.vectors import UnknownWordError, Vectors, mean_cosine, rounded_mean_cosine
from embedseq.errors import InputError


def compass() -> Vectors:
    return Vectors(
        ["north", "east", "south", "far-north", "north-east", "east-too"],
        [[0, 1], [1, 0], [0, -1], [0, 9], [1, 1], [2, 0]],
    )


def test_neighbours_come_by_cosine_without_the_word_itself() -> None:
    found = compass().most_similar("north", top=3)
    assert [each.word for each in found] == ["far-north", "north-east", "east"]
    assert [each.similarity for each in found] == pytest.approx([1.0, math.sqrt(0.5), 0.0])


def test_equal_cosines_stand_in_the_order_of_the_words() -> None:
    vectors = Vectors([f"w{row}" for row in range(2000)], np.tile(np.random.default_rng(0).random(33), (2000, 1)))
    assert [each.word for each in vectors.most_similar("w2", top=4)] == ["w0", "w1", "w3", "w4"]


def test_top_beyond_the_table_gives_all_other_words() -> None:
    assert len(compass().most_similar("north", top=100)) == 5


def test_a_row_of_zeros_is_similar_to_nothing() -> None:
    vectors = Vectors(["a", "zero"], [[1, 2], [0, 0]])
    assert vectors.similarity("a", "zero") == 0
    assert vectors.most_similar("zero")[0].similarity == 0


def test_similarity_is_what_most_similar_reports() -> None:
    rng = np.random.default_rng(0)
    vectors = Vectors([f"w{row}" for row in range(50)], rng.standard_normal((50, 17)))
    for neighbour in vectors.most_similar("w7", top=49):
        assert vectors.similarity("w7", neighbour.word) == pytest.approx(neighbour.similarity, abs=1e-6)


def test_rows_are_found_by_word() -> None:
    vectors = compass()
    np.testing.assert_array_equal(vectors["far-north"], [0, 9])
    assert "east" in vectors
    assert "west" not in vectors
    assert (len(vectors), vectors.dim) == (6, 2)


def test_unknown_word_names_near_spellings_and_asks_for_exit_code_two() -> None:
    with pytest.raises(UnknownWordError, match=r"'nroth' is not among the 6 words.*Near spellings: north") as caught:
        compass().most_similar("nroth")
    assert caught.value.near == ("north",)
    assert caught.value.exit_code == 2


def test_nothing_near_is_said_too() -> None:
    with pytest.raises(UnknownWordError, match="No word is spelt nearly like it"):
        compass()["zzzzzz"]


@pytest.mark.parametrize(("words", "matrix"), [(["a"], [[1.0], [2.0]]), (["a", "a"], [[1.0], [2.0]]), (["a"], [1.0])])
def test_words_and_rows_must_match(words: list[str], matrix: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="word"):
        Vectors(words, matrix)


@given(
    st.lists(st.text(max_size=6), unique=True, min_size=1, max_size=6).flatmap(
        lambda words: st.tuples(
            st.just(words), arrays.arrays(np.float32, (len(words), 3), elements=st.floats(-9, 9, width=32, allow_nan=False))
        )
    )
)
def test_vectors_come_back_from_disk_as_they_were_with_equal_bytes(
    tmp_path_factory: pytest.TempPathFactory, table: tuple[list[str], np.ndarray]
) -> None:
    folder = tmp_path_factory.mktemp("vectors")
    Vectors(*table).save(folder / "first.v1")
    Vectors(*table).save(folder / "second.v1")
    loaded = Vectors.load(folder / "first.v1")
    assert loaded.words == tuple(table[0])
    assert loaded.matrix.tobytes() == table[1].tobytes()
    for kind in ("safetensors", "words.json"):
        assert (folder / f"first.v1.{kind}").read_bytes() == (folder / f"second.v1.{kind}").read_bytes()


@pytest.mark.parametrize("spoilt", ["x.safetensors", "x.words.json"])
def test_spoilt_files_are_refused_by_name(tmp_path: Path, spoilt: str) -> None:
    compass().save(tmp_path / "x")
    (tmp_path / spoilt).write_bytes(b"[]")
    with pytest.raises(InputError, match=r"x\.safetensors: expected vectors"):
        Vectors.load(tmp_path / "x")


def test_missing_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.safetensors"):
        Vectors.load(tmp_path / "nothing")


def test_mean_cosine_is_that_of_all_pairs() -> None:
    matrix = np.random.default_rng(0).standard_normal((30, 8)) + 0.3
    unit = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    pairs = [unit[i] @ unit[j] for i in range(30) for j in range(i)]
    assert mean_cosine(Vectors([str(row) for row in range(30)], matrix)) == pytest.approx(np.mean(pairs), abs=1e-6)


def test_mean_cosine_tells_collapsed_vectors_from_spread_ones() -> None:
    noise = np.random.default_rng(0).standard_normal((500, 50))
    words = [str(row) for row in range(500)]
    assert mean_cosine(Vectors(words, noise)) == pytest.approx(0, abs=0.02)
    assert mean_cosine(Vectors(words, noise + 4)) == pytest.approx(0.94, abs=0.02)


def test_one_word_has_no_mean_cosine() -> None:
    assert mean_cosine(Vectors(["one"], [[1.0]])) is None
    assert rounded_mean_cosine(Vectors(["one"], [[1.0]])) is None
    assert rounded_mean_cosine(Vectors(["one", "two"], [[1, 0], [2, 1]])) == 0.8944


def test_queries_load_neither_torch_nor_gensim_nor_scipy() -> None:
    code = (
        "import sys; from embedseq.embeddings.vectors import Vectors; Vectors(['a', 'b'], [[1, 0], [1, 1]]).most_similar('a');"
        "print([name for name in ('torch', 'gensim', 'scipy', 'sklearn') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"


def test_loaded_vectors_are_mapped_and_writing_to_them_changes_no_file(tmp_path: Path) -> None:
    compass().save(tmp_path / "x")
    before = (tmp_path / "x.safetensors").read_bytes()
    loaded = Vectors.load(tmp_path / "x")
    loaded.matrix[:] = 7
    assert (tmp_path / "x.safetensors").read_bytes() == before


def test_vectors_can_be_saved_over_the_file_that_they_are_mapped_from(tmp_path: Path) -> None:
    compass().save(tmp_path / "x")
    loaded = Vectors.load(tmp_path / "x")
    loaded.save(tmp_path / "x")
    np.testing.assert_array_equal(loaded.matrix, compass().matrix)
    np.testing.assert_array_equal(Vectors.load(tmp_path / "x").matrix, compass().matrix)


def test_a_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    compass().save(tmp_path / "x")
    whole = (tmp_path / "x.safetensors").read_bytes()
    for length in (0, 5, 40, len(whole) - 4):
        (tmp_path / "x.safetensors").write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"x\.safetensors: expected vectors"):
            Vectors.load(tmp_path / "x")


def test_many_words_are_answered_as_one_by_one() -> None:
    vectors = compass()
    assert vectors.most_similar_to_each(["east", "north"], top=3) == [vectors.most_similar(word, 3) for word in ("east", "north")]


def test_vectors_that_hold_no_numbers_are_refused() -> None:
    with pytest.raises(InputError, match="row 1 holds what is no finite number"):
        Vectors(["a", "b"], [[1, 2], [np.nan, 0]]).most_similar("a")
