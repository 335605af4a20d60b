"""Digests of input files: what stands for a path in a stage's key."""

import hashlib
from functools import lru_cache
from pathlib import Path

from embedseq.errors import RequestError


def file_digest(path: Path) -> str:
    """The SHA-256 of a file's bytes. Raises RequestError where it cannot be read."""
    try:
        status = path.stat()
        return _digest(path, status.st_size, status.st_mtime_ns)
    except OSError as error:
        raise RequestError(f"{path}: cannot be read ({error.strerror or error}).") from error


@lru_cache(maxsize=1024)
def _digest(path: Path, size: int, modified: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
