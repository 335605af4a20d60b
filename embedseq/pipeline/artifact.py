"""One artifact on disk: an immutable folder with a manifest that says what every file must be.

Files are read-only and dated 1 January 1980: artifacts hold no clock times, and a file that was written to later shows it by
its date without being hashed again.
"""

import fnmatch
import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from embedseq.errors import WorkError
from embedseq.pipeline.keys import KeyRecord, digest

MANIFEST = "manifest.json"
FAILURE = "failure.json"
"""The one file in the artifact of a trial that came to nothing: its `message` says why."""
FORMAT = 1
CPU = "cpu"
MANIFESTS = 10_000
"""So many of them a process remembers."""
DATE_NS = 315_532_800 * 10**9
"""The date of every file in an artifact: 1 January 1980, UTC, in nanoseconds since 1970."""


class DamagedArtifactError(WorkError):
    """An artifact is not what was written. The next run moves it to the quarantine and computes it anew."""

    def __init__(self, key: str, path: Path, problem: str) -> None:
        self.key = key
        self.problem = problem
        super().__init__(f"{path}: {problem}, so the artifact is damaged; the next `embedseq run` quarantines and rebuilds it")


@dataclass(frozen=True)
class FileRecord:
    """What a file must be."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Artifact:
    """A folder in the store and what its manifest says."""

    key: str
    path: Path
    digest: str
    """Of the output: of the names, sizes and SHA-256 of all files. What the keys of dependants are made of."""
    record: KeyRecord
    files: Mapping[str, FileRecord]
    """Path inside the folder, with `/` -> what the file must be. The manifest is not among them."""
    device: str = CPU
    """Where its numbers were computed. In no key and no digest: a stage is the same on any device."""
    _digests: dict[tuple[str, ...], str] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Those of parts that were asked for: many stages read the same part of a corpus."""

    @property
    def size(self) -> int:
        """Bytes in all files."""
        return sum(file.size for file in self.files.values())

    @property
    def failure(self) -> str | None:
        """Why a trial came to nothing; None where the artifact is what the stage was to make. Raises DamagedArtifactError."""
        return self.read_json(FAILURE)["message"] if FAILURE in self.files else None

    def read_json(self, name: str) -> Any:
        """The content of a small file, every byte of it checked. Raises DamagedArtifactError."""
        try:
            content = (self.path / name).read_bytes()
        except OSError as error:
            raise self._unreadable(name, error) from error
        if hashlib.sha256(content).hexdigest() != self.files[name].sha256:
            raise self._damage(f"{name} has other bytes than were written")
        return json.loads(content)

    def part(self, patterns: Sequence[str]) -> dict[str, FileRecord]:
        """The files whose names fit one of the patterns (`train.*`); `*` stands for `/`, too."""
        return {
            name: file for name, file in self.files.items() if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
        }

    def digest_of(self, patterns: Sequence[str] | None) -> str:
        """The digest of a part of the output; of all of it where `patterns` is None."""
        if patterns is None:
            return self.digest
        if (part := tuple(patterns)) not in self._digests:
            self._digests[part] = output_digest(self.part(part))
        return self._digests[part]

    def check_quickly(self) -> bool:
        """Look at sizes and dates, not at contents: whether the dates are right. Raises DamagedArtifactError for a wrong size."""
        dated, folder = True, str(self.path)
        for name, file in self.files.items():
            try:
                status = os.stat(f"{folder}/{name}")  # noqa: PTH116 (pathlib takes thrice as long, and there are thousands)
            except OSError as error:
                raise self._unreadable(name, error) from error
            if status.st_size != file.size:
                raise self._damage(f"{name} has {status.st_size:,} bytes instead of {file.size:,}")
            dated = dated and status.st_mtime_ns == DATE_NS
        return dated

    def verify(self) -> None:
        """Read every byte. Raises DamagedArtifactError where a file is wrong, missing or too many."""
        self.check_quickly()
        present = set(_files_in(self.path)) - {MANIFEST}
        if extra := present - set(self.files):
            raise self._damage(f"{min(extra)} does not belong here")
        for name, file in self.files.items():
            try:
                found = _sha256(self.path / name)
            except OSError as error:  # another process may be moving the folder to the quarantine
                raise self._unreadable(name, error) from error
            if found != file.sha256:
                raise self._damage(f"{name} has other bytes than were written")

    def signature(self) -> str:
        """Changes when any file is touched: what was verified need not be read again while this stays the same.

        Raises DamagedArtifactError where a file is missing.
        """
        try:
            status = [(name, (self.path / name).stat()) for name in sorted((*self.files, MANIFEST))]
        except OSError as error:
            raise self._unreadable(Path(error.filename).name, error) from error
        return digest([[name, s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino] for name, s in status])

    def redate(self) -> None:
        """Give verified files their date again: a store that was copied has new ones. Does nothing where that is not allowed."""
        try:
            for name in self.files:
                os.utime(self.path / name, ns=(DATE_NS, DATE_NS))
        except OSError:
            return

    def _unreadable(self, name: str, error: OSError) -> DamagedArtifactError:
        return self._damage(f"{name} cannot be read ({error.strerror})")

    def _damage(self, problem: str) -> DamagedArtifactError:
        return DamagedArtifactError(self.key, self.path, problem)


