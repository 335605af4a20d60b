"""A table of vectors while it is read: grows row by row, or is only looked through; refuses what has no place in it."""

import numpy as np
from numpy.typing import NDArray

from embedseq.embeddings.vectors import Vectors
from embedseq.errors import InputError

LONGEST_VECTOR = 1_000_000
"""In numbers; a longer one means that the file is not what it should be."""


class CheckedTable:
    """Words with the place that each came from; their vectors of length `dim` are looked at and not kept."""

    def __init__(self, dim: int) -> None:
        self.dim = dim
        self._places: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._places)

    def add(self, word: str, vector: NDArray[np.float32], where: str) -> None:
        """One more row, from the place `where`; InputError for an empty or repeated word and for values that are not finite."""
        if not word:
            raise InputError(f"{where}: expected a word before the numbers, found none.")
        if word in self._places:
            raise InputError(f"{where}: {word!r} has a vector already ({self._places[word]}); a word has one. Delete either.")
        if not np.isfinite(vector).all():
            raise InputError(f"{where}: expected finite numbers for {word!r}, found {vector[~np.isfinite(vector)][0]}.")
        self._places[word] = where


class GrowingTable(CheckedTable):
    """Words with the place that each came from, and their vectors end to end."""

    def __init__(self, dim: int) -> None:
        super().__init__(dim)
        self._numbers = bytearray()

    def add(self, word: str, vector: NDArray[np.float32], where: str) -> None:
        """One more row, which is kept."""
        super().add(word, vector, where)
        self._numbers += vector.tobytes()

    def vectors(self) -> Vectors:
        """All rows so far."""
        return Vectors(tuple(self._places), np.frombuffer(self._numbers, dtype=np.float32).reshape(len(self), self.dim))


def parse_counts(line: str) -> tuple[int, int] | None:
    """The number of vectors and their length, if `line` is two such numbers."""
    fields = line.split()
    if len(fields) == 2 and all(field.isascii() and field.isdecimal() and len(field) < 20 for field in fields):
        count, dim = map(int, fields)
        return (count, dim) if 0 < dim <= LONGEST_VECTOR else None
    return None
