"""Checkpoints: all that training needs to go on as if it had not been interrupted, on disk in one atomic step.

A checkpoint folder holds `update-U-of-epoch-N/`, written under another name, fsynced and renamed, so that whatever carries the
name is whole. Only the newest stays. The weights after an epoch that are kept, those of the best one among them, are written once
and linked from one checkpoint to the next.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from embedseq.errors import RequestError
from embedseq.training.history import History

FORMAT = 2
"""Of what a checkpoint folder holds; raised when an older one cannot be read any more."""
_NAME = re.compile(r"update-(\d+)-of-epoch-(\d+)")
_WRITING = "writing-"
_STATE = "state.json"
_MEANS = "means.safetensors"
_KEPT = re.compile(r"epoch-(\d+)\.safetensors")


class CheckpointError(RequestError):
    """A checkpoint that cannot be gone on from, and the `reason`: it is another run's, or not as it was written."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: this checkpoint {reason}. Delete the folder to train anew, or name another one.")
        self.reason = f"it {reason}"


@dataclass
class Sums:
    """Running sums of an epoch."""

    loss: float = 0.0
    tokens: int = 0
    updates: int = 0
    norm: float = 0.0
    rate: float = 0.0
    """The learning rate of its last update; no sum."""
    vocabulary_size: int = 0
    """Of what is predicted; no sum, but known from the first update on alone, and asked at the epoch's end."""


@dataclass(frozen=True)
class Checkpoint:
    """Where a training run stands after an update, or between two epochs."""

    history: History
    """The epochs that are over."""
    unfinished: Sums
    """What the epoch after them has done so far; nothing yet where one has just ended."""
    weights: Mapping[str, Tensor]
    """The model's, by name."""
    kept: Mapping[int, Mapping[str, Tensor]]
    """The model's after some epochs, by their numbers."""
    optimiser: Mapping[str, Tensor]
    means: Mapping[str, Tensor] = field(default_factory=dict)
    """The moving average of the weights, by name; empty where there is none."""
    seconds: float = 0.0
    """How long training has taken; it stands in no artifact."""
    watched: Mapping[str, Any] = field(default_factory=dict)
    """What was noticed so far (`Watch.record`)."""
    environments: Sequence[Mapping[str, str]] = ()
    """Those of the processes that had a part in it, one after the other (`resumption.environment`)."""

    @property
    def name(self) -> str:
        """How far it is, and different from that of any other checkpoint of a run."""
        return f"update-{self.history.updates + self.unfinished.updates}-of-epoch-{len(self.history.epochs) + 1}"


def write_checkpoint(folder: Path, checkpoint: Checkpoint, identity: Mapping[str, Any]) -> None:
    """Writes the checkpoint so that after a crash at any point the folder holds this one or the one before.

    `identity` says whose checkpoint this is (settings, seed, shapes); `read_checkpoint` asks for the same.
    """
    final, temporary = folder / checkpoint.name, folder / f"{_WRITING}{checkpoint.name}"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    save_file(dict(checkpoint.weights), temporary / "weights.safetensors")
    _write_kept(checkpoint, _newest(folder), temporary)
    save_file(dict(checkpoint.optimiser), temporary / "optimiser.safetensors")
    if checkpoint.means:
        save_file(dict(checkpoint.means), temporary / _MEANS)
    state = {
        "format": FORMAT,
        "files": {path.name: _sha256(path) for path in temporary.iterdir()},
        "identity": identity,
        "history": checkpoint.history.to_json(),
        "unfinished": asdict(checkpoint.unfinished),
        "seconds": checkpoint.seconds,
        "watched": checkpoint.watched,
        "environments": [dict(each) for each in checkpoint.environments],
    }
    sealed = {"state": state, "sha256": _digest(state)}
    (temporary / _STATE).write_text(json.dumps(sealed, sort_keys=True, indent=1), encoding="utf-8")
    for path in (*temporary.iterdir(), temporary):
        _fsync(path)
    shutil.rmtree(final, ignore_errors=True)
    temporary.rename(final)
    _fsync(folder)
    for path in folder.iterdir():
        if path != final and _NAME.fullmatch(path.name.removeprefix(_WRITING)):
            shutil.rmtree(path, ignore_errors=True)


def read_checkpoint(folder: Path, identity: Mapping[str, Any]) -> Checkpoint | None:
    """The newest checkpoint, or None where there is none.

    Raises CheckpointError where it is of a run with other settings, another seed, another model or another kind of device, was
    written by a version that kept other things, or is damaged.
    """
    path = _newest(folder)
    if path is None:
        return None
    try:
        sealed = json.loads((path / _STATE).read_text(encoding="utf-8"))
        state = sealed.get("state", sealed)
        if state.get("format") != FORMAT:
            raise CheckpointError(path, "was written by another version of embedseq")
        if sealed["sha256"] != _digest(state):
            raise CheckpointError(path, f"is damaged: {_STATE} is not what was written")
        _check_identity(path, state["identity"], json.loads(json.dumps(identity)))
        _check_files(path, state["files"])
        return _read(path, state)
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        raise CheckpointError(path, f"is damaged ({error!r})") from error


def _read(path: Path, state: Mapping[str, Any]) -> Checkpoint:
    return Checkpoint(
        history=History.from_json(state["history"]),
        unfinished=Sums(**state["unfinished"]),
        weights=load_file(path / "weights.safetensors"),
        kept={int(match[1]): load_file(file) for file in path.iterdir() if (match := _KEPT.fullmatch(file.name))},
        optimiser=load_file(path / "optimiser.safetensors"),
        means=load_file(path / _MEANS) if (path / _MEANS).exists() else {},
        seconds=state["seconds"],
        watched=state["watched"],
        environments=state.get("environments", ()),
    )


def _newest(folder: Path) -> Path | None:
    """The checkpoint with the most updates; of two with as many, the one whose epoch is over."""
    found = [(match, path) for path in folder.glob("update-*") if (match := _NAME.fullmatch(path.name))]
    return max(found, key=lambda each: tuple(map(int, each[0].groups())))[1] if found else None


def _write_kept(checkpoint: Checkpoint, before: Path | None, folder: Path) -> None:
    """Weights that the checkpoint before has, too, are linked: they never change. It is of the same run (`read_checkpoint`)."""
    for number, weights in checkpoint.kept.items():
        name = f"epoch-{number}.safetensors"
        if before is not None and (before / name).exists():
            try:
                os.link(before / name, folder / name)
                continue
            except OSError:  # a file system without links
                pass
        save_file(dict(weights), folder / name)


def _check_identity(path: Path, found: Mapping[str, Any], expected: Mapping[str, Any], within: str = "") -> None:
    """Raises CheckpointError that names the first field in which two runs differ."""
    for name in sorted({*found, *expected}):
        its, here = found.get(name), expected.get(name)
        if isinstance(its, Mapping) and isinstance(here, Mapping):
            _check_identity(path, its, here, f"{within}{name}.")
        elif its != here:
            raise CheckpointError(path, f"is of another training run: its {within}{name} is {its!r}, here it is {here!r}")


def _check_files(path: Path, expected: Mapping[str, str]) -> None:
    """Raises CheckpointError where a file is not there or has other bytes."""
    for name, sha256 in sorted(expected.items()):
        if not (path / name).exists() or _sha256(path / name) != sha256:
            raise CheckpointError(path, f"is damaged: {name} is not what was written")


def _digest(state: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fsync(path: Path) -> None:
    """Waits until a file, or a folder's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
