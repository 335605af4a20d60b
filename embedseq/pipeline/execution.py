"""One stage's work, from a request to an artifact in the store. Needs only the request and the store, wherever it runs."""

import errno
import os
import re
import resource
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedseq.errors import DivergedError, EmbedseqError
from embedseq.pipeline.artifact import FAILURE, Artifact, DamagedArtifactError
from embedseq.pipeline.keys import KeyRecord
from embedseq.pipeline.locks import FileLock, acquire
from embedseq.pipeline.stage import StageContext, StageKind, load_kind
from embedseq.pipeline.stages.records import write_record
from embedseq.pipeline.store import Store

Send = Callable[[dict[str, Any]], None]
LOAD = "load"
"""Instead of a request: the reference of a stage kind that a worker is to load and then wait."""
_IN_WORDS = re.compile(r"\(os error (\d+)\)")


@dataclass(frozen=True)
class Source:
    """An input artifact."""

    key: str
    digest: str
    seen: str | None = None
    """Its signature when this run read every byte of it; while that stands, it is not read for verification again."""


@dataclass(frozen=True)
class Request:
    """What a worker is asked to do. JSON-like through and through."""

    reference: str
    """`module:attribute` of the stage kind."""
    store: str
    output: str
    """An empty folder in the store's `tmp/`."""
    record: KeyRecord
    inputs: Mapping[str, Source]
    execution: Mapping[str, Any]
    trial: bool = False

    def as_json(self) -> dict[str, Any]:
        """A mapping that `from_json` reads."""
        return {
            "reference": self.reference,
            "store": self.store,
            "output": self.output,
            "record": self.record.as_json(),
            "inputs": {role: [source.key, source.digest, source.seen] for role, source in self.inputs.items()},
            "execution": dict(self.execution),
            "trial": self.trial,
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> "Request":
        """What `as_json` wrote."""
        return Request(
            reference=value["reference"],
            store=value["store"],
            output=value["output"],
            record=KeyRecord.from_json(value["record"]),
            inputs={role: Source(*source) for role, source in value["inputs"].items()},
            execution=value["execution"],
            trial=value["trial"],
        )


class Laps:
    """How long each part of a stage took, told as a fact of the run's log when the part is over."""

    def __init__(self, send: Send) -> None:
        self._send, self._since = send, time.monotonic()

    def lap(self, name: str) -> None:
        """Tell the seconds since the last lap as `name`."""
        before, self._since = self._since, time.monotonic()
        self._send({"event": "fact", "name": name, "value": self._since - before})


def execute(request: Request, send: Send) -> None:
    """Do the work and send its end: `{"event": "result", "status": "done" | "failed" | "damaged", …}`. Raises nothing."""
    try:
        _execute(request, send)
    except DamagedArtifactError as error:
        send({"event": "result", "status": "damaged", "key": error.key, "message": error.problem})
    except EmbedseqError as error:
        send({"event": "result", "status": "failed", "message": str(error)})
    except BaseException as error:  # a stage may raise anything, SystemExit too
        send({"event": "traceback", "message": traceback.format_exc()})
        send({"event": "result", "status": "failed", "message": _explain(error)})


def _execute(request: Request, send: Send) -> None:
    store, key = Store(Path(request.store)), request.record.key
    # Not the engine's lock: that one is free as soon as a killed engine is gone, perhaps before its last child is.
    lock = acquire(store.locks / f"{key}.stage", wait=True)
    laps = Laps(send)
    try:
        kind = load_kind(request.reference)
        views = Path(f"{request.output}.inputs")
        paths = {
            role: shown(_verified(store, source, send), kind.part_of(role, request.record.spec), views / str(number))
            for number, (role, source) in enumerate(request.inputs.items())
        }
        laps.lap("verifying_seconds")
        scratch = store.scratch(key)
        scratch.mkdir(parents=True, exist_ok=True)
        context = StageContext(
            spec=request.record.spec,
            output=Path(request.output),
            scratch=scratch,
            inputs=paths,
            failures=request.record.failures,
            execution=request.execution,
            threads=request.record.threads,
            send=send,
        )
        _set_threads(kind, request.record.threads)
        _run(kind, context, request.trial)
        laps.lap("work_seconds")
        context.fact("peak_memory", _peak_memory())
        artifact = store.commit(context.output, request.record, context.computed_on)
        laps.lap("writing_seconds")
        store.drop_scratch(key)
        for folder in (context.output, views):
            shutil.rmtree(folder, ignore_errors=True)
        send({"event": "result", "status": "done", "digest": artifact.digest, "signature": artifact.signature()})
    finally:
        if isinstance(lock, FileLock):
            lock.release()


def _run(kind: StageKind, context: StageContext, trial: bool) -> None:
    """Do the stage's work. That a trial came to nothing is what it was made to find out."""
    try:
        kind.run(context)
    except DivergedError as error:
        if not trial:
            raise
        shutil.rmtree(context.output)
        context.output.mkdir()
        write_record(context.output / FAILURE, {"message": str(error)})
        context.log(f"this trial came to nothing: {error}")


def shown(artifact: Artifact, patterns: tuple[str, ...] | None, view: Path) -> Path:
    """The folder that the stage is handed: of links to the files that it reads, so that it cannot come to depend on others."""
    if patterns is None:
        return artifact.path
    shutil.rmtree(view, ignore_errors=True)
    view.mkdir(parents=True)
    try:
        for name in artifact.part(patterns):
            (view / name).parent.mkdir(parents=True, exist_ok=True)
            (view / name).symlink_to(artifact.path / name)
    except OSError:  # a file system without links: the key is right all the same, the guard alone is missing
        return artifact.path
    return view


def _verified(store: Store, source: Source, send: Send) -> Artifact:
    """An input, every byte of it checked in this run. Raises DamagedArtifactError."""
    folder = store.artifacts / source.key
    if not folder.exists():
        raise DamagedArtifactError(source.key, folder, "the folder is gone")
    artifact = store.lookup(source.key)
    if artifact is None or artifact.digest != source.digest:
        raise DamagedArtifactError(source.key, folder, "it is another artifact than the one found before")
    if artifact.signature() != source.seen:
        artifact.verify()
        send({"event": "verified", "key": source.key, "signature": artifact.signature()})
    return artifact


def _set_threads(kind: StageKind, threads: int) -> None:
    """Torch reads the environment when it is loaded; say it again in the fork, where its pools are started afresh."""
    if kind.needs_torch:
        import torch

        torch.set_num_threads(threads)


def _peak_memory() -> int:
    """The most memory that this process has had, in bytes; one process does the work of one stage."""
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else 1024 * largest


def error_number(error: BaseException) -> int | None:
    """The system's number for what went wrong; libraries written in Rust (safetensors, tokenizers) tell it in words alone."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    in_words = _IN_WORDS.search(str(error))
    return None if in_words is None else int(in_words[1])


def _explain(error: BaseException) -> str:
    number = error_number(error)
    if number in (errno.ENOSPC, errno.EDQUOT):
        where = getattr(error, "filename", None) or os.strerror(number)
        return f"the disk is full ({where}): free some space and run again, the work goes on from here"
    if isinstance(error, MemoryError):
        return "out of memory"
    return f"{type(error).__name__}: {error} (the traceback is in the run's events.jsonl)"
