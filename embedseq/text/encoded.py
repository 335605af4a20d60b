"""A corpus as numbers on disk: ids of all sentences end to end, and where each begins. Never in memory as a whole."""

import itertools
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from embedseq.text.ragged import Ragged, Rows, column_path, map_columns, write_header
from embedseq.text.vocabulary import END

CHUNK = 1 << 16  # numbers gathered before they are written


class _Column:
    """One growing `.npy` file: the header is written anew when the length is known."""

    def __init__(self, path: Path, dtype: str) -> None:
        self.dtype = np.dtype(dtype)
        self.file: IO[bytes] = path.open("wb")
        self.pending = array("q")
        self.length = 0
        write_header(self.file, self.dtype, (0,))

    def extend(self, numbers: Iterable[int]) -> None:
        self.pending.extend(numbers)
        if len(self.pending) >= CHUNK:
            self.flush()

    def flush(self) -> None:
        self.file.write(np.asarray(self.pending, dtype=self.dtype).tobytes())
        self.length += len(self.pending)
        self.pending = array("q")

    def close(self) -> None:
        self.flush()
        self.file.seek(0)
        write_header(self.file, self.dtype, (self.length,))
        self.file.close()


class Encoded(Ragged):
    """Sentences as token ids, (S,) int32 each, memory-mapped: int32 `<prefix>.ids.npy` and int64 `<prefix>.offsets.npy`."""

    @staticmethod
    def write(prefix: Path, sentences: Iterable[Sequence[int]]) -> "Encoded":
        """Write `sentences` as they come, holding only a few thousand numbers in memory, and open the result."""
        ids, offsets = _Column(column_path(prefix, "ids"), "<i4"), _Column(column_path(prefix, "offsets"), "<i8")
        try:
            end = 0
            offsets.extend((0,))
            for sentence in sentences:
                ids.extend(sentence)
                end += len(sentence)
                offsets.extend((end,))
        finally:
            ids.close()
            offsets.close()
        return Encoded.open(prefix)

    @staticmethod
    def open(prefix: Path) -> "Encoded":
        """Open what `write` wrote. Raises InputError when the files are missing or do not belong together."""
        return Encoded(*map_columns(prefix, "ids", "token ids"))

    def ended(self, rows: Rows) -> NDArray[np.int64]:
        """(B, S): the sentences `rows` with END after the last token of each, filled up with PAD."""
        ids = self.padded(rows, room=1).astype(np.int64)
        ids[np.arange(len(rows)), self.lengths[rows]] = END
        return ids

    def stretches(self, longest: int) -> "Encoded":
        """The same ids with every sentence cut into stretches of at most `longest` tokens, in order."""
        cuts = [np.arange(start, end, longest) for start, end in itertools.pairwise(self.offsets.tolist())]
        return Encoded(self.numbers, np.concatenate([*cuts, self.offsets[-1:]]))

    @property
    def ids(self) -> NDArray[np.int32]:
        """The ids of all sentences, (total,)."""
        return self.numbers

    @property
    def token_count(self) -> int:
        """Running tokens in all."""
        return len(self.numbers)
