"""The store: a folder of artifacts named by their keys, with what it takes to write them safely.

artifacts/<key>/   what stages wrote, immutable       scratch/<key>/   checkpoints of stages that are not finished
runs/<name>-<n>/   what each run used and logged      quarantine/      artifacts that were found damaged
locks/             one file a held lock               tmp/             outputs being written, a folder a process
passed/<key>/      manifests of artifacts whose files were let go
drawings/          the figures of each pipeline's last report
"""

import errno
import os
import shutil
import socket
import uuid
from pathlib import Path

from embedseq.pipeline.artifact import CPU, MANIFEST, Artifact, DamagedArtifactError, fsync, read_artifact, seal
from embedseq.pipeline.keys import KeyRecord
from embedseq.pipeline.locks import FileLock, Holder, acquire

FOLDERS = ("artifacts", "scratch", "locks", "runs", "quarantine", "tmp", "passed", "drawings")


class Store:
    """Artifacts below one folder. Any number of processes may use it at once."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        (
            self.artifacts,
            self.scratch_root,
            self.locks,
            self.runs,
            self.quarantine_root,
            self.tmp,
            self.passed,
            self.drawings,
        ) = (self.root / name for name in FOLDERS)

    def create(self) -> None:
        """Make the folders; queries on a store that is not there make nothing."""
        for name in FOLDERS:
            (self.root / name).mkdir(parents=True, exist_ok=True)

    def lookup(self, key: str) -> Artifact | None:
        """The artifact, after a look at manifest, sizes and dates; None where there is none.

        Where a date is wrong every byte is read, since the store may have been copied, or a file changed.
        Raises DamagedArtifactError.
        """
        artifact = self._present(key)
        if artifact is not None and not artifact.check_quickly():
            artifact.verify()
            artifact.redate()
        return artifact

    def verify(self, key: str) -> Artifact | None:
        """The artifact, after every byte was read; None where there is none. Raises DamagedArtifactError."""
        artifact = self._present(key)
        if artifact is not None:
            artifact.verify()
        return artifact

    def commit(self, folder: Path, record: KeyRecord, device: str = CPU) -> Artifact:
        """Turn a filled folder inside `tmp/`, computed on a device, into the artifact of `record`, all at once or not at all.

        If another process was first, its artifact stays and is returned; the caller removes `folder`. Raises WorkError.
        """
        seal(folder, record, device)
        place = self.artifacts / record.key
        try:
            folder.rename(place)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        fsync(self.artifacts)
        return read_artifact(place)

    def quarantine(self, key: str) -> Path | None:
        """Move an artifact aside, so that it is rebuilt, and say where it went. The caller holds its lock."""
        place = self.quarantine_root / f"{key}-{uuid.uuid4().hex[:8]}"
        try:
            (self.artifacts / key).rename(place)
        except FileNotFoundError:
            return None
        return place

    def let_go(self, key: str) -> None:
        """Remove the files of an artifact and keep its manifest, by which `known` still tells what they were.

        Others who read it at this moment find it gone, and make it anew.
        """
        folder, place = self.artifacts / key, self.passed / key
        leaving = self.tmp / f"{key}-{uuid.uuid4().hex[:8]}"
        try:
            place.mkdir(exist_ok=True)
            shutil.copyfile(folder / MANIFEST, place / f"{MANIFEST}.new")
            (place / f"{MANIFEST}.new").replace(place / MANIFEST)
            fsync(place)
            folder.rename(leaving)
        except FileNotFoundError:  # another run was quicker
            return
        shutil.rmtree(leaving, ignore_errors=True)

    def known(self, key: str) -> Artifact | None:
        """What is known of an artifact whose files were let go; None where nothing is, or its manifest is damaged."""
        folder = self.passed / key
        try:
            return read_artifact(folder) if folder.exists() else None
        except DamagedArtifactError:
            return None

    def lock(self, key: str) -> FileLock | Holder:
        """The lock of a key, or who holds it."""
        return acquire(self.locks / key)

    def scratch(self, key: str) -> Path:
        """Where the unfinished stage with this key keeps its checkpoints."""
        return self.scratch_root / key

    def drop_scratch(self, key: str) -> None:
        """Remove the checkpoints of a finished stage."""
        shutil.rmtree(self.scratch(key), ignore_errors=True)

    def sweep(self) -> None:
        """Remove what dead processes left: their temporary folders, their lock files, checkpoints of finished stages."""
        for folder in _entries(self.tmp):
            if not folder.name.endswith(".lock"):
                _sweep_folder(folder, self.tmp / f"{folder.name}.lock")
        for folder in _entries(self.scratch_root):
            if (self.artifacts / folder.name).exists():
                _sweep_folder(folder, self.locks / folder.name)
        for file in (*_entries(self.locks), *_entries(self.tmp)):
            if file.is_file() and isinstance(lock := acquire(file), FileLock):
                lock.release()

    def _present(self, key: str) -> Artifact | None:
        folder = self.artifacts / key
        return read_artifact(folder) if folder.exists() else None


class Workspace:
    """The temporary folders of one process. A lock beside the folder says that the process lives."""

    def __init__(self, store: Store) -> None:
        self.folder = store.tmp / f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._lock = acquire(store.tmp / f"{self.folder.name}.lock")
        self.folder.mkdir()

    def new_folder(self, key: str) -> Path:
        """An empty folder for the output of the stage with this key."""
        folder = self.folder / key
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder

    def close(self) -> None:
        """Remove everything."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if isinstance(self._lock, FileLock):
            self._lock.release()


def _sweep_folder(folder: Path, lock_path: Path) -> None:
    lock = acquire(lock_path)
    if isinstance(lock, FileLock):
        if lock.real:
            shutil.rmtree(folder, ignore_errors=True)
        lock.release()


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.exists() else []
