"""Captured states on disk: safetensors, memory-mapped, so that many probes read one capture and none holds it all.

`states.json` names the layers; `<split>.<number>.safetensors` holds the words' states in one of them, `words` (N, D);
`<split>.sentences.safetensors` holds a vector a sentence for each layer and summary. Who fills them is in `capturing`.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedseq.errors import InputError
from embedseq.probes.material import Floats32, Split, Summary

INDEX = "states.json"
WORDS = "words"


def words_path(folder: Path, split: str, number: int) -> Path:
    """The file of the layer with this number."""
    return folder / f"{split}.{number:02d}.safetensors"


def sentences_path(folder: Path, split: str) -> Path:
    """The file of the sentences' vectors."""
    return folder / f"{split}.sentences.safetensors"


@dataclass(frozen=True)
class CapturedStates:
    """The states of a folder that `capturing.capture` filled; a `States`."""

    folder: Path

    @cached_property
    def _index(self) -> dict[str, Any]:
        path = self.folder / INDEX
        try:
            record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return {"layers": tuple(record["layers"]), "splits": tuple(record["splits"])}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{path}: expected captured states, found something else ({error}). Run the pipeline again."
            ) from error

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers' names, the first layer first."""
        layers: tuple[str, ...] = self._index["layers"]
        return layers

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that were read."""
        splits: tuple[str, ...] = self._index["splits"]
        return splits

    def words(self, split: Split, layer: str) -> Floats32:
        """(N, D), memory-mapped and read-only."""
        return mapped(words_path(self.folder, split, self.layers.index(layer)))[WORDS]

    def sentences(self, split: Split, layer: str, summary: Summary) -> Floats32 | None:
        """(S, D), memory-mapped and read-only; None where there is none."""
        return mapped(sentences_path(self.folder, split)).get(f"{layer} {summary}")


def mapped(path: Path) -> dict[str, Floats32]:
    """The float32 tensors of a safetensors file, memory-mapped. Raises InputError where it is none."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length))
        return {
            name: _map(path, 8 + length + tensor["data_offsets"][0], tensor["shape"])
            for name, tensor in header.items()
            if name != "__metadata__"
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: expected tensors that embedseq saved, found something else ({error})") from error


def _map(path: Path, offset: int, shape: Sequence[int]) -> Floats32:
    if 0 in shape:  # nothing cannot be mapped
        return np.zeros(tuple(shape), dtype=np.float32)
    tensor = np.memmap(path, dtype="<f4", mode="r", offset=offset, shape=tuple(shape))
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

    def write(self, rows: Floats32, first: NDArray[np.int64], lengths: NDArray[np.int64]) -> None:
        """Put rows (N, D), stretch by stretch of so many `lengths`, from the row numbers `first` on."""
        file, width = self._file.fileno(), 4 * self.shape[1]
        numbers = np.ascontiguousarray(rows, dtype="<f4").data.cast("B")
        ends = np.cumsum(lengths) * width
        places = zip((first * width + self._begin).tolist(), (ends - lengths * width).tolist(), ends.tolist(), strict=True)
        for place, begin, end in places:
            os.pwrite(file, numbers[begin:end], place)
