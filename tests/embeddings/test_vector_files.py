"""Files of other tools: what gensim writes is read back exactly; what is wrong is refused with its place."""

import gzip
import re
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gensim.models.keyedvectors import KeyedVectors

from embedseq.embeddings.files import check_vectors, load_vectors, vector_width
from embedseq.embeddings.settings import VectorFileSettings
from embedseq.errors import InputError

WORDS = ["the", "Straße", "北京", "New York", "</s>", "non\u00a0breaking", "line\u2028parting"]
MATRIX = np.random.default_rng(0).standard_normal((len(WORDS), 6)).astype(np.float32)


def load(path: Path, format: Any, limit: int | None = None) -> Any:
    """The vectors; whether the file is checked or loaded, the same is said of it."""
    settings = VectorFileSettings(file=str(path), format=format, limit=limit)
    try:
        check_vectors(settings, path)
    except InputError as error:
        with pytest.raises(InputError, match=f"^{re.escape(str(error))}$"):
            load_vectors(settings, path)
        raise
    return load_vectors(settings, path)


def written_by_gensim(path: Path, format: str) -> Path:
    keyed = KeyedVectors(6)
    keyed.add_vectors(WORDS, MATRIX)
    keyed.save_word2vec_format(str(path), binary=format == "word2vec-binary", write_header=format != "glove", sort_attr="none")
    return path


FORMATS = ["word2vec-text", "word2vec-binary", "glove"]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("format", FORMATS)
def test_what_gensim_writes_is_read_exactly(tmp_path: Path, format: str, packed: bool) -> None:
    path = written_by_gensim(tmp_path / "vectors", format)
    if packed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    vectors = load(path, format)
    assert list(vectors.words) == WORDS
    np.testing.assert_array_equal(vectors.matrix, MATRIX)


@pytest.mark.parametrize("format", FORMATS)
def test_limit_reads_only_the_first(tmp_path: Path, format: str) -> None:
    vectors = load(written_by_gensim(tmp_path / "vectors", format), format, limit=4)
    assert list(vectors.words) == WORDS[:4]
    np.testing.assert_array_equal(vectors.matrix, MATRIX[:4])


@pytest.mark.parametrize("format", FORMATS)
def test_a_limit_beyond_the_file_reads_it_all(tmp_path: Path, format: str) -> None:
    assert len(load(written_by_gensim(tmp_path / "vectors", format), format, limit=100)) == len(WORDS)


def binary(words: list[str], matrix: np.ndarray, after: bytes = b"") -> bytes:
    records = [word.encode() + b" " + row.astype("<f4").tobytes() + after for word, row in zip(words, matrix, strict=True)]
    return b"%d %d\n" % matrix.shape + b"".join(records)


def test_google_style_binary_with_line_ends_is_read(tmp_path: Path) -> None:
    (tmp_path / "v.bin").write_bytes(binary(WORDS, MATRIX, after=b"\n"))
    vectors = load(tmp_path / "v.bin", "word2vec-binary")
    assert list(vectors.words) == WORDS
    np.testing.assert_array_equal(vectors.matrix, MATRIX)


def test_numbers_that_look_like_spaces_and_line_ends_do_not_confuse_the_binary_reader(tmp_path: Path) -> None:
    tricky = np.frombuffer(b" \n  \n\n\n  a b" * 4, dtype="<f4").reshape(4, 3)
    words = ["a b", "c", "d e f", "g"]
    for after in (b"", b"\n"):
        (tmp_path / "v.bin").write_bytes(binary(words[1:2] + words[3:], tricky[:2], after))
        vectors = load(tmp_path / "v.bin", "word2vec-binary")
        assert list(vectors.words) == ["c", "g"]
        np.testing.assert_array_equal(vectors.matrix, tricky[:2])


def test_many_binary_words_with_spaces_are_all_found(tmp_path: Path) -> None:
    words = [f"word {row} of {row * 7919 % 1000}" for row in range(3000)]
    matrix = np.random.default_rng(1).standard_normal((3000, 10)).astype(np.float32)
    (tmp_path / "v.bin").write_bytes(binary(words, matrix))
    vectors = load(tmp_path / "v.bin", "word2vec-binary")
    assert list(vectors.words) == words
    np.testing.assert_array_equal(vectors.matrix, matrix)


@pytest.mark.parametrize("format", FORMATS)
def test_width_is_read_from_the_first_line(tmp_path: Path, format: Any) -> None:
    path = written_by_gensim(tmp_path / "vectors", format)
    assert vector_width(VectorFileSettings(file=str(path), format=format), path) == 6
    (tmp_path / "spoilt").write_text("\n")
    with pytest.raises(InputError, match="spoilt:1: expected"):
        vector_width(VectorFileSettings(file="spoilt", format=format), tmp_path / "spoilt")


BAD_TEXT = {
    "no header": ("a 1 2\nb 3 4\n", r"v:1: expected the number of vectors.*format: glove"),
    "too few numbers": ("2 3\na 1 2 3\nb 1 2\n", r"v:3: expected a word and 3 numbers, found 3 fields"),
    "not a number": ("1 2\na 1 x\n", r"v:2: expected 2 numbers after the word 'a', found.*'x'"),
    "not finite": ("1 2\na 1 nan\n", r"v:2: expected finite numbers for 'a', found nan"),
    "overflow": ("1 2\na 1 1e99\n", r"v:2: expected finite numbers"),
    "word twice": ("3 1\na 1\nb 1\na 2\n", r"v:4: 'a' has a vector already \(.*v:2\)"),
    "no word": ("1 2\n 1 2\n", r"v:2: expected a word before the numbers"),
    "empty line": ("2 1\na 1\n\n", r"v:3: expected a word and 1 numbers"),
    "too few lines": ("3 1\na 1\nb 1\n", r"v: expected 3 vectors, as line 1 promises, found 2"),
    "too many lines": ("1 1\na 1\nb 1\n", r"v:3: expected the end of the file"),
    "empty": ("", r"v: expected vectors, found none"),
    "header alone": ("0 5\n", r"v: expected vectors, found none"),
    "numbers of a thousand digits": (f"{'9' * 5000} {'9' * 5000}\n", r"v:1: expected the number of vectors"),
    "dimension nought": ("1 0\na\n", r"v:1: expected the number of vectors"),
}


