"""Vectors from the files of other tools: word2vec's text and binary formats, and GloVe's text; plain or gzip."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import numpy as np

from embedseq.embeddings.binary import Table, read_binary, read_header
from embedseq.embeddings.settings import VectorFileSettings
from embedseq.embeddings.table import LONGEST_VECTOR, CheckedTable, GrowingTable, parse_counts
from embedseq.embeddings.vectors import Vectors
from embedseq.errors import InputError

_LONGEST_LINE = 30_000_000
"""In bytes; a file without line ends would otherwise end up in memory as a whole."""


def load_vectors(settings: VectorFileSettings, path: Path) -> Vectors:
    """Read the vectors of `path`, the first `settings.limit` of them if there is a limit.

    InputError, with file and line (or the number of the vector in a binary file), for whatever is not as the format says: numbers
    missing or too many, words twice, values that are no finite numbers, text that is not UTF-8, a file that ends early.
    """
    return _read(settings, path, GrowingTable).vectors()


def check_vectors(settings: VectorFileSettings, path: Path) -> None:
    """Read what `load_vectors` would read, and raise what it would raise; words are kept on the way, their numbers are not."""
    _read(settings, path, CheckedTable)


def vector_width(settings: VectorFileSettings, path: Path) -> int:
    """The length of the vectors of `path`, from its first line alone; InputError as `load_vectors` has for that line."""
    with _opened(path) as file:
        if settings.format == "word2vec-binary":
            return read_header(file, path)[1]
        where = f"{path}:1"
        line = _decoded(file.readline(_LONGEST_LINE + 1), where)
        return _header(line, where)[1] if settings.format == "word2vec-text" else _first_dim(line, where)


def _read(settings: VectorFileSettings, path: Path, new_table: Callable[[int], Table]) -> Table:
    with _opened(path) as file:
        if settings.format == "word2vec-binary":
            return read_binary(file, path, settings.limit, new_table)
        return _read_text(file, path, settings, new_table)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked if they begin as gzip does, whatever the file is called."""
    try:
        with path.open("rb") as plain:
            packed = plain.peek(2)[:2] == b"\x1f\x8b"
            if not packed:
                yield plain
                return
            with gzip.open(plain) as unpacked:
                yield cast(IO[bytes], unpacked)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path}: expected a whole gzip file, found a damaged one ({error}). Fetch it again.") from error
    except OSError as error:
        raise InputError(f"{path}: expected a file of vectors, but it cannot be read: {error.strerror or error}.") from error


def _read_text(file: IO[bytes], path: Path, settings: VectorFileSettings, new_table: Callable[[int], Table]) -> Table:
    """One vector a line: the word, then its numbers, with single spaces between. The word may hold spaces itself."""
    limit, has_header = settings.limit, settings.format == "word2vec-text"
    promised: int | None = None
    table: Table | None = None
    for number, raw in enumerate(iter(lambda: file.readline(_LONGEST_LINE + 1), b""), start=1):
        where = f"{path}:{number:,}"
        line = _decoded(raw, where)
        if number == 1 and has_header:
            promised, dim = _header(line, where)
            table = new_table(dim)
            continue
        if table is None:
            table = new_table(_first_dim(line, where))
        if limit is not None and len(table) == limit:
            break
        if len(table) == promised:
            raise InputError(f"{where}: expected the end of the file, since line 1 promises {promised:,} vectors; found more.")
        table.add(*_split(line, table.dim, where), where)
    if table is None or len(table) == 0:
        raise InputError(f"{path}: expected vectors, found none.")
    if promised is not None and len(table) < min(promised, limit or promised):
        raise InputError(
            f"{path}: expected {promised:,} vectors, as line 1 promises, found {len(table):,}: the file is not whole."
        )
    return table


def _decoded(raw: bytes, where: str) -> str:
    if len(raw) > _LONGEST_LINE:
        raise InputError(f"{where}: expected one vector a line, found a line of more than {_LONGEST_LINE:,} bytes.")
    try:
        return raw.decode("utf-8").rstrip("\r\n").rstrip(" ")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{where}: expected UTF-8 text, found the byte {raw[error.start]:#04x} (is it a binary file?)."
        ) from error


def _header(line: str, where: str) -> tuple[int, int]:
    """The number of vectors and their length from the first line of a word2vec file."""
    counts = parse_counts(line)
    if counts is None:
        raise InputError(
            f"{where}: expected the number of vectors and their length (at most {LONGEST_VECTOR:,}), found {line[:60]!r}. "
            "Without such a line it is format: glove."
        )
    return counts


def _first_dim(line: str, where: str) -> int:
    """The length of the vectors of a GloVe file: as many numbers as its first line ends with, at least one word before them."""
    fields = line.split(" ")
    dim = len(fields) - 1
    if dim == 1 and all(field.isdecimal() for field in fields):
        raise InputError(f"{where}: expected a word and its numbers, found {line!r}, which is how format: word2vec-text begins.")
    if dim < 1:
        raise InputError(f"{where}: expected a word and its numbers, found {line[:60]!r}.")
    return dim


def _split(line: str, dim: int, where: str) -> tuple[str, np.ndarray]:
    """The word and the vector (D,) of a line."""
    word, *fields = line.rsplit(" ", dim)
    if len(fields) < dim:
        raise InputError(f"{where}: expected a word and {dim} numbers, found {len(fields) + bool(word)} fields.")
    try:
        numbers = np.array([float(field) for field in fields])
    except ValueError as error:
        raise InputError(f"{where}: expected {dim} numbers after the word {word[:40]!r}, found: {error}.") from error
    with np.errstate(over="ignore"):  # what is too large for single precision is refused as infinite
        return word, numbers.astype(np.float32)
