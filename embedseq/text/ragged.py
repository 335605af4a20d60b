"""Rows of different lengths as numbers on disk, end to end in one file, and where each begins in another."""

import mmap
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import IO, Any, overload

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from embedseq.errors import InputError

Rows = NDArray[np.int64]


class Ragged(Sequence[NDArray[Any]]):
    """Row i is `numbers[offsets[i]:offsets[i + 1]]`, (S, …); there are N + 1 offsets for N rows."""

    def __init__(self, numbers: NDArray[Any], offsets: Rows) -> None:
        self.numbers = numbers
        self.offsets = offsets

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, index: int) -> NDArray[Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[NDArray[Any]]: ...
    def __getitem__(self, index: int | slice) -> NDArray[Any] | list[NDArray[Any]]:
        """The numbers of one row, (S, …), read-only; or a list of them for a slice."""
        if isinstance(index, slice):
            return [self[row] for row in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"row {index} of {len(self):,}")
        row = index % len(self)
        return self.numbers[int(self.offsets[row]) : int(self.offsets[row + 1])]

    @cached_property
    def lengths(self) -> Rows:
        """The length of each row, (N,)."""
        return np.diff(self.offsets)

    def let_go(self) -> None:
        """Give back the memory that mapped numbers have taken by being read; they are read anew when they are wanted again.

        For one who reads them once from end to end. They stay in the system's cache of files. Numbers that may be written to stay
        where they are: what was changed may be nowhere else.
        """
        for numbers in (self.numbers, self.offsets):
            if numbers.flags.writeable:
                continue
            under: object = numbers
            while isinstance(under, np.ndarray):
                under = under.base
            if isinstance(under, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
                under.madvise(mmap.MADV_DONTNEED)

    def padded(self, rows: Rows, room: int = 0) -> NDArray[Any]:
        """(B, S, …): the given rows side by side, each filled up with zeros to the longest of them and `room` more."""
        starts, lengths = self.offsets[rows], self.lengths[rows]
        columns = np.arange(int(lengths.max(initial=0)))
        real = columns < lengths[:, None]
        filled = np.zeros((len(rows), len(columns) + room, *self.numbers.shape[1:]), dtype=self.numbers.dtype)
        filled[:, : len(columns)][real] = self.numbers[(starts[:, None] + columns)[real]]
        return filled


def column_path(prefix: Path, column: str) -> Path:
    """The file of a column: `train.source.ids.npy` of `train.source`."""
    return prefix.with_name(f"{prefix.name}.{column}.npy")


def write_header(file: IO[bytes], dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    """The beginning of a `.npy` file. NumPy leaves room in it for any length of the first axis, so that it can be overwritten."""
    header = {"descr": npy.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    npy.write_array_header_1_0(file, header)


def map_columns(prefix: Path, column: str, called: str) -> tuple[NDArray[Any], Rows]:
    """The numbers (a column of that name, and what they are called) and the offsets, memory-mapped.

    Raises InputError when files are missing or do not belong together.
    """
    path = column_path(prefix, column)
    numbers, offsets = _map(path), _map(column_path(prefix, "offsets"))
    if len(offsets) == 0 or int(offsets[-1]) != len(numbers):
        expected = int(offsets[-1]) if len(offsets) else 0
        raise InputError(f"{path}: expected {expected:,} {called} as its offsets say, found {len(numbers):,}: encode it anew")
    return numbers, offsets


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
