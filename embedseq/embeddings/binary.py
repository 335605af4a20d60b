"""word2vec's binary format: a first line of counts; then each word, a space, and its numbers as little-endian float32.

Google's tool puts a line end after each vector, gensim does not. A word ends at a space, so a word that holds one is ambiguous:
it is read as the shortest word after which the next bytes still make sense as numbers and the next word.
"""

from collections.abc import Callable
from pathlib import Path
from typing import IO, TypeVar

import numpy as np
from numpy.typing import NDArray

from embedseq.embeddings.table import LONGEST_VECTOR, CheckedTable, parse_counts
from embedseq.errors import InputError

Table = TypeVar("Table", bound=CheckedTable)

_BLOCK = 1 << 16
_LONGEST_WORD = 1000
"""In bytes; a longer one means that the file is not what it should be."""


_SMALL, _LARGE = 1e-9, 1e6
"""Numbers beyond these are rare in trained vectors, and common among bytes that are read from the wrong place."""


class _Window:
    """A stream of bytes with a look ahead."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._bytes = bytearray()

    def ahead(self, count: int) -> bytearray:
        """The next `count` bytes and perhaps some more; fewer only where the stream ends."""
        while len(self._bytes) < count:
            block = self._file.read(_BLOCK)
            if not block:
                break
            self._bytes += block
        return self._bytes

    def skip(self, count: int) -> None:
        """Go on by `count` bytes."""
        del self._bytes[:count]


def read_binary(file: IO[bytes], path: Path, limit: int | None, new_table: Callable[[int], Table]) -> Table:
    """A table with the first `limit` vectors of the file (all without a limit); InputError where the bytes make no sense."""
    count, dim = read_header(file, path)
    wanted = count if limit is None else min(count, limit)
    window, table = _Window(file), new_table(dim)
    for number in range(1, wanted + 1):
        where = f"{path}: vector {number:,}"
        ahead = window.ahead(2 * _LONGEST_WORD + 4 * dim + 2)
        start = int(ahead[:1] == b"\n")
        end = _word_end(ahead, start, dim, last=number == count)
        if end is None:
            raise InputError(
                f"{where} of {count:,}: expected a word, a space and {4 * dim:,} bytes of finite numbers, found something else "
                "or the end of the file. Is its format right, and the file whole?"
            )
        table.add(ahead[start:end].decode("utf-8"), _numbers(ahead, end, dim), where)
        window.skip(end + 1 + 4 * dim)
    if len(table) == 0:
        raise InputError(f"{path}: expected vectors, found none.")
    if wanted == count and window.ahead(2).strip(b"\n"):
        raise InputError(f"{path}: expected the end of the file after {count:,} vectors, found more.")
    return table


def read_header(file: IO[bytes], path: Path) -> tuple[int, int]:
    """The number of vectors and their length from the first line; InputError where it is not such a line."""
    line = file.readline(200)
    counts = parse_counts(line.decode("latin-1")) if line.endswith(b"\n") else None
    if counts is None:
        raise InputError(
            f"{path}:1: expected the number of vectors and their length (at most {LONGEST_VECTOR:,}), found {line[:60]!r}."
        )
    return counts


def _word_end(ahead: bytearray, start: int, dim: int, last: bool) -> int | None:
    """Where the word ends that begins at `start`: at the first space after which numbers of an ordinary size and a word follow.

    Failing that, at the first after which any numbers and a word follow. Something after the last vector is an error of its own,
    so there the first space with any numbers will do.
    """
    sensible: int | None = None
    finite: int | None = None
    end = ahead.find(b" ", start, start + _LONGEST_WORD)
    while end != -1 and _is_text(ahead[start:end]) and end + 1 + 4 * dim <= len(ahead):
        numbers = np.abs(_numbers(ahead, end, dim))
        if np.isfinite(numbers).all():
            finite = end if finite is None else finite
            if _makes_sense(ahead, end + 1 + 4 * dim, last):
                if ((numbers == 0) | ((numbers > _SMALL) & (numbers < _LARGE))).all():
                    return end
                sensible = end if sensible is None else sensible
        end = ahead.find(b" ", end + 1, start + _LONGEST_WORD)
    return finite if last and sensible is None else sensible


def _makes_sense(ahead: bytearray, place: int, last: bool) -> bool:
    """Whether a word begins at `place`, or, after the last vector, the file ends there."""
    place += ahead[place : place + 1] == b"\n"
    if last:
        return place >= len(ahead)
    end = ahead.find(b" ", place, place + _LONGEST_WORD)
    return end > place and _is_text(ahead[place:end])


def _is_text(word: bytearray) -> bool:
    """Whether the bytes are a word: UTF-8 without control characters."""
    try:
        return bool(word) and all(letter >= " " and letter != "\x7f" for letter in word.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def _numbers(ahead: bytearray, end: int, dim: int) -> NDArray[np.float32]:
    """The vector (D,) after the space at `end`."""
    return np.frombuffer(bytes(ahead[end + 1 : end + 1 + 4 * dim]), dtype="<f4").astype(np.float32)
