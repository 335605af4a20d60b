"""Safetensors files that are larger than memory should be: written row by row, read memory-mapped."""

import json
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from embedseq.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

_ZEROS = memoryview(bytes(2**19))
"""Written again and again: as much as stays in the caches of a core."""
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


def _map(path: Path, offset: int, dtype: str, shape: Sequence[int], mode: Literal["r", "r+"] = "r") -> NDArray[Any]:
    if 0 in shape:  # nothing cannot be mapped
        return np.zeros(tuple(shape), dtype=dtype)
    tensor = np.memmap(path, dtype=dtype, mode=mode, offset=offset, shape=tuple(shape))
    # A plain array over the mapped memory: slicing np.memmap itself is ten times slower.
    return tensor.view(np.ndarray)


class TensorFile:
    """A new safetensors file with float32 tensors, which are written row by row in any order; a context manager.

    The file is filled with zeros from one end to the other and then memory-mapped. That sounds like writing it twice, but a page
    cache that is filled in order has large pages, and rows put there cost half of what they cost as writes at scattered places;
    a full disk is found out before the work, too.
    """

    def __init__(self, path: Path, shapes: Mapping[str, tuple[int, int]]) -> None:
        self.path, self.shapes = path, dict(shapes)
        sizes = [4 * rows * columns for rows, columns in shapes.values()]
        self._begins = dict(zip(shapes, accumulate(sizes, initial=0), strict=False))
        self._size = sum(sizes)
        entries = {
            name: {"dtype": "F32", "shape": list(shape), "data_offsets": [begin, begin + 4 * shape[0] * shape[1]]}
            for (name, shape), begin in zip(shapes.items(), self._begins.values(), strict=True)
        }
        header = json.dumps(entries, separators=(",", ":")).encode()
        header += b" " * (-len(header) % 8)
        self._head = len(header).to_bytes(8, "little") + header

    def __enter__(self) -> "TensorFile":
        import torch

        with self.path.open("wb") as file:
            file.write(self._head)
            for begin in range(0, self._size, len(_ZEROS)):
                file.write(_ZEROS[: self._size - begin])
        self._rows = {
            name: torch.from_numpy(_map(self.path, len(self._head) + self._begins[name], "<f4", shape, mode="r+"))
            for name, shape in self.shapes.items()
        }
        return self

    def __exit__(self, *raised: object) -> None:
        del self._rows  # unmapped: what is written stays with the file

    def write(self, name: str, rows: "Tensor", places: "Tensor") -> None:
        """Put rows (N, D) of a tensor where these row numbers (N,) say."""
        import torch

        self._rows[name].index_copy_(0, places, rows.to("cpu", torch.float32))