def read_artifact(folder: Path) -> Artifact:
    """The artifact in `folder`, named by its key. Raises DamagedArtifactError where the manifest is not as it was written."""
    try:
        s = (folder / MANIFEST).stat()
    except OSError as error:
        raise DamagedArtifactError(folder.name, folder, f"{MANIFEST} cannot be read ({error.strerror})") from error
    return _read_once(folder, (s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino))


@lru_cache(maxsize=MANIFESTS)
def _read_once(folder: Path, status: tuple[int, ...]) -> Artifact:
    """A run asks for each artifact several times; while a manifest is not touched, it is read and checked once."""
    key = folder.name
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        record = KeyRecord.from_json(manifest["record"])
        files = {name: FileRecord(file["sha256"], file["size"]) for name, file in manifest["files"].items()}
        output, written_key, device = manifest["digest"], record.key, str(manifest.get("device", CPU))
    except OSError as error:
        raise DamagedArtifactError(key, folder, f"{MANIFEST} cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedArtifactError(key, folder, f"{MANIFEST} is not a manifest ({error!r})") from error
    if written_key != key or output_digest(files) != output:
        raise DamagedArtifactError(key, folder, f"{MANIFEST} contradicts itself")
    return Artifact(key=key, path=folder, digest=output, record=record, files=files, device=device)


def seal(folder: Path, record: KeyRecord, device: str = CPU) -> str:
    """Make a filled folder ready to be renamed into place: hash, date, protect and fsync its files, then write the manifest.

    Returns the output's digest. Raises WorkError where the folder holds what cannot be kept: links, devices, a manifest.
    """
    files: dict[str, FileRecord] = {}
    for name in sorted(_files_in(folder)):
        path = folder / name
        mode = path.lstat().st_mode
        if name == MANIFEST or not stat.S_ISREG(mode):
            raise WorkError(
                f"the stage {record.kind!r} wrote {name}, but an artifact holds plain files only, none called {MANIFEST}"
            )
        _protect(path, mode)
        files[name] = FileRecord(_sha256(path), path.stat().st_size)
    output = output_digest(files)
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "record": record.as_json(),
        "digest": output,
        "files": {name: {"sha256": file.sha256, "size": file.size} for name, file in files.items()},
    }
    if device != CPU:
        manifest["device"] = device
    path = folder / MANIFEST
    path.write_text(json.dumps(manifest, indent=1, sort_keys=True, allow_nan=False) + "\n", encoding="utf-8")
    _protect(path, path.stat().st_mode)
    for parent, _, _ in os.walk(folder, topdown=False):
        fsync(Path(parent))
    return output


def output_digest(files: Mapping[str, FileRecord]) -> str:
    """The digest of an output made of these files."""
    return digest({name: [file.sha256, file.size] for name, file in files.items()})


def fsync(path: Path) -> None:
    """Have the system write a file or folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _protect(path: Path, mode: int) -> None:
    path.chmod(stat.S_IMODE(mode) & ~0o222)
    os.utime(path, ns=(DATE_NS, DATE_NS))
    fsync(path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files_in(folder: Path) -> Iterator[str]:
    """Every file below a folder; a link to a folder counts as a file."""
    for parent, folders, names in os.walk(folder):
        links = [name for name in folders if (Path(parent) / name).is_symlink()]
        for name in (*names, *links):
            yield (Path(parent) / name).relative_to(folder).as_posix()
