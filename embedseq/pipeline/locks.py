"""Locks between processes: one file a lock, held with flock, so that the system frees it when its holder dies.

Locks save work (two runs on one store compute a stage once); correctness comes from the store's atomic commit. Where the file
system knows no locks, `acquire` therefore gives one that holds nothing.
"""

import errno
import fcntl
import json
import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path

NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


@dataclass(frozen=True)
class Holder:
    """Who holds a lock."""

    pid: int | None
    host: str
    since: float | None
    """Seconds since 1970."""

    def __str__(self) -> str:
        if self.pid is None or self.since is None:
            return "another process"
        return f"process {self.pid} on {self.host} since {time.strftime('%H:%M:%S', time.localtime(self.since))}"


class FileLock:
    """A lock that this process holds until `release`."""

    def __init__(self, path: Path, descriptor: int | None) -> None:
        self.path = path
        self._descriptor = descriptor

    @property
    def real(self) -> bool:
        """False where the file system knows no locks."""
        return self._descriptor is not None

    def release(self) -> None:
        """Free the lock and remove its file. Safe to call twice."""
        if self._descriptor is not None:
            # Unlinked while held: whoever waits on the old file notices that the path is gone, and opens a new one.
            self.path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None


def acquire(path: Path, *, wait: bool = False) -> FileLock | Holder:
    """The lock, or, when another process has it and `wait` is false, its holder."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            holder = _read_holder(descriptor)
            os.close(descriptor)
            return holder
        except OSError as error:
            os.close(descriptor)
            if error.errno in NO_LOCKS:
                return FileLock(path, None)
            raise
        if _same_file(descriptor, path):
            _write_holder(descriptor)
            return FileLock(path, descriptor)
        os.close(descriptor)


def holder_of(path: Path) -> Holder | None:
    """Who holds the lock at `path`, or None. Changes nothing."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read_holder(descriptor)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return None


def _same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _write_holder(descriptor: int) -> None:
    content = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()}).encode()
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, content, 0)


def _read_holder(descriptor: int) -> Holder:
    try:
        content = json.loads(os.pread(descriptor, 1000, 0))
        return Holder(content["pid"], content["host"], content["since"])
    except (ValueError, KeyError, TypeError):
        return Holder(None, "", None)