@pytest.mark.parametrize("case", BAD_TEXT)
def test_bad_text_is_refused_with_its_line(tmp_path: Path, case: str) -> None:
    content, message = BAD_TEXT[case]
    (tmp_path / "v").write_text(content)
    with pytest.raises(InputError, match=message):
        load(tmp_path / "v", "word2vec-text")


BAD_GLOVE = {
    "header": ("2 3\na 1 2 3\n", r"v:1: .*format: word2vec-text"),
    "one field": ("word\n", r"v:1: expected a word and its numbers, found 'word'"),
    "shorter line": ("a 1 2 3\nb 1\n", r"v:2: expected a word and 3 numbers"),
}


@pytest.mark.parametrize("case", BAD_GLOVE)
def test_bad_glove_is_refused_with_its_line(tmp_path: Path, case: str) -> None:
    content, message = BAD_GLOVE[case]
    (tmp_path / "v").write_text(content)
    with pytest.raises(InputError, match=message):
        load(tmp_path / "v", "glove")


def test_a_glove_word_with_a_space_is_read_where_the_first_line_has_none(tmp_path: Path) -> None:
    (tmp_path / "v").write_text("the 1 2\n. . . 3 4\r\n")
    assert load(tmp_path / "v", "glove").words == ("the", ". . .")


def test_text_that_is_not_utf8_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "v").write_bytes(b"2 1\na 1\n\xff\xfe 1\n")
    with pytest.raises(InputError, match=r"v:3: expected UTF-8 text, found the byte 0xff"):
        load(tmp_path / "v", "word2vec-text")


WHOLE = binary(["a", "b"], np.ones((2, 4), dtype=np.float32))
BAD_BINARY = {
    "cut short": (WHOLE[:-3], r"v: vector 2 of 2: expected a word"),
    "more than promised": (WHOLE + b"xyz 1", r"v: expected the end of the file after 2 vectors, found more"),
    "no header": (WHOLE[4:], r"v:1: expected the number of vectors"),
    "empty": (b"", r"v:1: expected the number of vectors"),
    "not finite": (b"1 1\na " + struct.pack("<f", float("inf")), r"v: vector 1 of 1: .*finite"),
    "word twice": (binary(["a", "a"], np.ones((2, 4))), r"v: vector 2: 'a' has a vector already \(.*vector 1\)"),
    "text": (b"2 3\nword 1.25 2.25 3.25\nother 3.25 4.25 5.25\n", r"v: (vector|expected)"),
    "huge promises": (b"999999999999 999999999999\na ", r"v:1: expected .* length \(at most 1,000,000\)"),
    "endless": (b"99999 9999999999999999999999999999\n", r"v:1: expected the number of vectors"),
}


@pytest.mark.parametrize("case", BAD_BINARY)
def test_bad_binary_is_refused_with_the_vector(tmp_path: Path, case: str) -> None:
    content, message = BAD_BINARY[case]
    (tmp_path / "v").write_bytes(content)
    with pytest.raises(InputError, match=message):
        load(tmp_path / "v", "word2vec-binary")


def test_a_damaged_gzip_file_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress(b"1000 1\n" + b"".join(b"w%d 1\n" % row for row in range(1000)))
    (tmp_path / "v.gz").write_bytes(packed[:-40])
    with pytest.raises(InputError, match=r"v\.gz: expected a whole gzip file"):
        load(tmp_path / "v.gz", "word2vec-text")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        load(tmp_path / "v", "glove")


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("seed", range(5))
def test_random_bytes_are_refused(tmp_path: Path, format: str, seed: int) -> None:
    (tmp_path / "v").write_bytes(np.random.default_rng(seed).bytes(5000))
    with pytest.raises(InputError):
        load(tmp_path / "v", format)


def test_a_text_file_without_line_ends_is_not_read_into_memory(tmp_path: Path) -> None:
    with (tmp_path / "v").open("wb") as file:
        file.seek(200_000_000)
        file.write(b"\n")
    tracemalloc.start()
    with pytest.raises(InputError, match=r"v:1: expected one vector a line, found a line of more than"):
        check_vectors(VectorFileSettings(file="v", format="glove"), tmp_path / "v")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6


@pytest.mark.parametrize("format", FORMATS)
def test_a_check_keeps_no_numbers(tmp_path: Path, format: Any) -> None:
    keyed = KeyedVectors(200)
    keyed.add_vectors([f"w{row}" for row in range(500)], np.random.default_rng(0).standard_normal((500, 200)).astype(np.float32))
    path = tmp_path / "v"
    keyed.save_word2vec_format(str(path), binary=format == "word2vec-binary", write_header=format != "glove")
    settings = VectorFileSettings(file="v", format=format)
    peaks = []
    for read in (check_vectors, load_vectors):
        tracemalloc.start()
        read(settings, path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    matrix = 500 * 200 * 4
    assert peaks[0] < matrix < peaks[1]
