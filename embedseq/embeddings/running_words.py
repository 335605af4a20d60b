"""The running words of a text as arrays: counted, and written as lines for gensim's threads, without a Python object a word."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedseq.text.encoded import Encoded
from embedseq.text.vocabulary import SPECIALS

Numbers = NDArray[np.int64]

_CHUNK = 1 << 18
"""About so many tokens are looked at together."""


class _Part(NamedTuple):
    """Some sentences: the ids of their words end to end, (W,), and how many words each has, (N,)."""

    words: NDArray[np.int32]
    lengths: Numbers


@dataclass(frozen=True)
class Counts:
    """What a text holds, pieces being sentences of which longer ones than a limit were cut."""

    frequencies: dict[int, int]
    """How often each word occurs, by its id, in the order in which they occur first."""
    words: int
    pieces: int
    split: int
    """Sentences that were cut."""


class RunningWords:
    """The words of `text`, special tokens left out, in sentences cut into pieces of at most `longest` words.

    size: how many ids there are. All methods read the text in parts of some hundred thousand tokens, or of one
    sentence where that is longer.
    """

    def __init__(self, text: Encoded, size: int, longest: int) -> None:
        self.text, self.size, self.longest = text, size, longest

    def count(self) -> Counts:
        """Count all words. Raises IndexError for an id beyond `size`."""
        counts, first = np.zeros(self.size, dtype=np.int64), np.full(self.size, -1, dtype=np.int64)
        words = pieces = split = 0
        for part in self._parts():
            counts += np.bincount(part.words, minlength=self.size)
            seen = np.full(self.size, -1, dtype=np.int64)
            seen[part.words[::-1]] = np.arange(words + len(part.words) - 1, words - 1, -1)  # the first of a word is written last
            first = np.where(first < 0, seen, first)
            words += len(part.words)
            pieces += len(_pieces(part.lengths, self.longest))
            split += int((part.lengths > self.longest).sum())
        found = np.flatnonzero(counts)
        order = found[np.argsort(first[found])]
        return Counts(dict(zip(order.tolist(), counts[order].tolist(), strict=True)), words, pieces, split)

    def write(self, path: Path) -> None:
        """Write the pieces to an ASCII file, one a line, the word of id N as `wN`. Raises IndexError for an id beyond `size`."""
        spellings = _spellings(self.size)
        with path.open("wb") as file:
            for part in self._parts():
                letters = spellings[self._codes(part)]
                file.write(letters[letters != 0].tobytes())

    def _codes(self, part: _Part) -> Numbers:
        """Rows of `_spellings`: 2 N for a word within a line, 2 N + 1 for the last of it, and the last row for an empty line."""
        lengths = _pieces(part.lengths, self.longest)
        ends = np.cumsum(lengths)
        codes = 2 * part.words.astype(np.int64)
        codes[ends[lengths > 0] - 1] += 1
        return np.insert(codes, ends[lengths == 0], 2 * self.size)

    def _parts(self) -> Iterator[_Part]:
        offsets, start = self.text.offsets, 0
        while start < len(self.text):
            end = max(start + 1, int(np.searchsorted(offsets, offsets[start] + _CHUNK, side="right")) - 1)
            ids = np.asarray(self.text.ids[offsets[start] : offsets[end]])
            if len(ids) and int(ids.max()) >= self.size:
                raise IndexError(f"the text has the id {ids.max()}, the vocabulary {self.size:,} tokens")
            kept = ids >= len(SPECIALS)
            before = np.concatenate([[0], np.cumsum(kept)])
            yield _Part(ids[kept], np.diff(before[offsets[start : end + 1] - offsets[start]]))
            self.text.let_go()
            start = end


def _pieces(lengths: Numbers, longest: int) -> Numbers:
    """The lengths of the pieces of sentences of such lengths; an empty sentence is a piece, too."""
    numbers = np.maximum(1, -(-lengths // longest))
    pieces = np.full(int(numbers.sum()), longest, dtype=np.int64)
    pieces[np.cumsum(numbers) - 1] = lengths - (numbers - 1) * longest
    return pieces


def _spellings(size: int) -> NDArray[np.uint8]:
    """(2 N + 1, L): each word's letters within a line and at its end, and an empty line's, filled up with zeros."""
    spelled = [f"w{word}{after}".encode("ascii") for word in range(size) for after in " \n"]
    array = np.array([*spelled, b"\n"])
    return array.view(np.uint8).reshape(len(array), -1)
