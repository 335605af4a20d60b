"""A corpus as numbers on disk: ids of all sentences end to end, and where each begins. Never in memory as a whole."""

import itertools
from array import array
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import IO, Any, overload

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from embedseq.errors import InputError

CHUNK = 1 << 16  # numbers gathered before they are written

Ids = NDArray[np.int32]


class _Column:
    """One growing `.npy` file: the header is written anew when the length is known."""

    def __init__(self, path: Path, dtype: str) -> None:
        self.dtype = np.dtype(dtype)
        self.file: IO[bytes] = path.open("wb")
        self.pending = array("q")
        self.length = 0
        self._write_header()

    def _write_header(self) -> None:
        # NumPy leaves room in the header for any length of the first axis, so that it can be overwritten in place.
        header = {"descr": npy.dtype_to_descr(self.dtype), "fortran_order": False, "shape": (self.length,)}
        npy.write_array_header_1_0(self.file, header)

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
        self._write_header()
        self.file.close()


def _paths(prefix: Path) -> tuple[Path, Path]:
    return prefix.with_name(prefix.name + ".ids.npy"), prefix.with_name(prefix.name + ".offsets.npy")


class Encoded(Sequence[Ids]):
    """Sentences as token ids, memory-mapped: int32 `<prefix>.ids.npy` and int64 `<prefix>.offsets.npy`.

    Sentence i is `ids[offsets[i]:offsets[i + 1]]`; there are N + 1 offsets for N sentences.
    """

    def __init__(self, ids: Ids, offsets: NDArray[np.int64]) -> None:
        self.ids = ids
        self.offsets = offsets

    @staticmethod
    def write(prefix: Path, sentences: Iterable[Sequence[int]]) -> "Encoded":
        """Write `sentences` as they come, holding only a few thousand numbers in memory, and open the result."""
        ids_path, offsets_path = _paths(prefix)
        ids, offsets = _Column(ids_path, "<i4"), _Column(offsets_path, "<i8")
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
        ids_path, offsets_path = _paths(prefix)
        ids, offsets = _map(ids_path), _map(offsets_path)
        if len(offsets) == 0 or int(offsets[-1]) != len(ids):
            expected = int(offsets[-1]) if len(offsets) else 0
            raise InputError(
                f"{ids_path}: expected {expected:,} token ids as its offsets say, found {len(ids):,}: encode it anew"
            )
        return Encoded(ids, offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def stretches(self, longest: int) -> "Encoded":
        """The same ids with every sentence cut into stretches of at most `longest` tokens, in order."""
        cuts = [np.arange(start, end, longest) for start, end in itertools.pairwise(self.offsets.tolist())]
        return Encoded(self.ids, np.concatenate([*cuts, self.offsets[-1:]]))

    @overload
    def __getitem__(self, index: int) -> Ids: ...
    @overload
    def __getitem__(self, index: slice) -> list[Ids]: ...
    def __getitem__(self, index: int | slice) -> Ids | list[Ids]:
        """The ids of one sentence, (S,) int32, read-only; or a list of them for a slice."""
        if isinstance(index, slice):
            return [self[row] for row in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"sentence {index} of {len(self):,}")
        row = index % len(self)
        return self.ids[int(self.offsets[row]) : int(self.offsets[row + 1])]

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each sentence, (N,)."""
        return np.diff(self.offsets)

    @property
    def token_count(self) -> int:
        """Running tokens in all."""
        return len(self.ids)


def _map(path: Path) -> NDArray[Any]:
    try:
        try:
            mapped: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        except ValueError:  # a file without numbers cannot be mapped; one that is no .npy fails again here
            mapped = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{path}: expected an encoded corpus, found something else ({error})") from error
    # A plain array over the mapped memory: slicing np.memmap itself is ten times slower.
    return mapped.view(np.ndarray)
