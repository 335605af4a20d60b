"""A table of vectors while it is read: grows row by row, refuses what has no place in it."""

import numpy as np
from numpy.typing import NDArray

from embedseq.embeddings.vectors import Vectors
from embedseq.errors import InputError


class GrowingTable:
    """Words with the place that each came from, and their vectors of length `dim` end to end."""

    def __init__(self, dim: int) -> None:
        self.dim = dim
        self._places: dict[str, str] = {}
        self._numbers = bytearray()

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
        self._numbers += vector.tobytes()

    def vectors(self) -> Vectors:
        """All rows so far."""
        return Vectors(tuple(self._places), np.frombuffer(self._numbers, dtype=np.float32).reshape(len(self), self.dim))
