"""What is read of another modality, as numbers on disk: frames in the place of tokens."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedseq.errors import InputError
from embedseq.text.ragged import Ragged, Rows, column_path, map_columns, write_header

KIND = np.dtype("<f4")


class Frames(Ragged):
    """Rows of frames, (S, F) float32 each, memory-mapped: `<prefix>.frames.npy` (total, F) and int64 `<prefix>.offsets.npy`."""

    @staticmethod
    def write(prefix: Path, rows: Iterable[NDArray[Any]]) -> "Frames":
        """Write the `rows` (S, F) one by one as they come, and open the result. Raises ValueError where F differs."""
        ends = [0]
        features = 0
        with column_path(prefix, "frames").open("wb") as file:
            write_header(file, KIND, (0, features))
            for row in rows:
                features = features or row.shape[-1]
                if row.ndim != 2 or row.shape[1] != features:
                    raise ValueError(f"expected frames of {features} numbers, found an array of shape {row.shape}")
                file.write(np.ascontiguousarray(row, dtype=KIND).tobytes())
                ends.append(ends[-1] + len(row))
            file.seek(0)
            write_header(file, KIND, (ends[-1], features))
        np.save(column_path(prefix, "offsets"), np.array(ends, dtype="<i8"))
        return Frames.open(prefix)

    @staticmethod
    def open(prefix: Path) -> "Frames":
        """Open what `write` wrote. Raises InputError when the files are missing or do not belong together."""
        frames, offsets = map_columns(prefix, "frames", "frames")
        if frames.ndim != 2:
            path = column_path(prefix, "frames")
            raise InputError(f"{path}: expected frames (total, F), found numbers of shape {frames.shape}: encode it anew")
        return Frames(frames, offsets)

    @property
    def features(self) -> int:
        """F, the numbers of a frame."""
        return int(self.numbers.shape[1])

    def ended(self, rows: Rows) -> NDArray[np.float32]:
        """(B, S, F): the frames of `rows` with one of zeros after the last of each, which stands for the end; then zeros."""
        return self.padded(rows, room=1)
