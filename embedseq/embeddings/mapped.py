"""One matrix of a safetensors file, mapped into memory instead of read. (The library's own `safe_open` copies what it gives.)"""

import json
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_LENGTH = 8  # bytes that say how long the header is
_LONGEST = 100_000_000  # the format's own limit


def map_matrix(path: Path, name: str) -> NDArray[np.float32]:
    """The float32 matrix called `name`: pages are read when they are looked at, and copied when they are written to.

    A file is eight bytes with the length of a header, the header in JSON (type, shape and place of each tensor), and the numbers,
    the lowest byte first (https://huggingface.co/docs/safetensors). Raises OSError where it cannot be read, ValueError or
    KeyError where it is not that.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(_LENGTH), "little")
        if not 0 < length <= _LONGEST:
            raise ValueError("no header of a safetensors file")
        header = json.loads(file.read(length))
    if not isinstance(header, dict) or name not in header:
        raise ValueError(f"no tensor called {name!r}")
    kind, shape, (begin, end) = header[name]["dtype"], tuple(header[name]["shape"]), header[name]["data_offsets"]
    if kind != "F32" or len(shape) != 2:
        raise ValueError(f"a tensor of kind {kind} and shape {shape} instead of a float32 matrix")
    start, size = _LENGTH + length, 4 * math.prod(shape)
    if begin < 0 or end - begin != size or path.stat().st_size < start + end:
        raise ValueError(f"{path.stat().st_size:,} bytes, of which a matrix of shape {shape} would need {start + end:,}")
    if size == 0:  # nothing cannot be mapped
        return np.empty(shape, dtype=np.float32)
    mapped = np.memmap(path, dtype="<f4", mode="c", offset=start + begin, shape=shape)
    return mapped.view(np.ndarray)
