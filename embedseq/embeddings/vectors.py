"""A table of word vectors, its two files on disk, and queries by cosine. Light to import: NumPy and safetensors, no gensim."""

import json
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike
from safetensors.numpy import save_file

from embedseq.embeddings.mapped import map_matrix
from embedseq.embeddings.nearest import Doubles, Floats, Ints, Nearest, NearestRows
from embedseq.embeddings.spelling import near_spellings
from embedseq.errors import InputError, RequestError

MATRIX = "vectors"
"""The matrix's name in its file."""
_ROWS_AT_ONCE = 4096


class Search(Protocol):
    """Finds rows of a matrix by cosine: `NearestRows`, or an index."""

    def of(self, queries: Floats, top: int, without: Ints | None = None) -> list[Nearest]:
        """The `top` nearest rows of each of `queries` (B, D), without the row `without[i]` for the i-th."""
        ...

    def cosines(self, query: Floats, rows: Ints) -> Doubles:
        """The cosines (K,) of `query` (D,) with `rows` (K,)."""
        ...


@dataclass(frozen=True)
class Neighbour:
    """A word and its cosine with the word that was asked for."""

    word: str
    similarity: float


class UnknownWordError(RequestError):
    """A word without a vector was asked for; the message names near spellings."""

    def __init__(self, word: str, known: int, near: Sequence[str]) -> None:
        self.word = word
        self.near = tuple(near)
        hint = f" Near spellings: {', '.join(near)}." if near else " No word is spelt nearly like it."
        super().__init__(f"{word!r} is not among the {known:,} words that have a vector.{hint}")


class Vectors:
    """Words and their vectors, `words[i]` that of row i of `matrix` (N, D) in float32; no special tokens."""

    def __init__(self, words: Sequence[str], matrix: ArrayLike) -> None:
        self._search: Search | None = None
        self.words = tuple(words)
        self.matrix: Floats = np.ascontiguousarray(matrix, dtype=np.float32)
        if self.matrix.ndim != 2 or len(self.matrix) != len(self.words):
            raise ValueError(f"{len(self.words)} words need a matrix of as many rows, not one of shape {self.matrix.shape}.")
        if len(self._rows) != len(self.words):
            raise ValueError("Every word must have one vector; some word is there twice.")

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {word: row for row, word in enumerate(self.words)}

    @cached_property
    def unit(self) -> Floats:
        """The rows divided by their norms, (N, D); rows of zeros stay zeros."""
        return _unit(self.matrix)

    @cached_property
    def exact_search(self) -> NearestRows:
        """The search over all rows; it keeps one number a row."""
        return NearestRows(self.matrix)

    @property
    def search(self) -> Search:
        """What answers queries: the exact search, or the one that `searched_by` was given."""
        return self._search or self.exact_search

    def searched_by(self, search: Search) -> "Vectors":
        """The same table, whose queries `search` answers: an index over its rows."""
        other = copy(self)
        other._search = search
        return other

    @property
    def dim(self) -> int:
        """The length D of a vector."""
        return int(self.matrix.shape[1])

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._rows

    def __getitem__(self, word: str) -> Floats:
        """The vector (D,) of `word`; UnknownWordError where it has none."""
        row: Floats = self.matrix[self.row(word)]
        return row

    def row(self, word: str) -> int:
        """The number of the row of `word`; UnknownWordError where it has none."""
        row = self._rows.get(word)
        if row is None:
            raise UnknownWordError(word, len(self), self.near_spellings(word))
        return row

    def most_similar(self, word: str, top: int = 10) -> list[Neighbour]:
        """The `top` words with the highest cosine, without `word` itself; words of one cosine stand in the order of the table.

        Cosines are those of double precision, rounded to twelve decimals, whatever the processor and the number of threads; what
        is equal after that is of one cosine. Raises UnknownWordError where `word` has no vector, InputError where a vector holds
        what is no finite number.
        """
        return self.most_similar_to_each([word], top)[0]

    def most_similar_to_each(self, words: Sequence[str], top: int = 10) -> list[list[Neighbour]]:
        """What `most_similar` says of each of `words`, for many at a time several times faster than one by one."""
        asked = np.array([self.row(word) for word in words], dtype=np.int64)
        found = self.search.of(self.matrix[asked], top, without=asked)
        return [self.neighbours(each) for each in found]

    def neighbours(self, found: Nearest) -> list[Neighbour]:
        """Rows as words."""
        pairs = zip(found.rows.tolist(), found.cosines.tolist(), strict=True)
        return [Neighbour(self.words[row], cosine) for row, cosine in pairs]

    def similarity(self, first: str, second: str) -> float:
        """The cosine of two words' vectors as `most_similar` says it, -1 to 1; 0 where a vector is zero."""
        return float(self.search.cosines(self[first], np.array([self.row(second)]))[0])

    def near_spellings(self, word: str, n: int = 3) -> tuple[str, ...]:
        """Up to `n` words of the table that are spelt nearly like `word`, the nearest first, the earlier word of equals."""
        return near_spellings(word, self.words, n)

    def save(self, prefix: Path) -> None:
        """Write `<prefix>.safetensors` and `<prefix>.words.json`; equal vectors give equal bytes."""
        matrix_file, words_file = _files(prefix)
        matrix_file.parent.mkdir(parents=True, exist_ok=True)
        # Renamed into place: the file that was there may be mapped, by this very table too.
        unfinished = matrix_file.with_name(f"{matrix_file.name}.partial")
        save_file({MATRIX: self.matrix}, unfinished)
        unfinished.replace(matrix_file)
        words_file.write_text(json.dumps(self.words, indent=0) + "\n", encoding="ascii")

    @classmethod
    def load(cls, prefix: Path) -> "Vectors":
        """Read what `save` wrote; InputError where something is missing or is not what it should be.

        The matrix is mapped: it is read where it is looked at, and the system may take its memory back. Writing to it changes
        no file.
        """
        matrix_file, words_file = _files(prefix)
        try:
            return cls(json.loads(words_file.read_text(encoding="ascii")), map_matrix(matrix_file, MATRIX))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{matrix_file}: expected vectors as embedseq writes them, found: {error}. Train them again."
            ) from error


def _unit(rows: Floats) -> Floats:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Floats = np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)
    return unit


def mean_cosine(vectors: Vectors) -> float | None:
    """The mean cosine over all pairs of two different words; None for fewer than two words.

    Vectors that were trained too briefly all point the same way: above 0.8 they have collapsed. Exact, not sampled: the squared
    length of the sum of N unit vectors is the sum of all cosines, N of them those of words with themselves.
    """
    count = len(vectors.matrix)
    if count < 2:
        return None
    with_themselves, total = 0.0, np.zeros(vectors.dim)
    for start in range(0, count, _ROWS_AT_ONCE):  # the whole, in float64 and of norm 1, would be three times the vectors
        unit = _unit(vectors.matrix[start : start + _ROWS_AT_ONCE]).astype(np.float64)
        with_themselves += float((unit**2).sum())
        total += unit.sum(axis=0)
    return (float(total @ total) - with_themselves) / (count * (count - 1))


def rounded_mean_cosine(vectors: Vectors) -> float | None:
    """The mean cosine as it is recorded, with four digits."""
    mean = mean_cosine(vectors)
    return None if mean is None else round(mean, 4)


def _files(prefix: Path) -> tuple[Path, Path]:
    return prefix.with_name(f"{prefix.name}.safetensors"), prefix.with_name(f"{prefix.name}.words.json")
