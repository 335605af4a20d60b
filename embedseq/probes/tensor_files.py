"""Safetensors files that are larger than memory should be: written row by row, read memory-mapped."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedseq.errors import InputError

DTYPES = {"F32": "<f4", "I64": "<i8"}


def mapped(path: Path) -> dict[str, NDArray[Any]]:
    """The float32 and int64 tensors of a safetensors file, memory-mapped and read-only. Raises InputError where it is none."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length))
        return {
            name: _map(path, 8 + length + entry["data_offsets"][0], DTYPES[entry["dtype"]], entry["shape"])
            for name, entry in header.items()
            if name != "__metadata__"
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: expected tensors that embedseq saved, found something else ({error})") from error


def _map(path: Path, offset: int, dtype: str, shape: Sequence[int]) -> NDArray[Any]:
    if 0 in shape:  # nothing cannot be mapped
        return np.zeros(tuple(shape), dtype=dtype)
    tensor = np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=tuple(shape))
    # A plain array over the mapped memory: slicing np.memmap itself is ten times slower.
    return tensor.view(np.ndarray)


class TensorFile:
    """A new safetensors file with one float32 tensor, which is written row by row in any order; a context manager.

    Written, not memory-mapped: a page of a new file that is touched first through memory costs more than the rows on it.
    """

    def __init__(self, path: Path, name: str, shape: tuple[int, int]) -> None:
        self.path, self.shape = path, shape
        size = 4 * shape[0] * shape[1]
        entry = {name: {"dtype": "F32", "shape": list(shape), "data_offsets": [0, size]}}
        header = json.dumps(entry, separators=(",", ":")).encode()
        header += b" " * (-len(header) % 8)
        self._begin = 8 + len(header)
        self._head = len(header).to_bytes(8, "little") + header
        self._size = self._begin + size

    def __enter__(self) -> "TensorFile":
        self._file = self.path.open("wb")
        self._file.write(self._head)
        self._file.truncate(self._size)
        self._file.flush()
        return self

    def __exit__(self, *raised: object) -> None:
        self._file.close()

    def write(self, rows: NDArray[np.float32], first: NDArray[np.int64], lengths: NDArray[np.int64]) -> None:
        """Put rows (N, D), stretch by stretch of so many `lengths`, from the row numbers `first` on."""
        file, width = self._file.fileno(), 4 * self.shape[1]
        numbers = np.ascontiguousarray(rows, dtype="<f4").data.cast("B")
        ends = np.cumsum(lengths) * width
        places = zip((first * width + self._begin).tolist(), (ends - lengths * width).tolist(), ends.tolist(), strict=True)
        for place, begin, end in places:
            os.pwrite(file, numbers[begin:end], place)
