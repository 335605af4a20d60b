"""The record of every run: `runs/<name>-<n>/` with the pipeline file, what became of each stage, and the log.

Clock times, speeds and costs live here and nowhere in artifacts. `run.json` is written anew while the run goes on, so that an
interrupted run can be read; `events.jsonl` only grows.
"""

import difflib
import json
import math
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from embedseq.errors import RequestError
from embedseq.pipeline.artifact import Artifact
from embedseq.pipeline.environment import environment
from embedseq.pipeline.events import Event, NodeResult, Outcome
from embedseq.pipeline.keys import KeyRecord
from embedseq.pipeline.locks import FileLock, acquire, holder_of
from embedseq.pipeline.plan import Previous
from embedseq.pipeline.stage import Node
from embedseq.pipeline.store import Store

RECORD = "run.json"
FORMAT = 2
SAVE_SECONDS = 0.5
"""`run.json` is written at most so often while stages are merely found in the store."""
NAME = re.compile(r"(?P<name>.+)-(?P<number>[1-9]\d*)")


class RunRecorder:
    """Writes the record of one run as it happens; an observer."""

    def __init__(self, store: Store, name: str, pipeline: str, **facts: Any) -> None:
        """pipeline: the text of the pipeline file, kept beside the record. facts: further JSON-like entries of the record.

        Raises RequestError where the name cannot be a folder's.
        """
        if not name or "/" in name or "\0" in name or name in (".", ".."):
            raise RequestError(f"{name!r} cannot be the name of a run: it becomes the name of a folder")
        store.create()
        self.store = store
        self.folder = _new_folder(store.runs, name)
        lock = acquire(store.locks / f"run-{self.folder.name}")
        self._lock = lock if isinstance(lock, FileLock) else None
        (self.folder / "pipeline.yaml").write_text(pipeline, encoding="utf-8")
        self._events: TextIO | None = (self.folder / "events.jsonl").open("a", encoding="utf-8")
        self._nodes: dict[str, dict[str, Any]] = {}
        self._written: dict[str, str] = {}
        """Node -> its record as JSON; there may be hundreds, of which one changes at a time."""
        self._content: dict[str, Any] = {
            "format": FORMAT,
            "name": name,
            "status": "running",
            "started": time.time(),
            "ended": None,
            "environment": environment(),
            **facts,
        }
        self._saved = float("-inf")
        self._save()

    @property
    def name(self) -> str:
        """The run's own name, `quickstart-3` for instance."""
        return self.folder.name

    def begin(self, nodes: Sequence[Node], jobs: int) -> None:
        """List the stages."""
        self._content["jobs"] = jobs
        for node in nodes:
            self._record(node.id, {"kind": node.kind, "status": "pending"})
        self._save()
        self._log("run-started", stages=len(nodes), jobs=jobs)

    def note(self, event: Event) -> None:
        """Log it."""
        self._write({"time": event.time, "event": event.what, "node": event.node, **_without_clashes(event.facts)})
        if event.what == "started":
            self._record(event.node, self._nodes[event.node] | {"status": "running", "key": event.facts["key"]})
            self._save()

    def finish(self, result: NodeResult) -> None:
        """Record what became of a stage."""
        record = result.record.as_json() if result.record else None
        facts = {"key": result.key, "digest": result.digest, "message": result.message, "record": record}
        self._record(result.id, {"kind": result.kind, "status": result.status, **facts})
        self._log("stage-ended", node=result.id, status=result.status, seconds=result.seconds, message=result.message)
        if result.status != "cached" or time.monotonic() - self._saved >= SAVE_SECONDS:
            self._save()

    def end(self, outcome: Outcome) -> None:
        """Close the record."""
        self._content["ended"] = time.time()
        self._content["status"] = "cancelled" if outcome.cancelled else "done" if outcome.ok else "failed"
        self._log("run-ended", status=self._content["status"], seconds=outcome.seconds)
        self.close()

    def close(self) -> None:
        """Write what there is; a run that did not end stays `interrupted`. Safe to call twice."""
        if self._events is not None:
            self._save()
            self._events.close()
            self._events = None
        if self._lock is not None:
            self._lock.release()

    def _log(self, event: str, **facts: Any) -> None:
        self._write({"time": time.time(), "event": event, **facts})

    def _write(self, line: Mapping[str, Any]) -> None:
        if self._events is not None:
            self._events.write(json.dumps(_finite(line), ensure_ascii=False) + "\n")
            self._events.flush()

    def _record(self, node: str, content: dict[str, Any]) -> None:
        self._nodes[node] = content
        self._written[node] = f"{json.dumps(node, ensure_ascii=False)}: {json.dumps(_finite(content), ensure_ascii=False)}"

    def _save(self) -> None:
        """A line for each node."""
        self._saved = time.monotonic()
        temporary = self.folder / f".{RECORD}.{os.getpid()}"
        head = json.dumps(_finite(self._content), ensure_ascii=False, indent=1).removesuffix("\n}")
        nodes = ",\n  ".join(self._written.values())
        temporary.write_text(f'{head},\n "nodes": {{\n  {nodes}\n }}\n}}\n', encoding="utf-8")
        temporary.replace(self.folder / RECORD)


@dataclass(frozen=True)
class NodeRecord:
    """What became of one stage in a run."""

    id: str
    kind: str
    status: str
    key: str | None
    digest: str | None
    message: str
    record: KeyRecord | None


@dataclass(frozen=True)
class Run:
    """The record of a run, as it stands."""

    path: Path
    pipeline: str
    """The name of the pipeline."""
    status: str
    """`running`, `done`, `failed`, `cancelled`, or `interrupted` where the process is gone without having said how it ended."""
    started: float
    """Seconds since 1970."""
    ended: float | None
    environment: Mapping[str, Any]
    nodes: Mapping[str, NodeRecord]
    content: Mapping[str, Any]
    """All of `run.json`."""

    @property
    def name(self) -> str:
        """`quickstart-3` for instance."""
        return self.path.name

    @property
    def pipeline_text(self) -> str:
        """The pipeline file as it was."""
        return (self.path / "pipeline.yaml").read_text(encoding="utf-8")

    def artifact(self, node: str, store: Store) -> Artifact:
        """The artifact of a stage. Raises RequestError where it has none (any more), DamagedArtifactError where it is damaged."""
        record = self.nodes.get(node)
        if record is None:
            near = difflib.get_close_matches(node, self.nodes, n=1, cutoff=0.5)
            raise RequestError(f"the run {self.name} has no stage {node!r}." + (f" Did you mean {near[0]!r}?" if near else ""))
        if record.key is None or record.digest is None:
            raise RequestError(f"{node!r} has no result in the run {self.name}: {record.status} {record.message}".rstrip())
        artifact = store.lookup(record.key)
        if artifact is None:
            raise RequestError(f"the result of {node!r} is no longer in {store.root}; run the pipeline again to rebuild it")
        return artifact

    def events(self) -> Iterator[dict[str, Any]]:
        """The lines of the log; a last line that was cut off is left out."""
        with (self.path / "events.jsonl").open(encoding="utf-8") as file:
            for line in file:
                try:
                    yield json.loads(line)
                except ValueError:
                    return


def load_run(folder: Path) -> Run:
    """The run in a folder. Raises RequestError where it cannot be read."""
    try:
        content = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise RequestError(
                f"{folder / RECORD} is a record of another version of embedseq (format {content['format']}, this one reads "
                f"{FORMAT}): run the pipeline again, or use the version that made it"
            )
        nodes = {name: _node_record(name, node) for name, node in content["nodes"].items()}
        status = content["status"]
        if status == "running" and holder_of(folder.parents[1] / "locks" / f"run-{folder.name}") is None:
            status = "interrupted"
        return Run(
            path=folder,
            pipeline=content["name"],
            status=status,
            started=content["started"],
            ended=content["ended"],
            environment=content["environment"],
            nodes=nodes,
            content=content,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RequestError(f"{folder / RECORD} cannot be read as the record of a run ({error!r})") from error


def all_runs(store: Store, pipeline: str | None = None) -> list[Run]:
    """The runs of a store, or of one pipeline in it, oldest first. Folders without a readable record are left out."""
    runs = []
    for folder in _run_folders(store.runs):
        if pipeline is None or _parts(folder.name)[0] == pipeline:
            try:
                runs.append(load_run(folder))
            except RequestError:
                continue
    return sorted(runs, key=lambda run: (run.started, _parts(run.name)[1]))


def newest_first(store: Store, pipeline: str) -> Iterator[Run]:
    """The runs of a pipeline, read one by one. Folders without a readable record are left out."""
    numbers = {folder: _parts(folder.name) for folder in _run_folders(store.runs)}
    of_pipeline = [folder for folder, (name, _) in numbers.items() if name == pipeline]
    for folder in sorted(of_pipeline, key=lambda folder: numbers[folder][1], reverse=True):
        with suppress(RequestError):
            yield load_run(folder)


def latest_run(store: Store, pipeline: str | None = None) -> Run | None:
    """The run that started last, of one pipeline or of all."""
    return max(all_runs(store, pipeline), key=lambda run: run.started, default=None)


def find_run(store: Store, name: str) -> Run:
    """`quickstart-3`: this one; `quickstart`: the latest of this pipeline; `latest`: the latest of all. Raises RequestError."""
    names = [folder.name for folder in _run_folders(store.runs)]
    if name in names:
        return load_run(store.runs / name)
    run = latest_run(store, None if name == "latest" else name)
    if run is not None:
        return run
    if not names:
        raise RequestError(f"there are no runs in {store.root} yet; `embedseq run FILE` makes one")
    choices = dict.fromkeys([*names, *(_parts(found)[0] for found in names)])
    near = difflib.get_close_matches(name, choices, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    raise RequestError(f"no run is called {name!r}. {hint}There are: {', '.join(sorted(names)[-20:])}")


def previous_nodes(store: Store, pipeline: str, runs: int = 20) -> dict[str, Previous]:
    """What the last runs of a pipeline recorded of each node, the newest record first: what `plan` tells changes by."""
    known: dict[str, Previous] = {}
    for run in reversed(all_runs(store, pipeline)[-runs:]):
        for name, node in run.nodes.items():
            if node.record is not None and node.key is not None:
                known.setdefault(name, Previous(node.record, node.key, node.status, node.message))
    return known


def _node_record(name: str, node: Mapping[str, Any]) -> NodeRecord:
    record = KeyRecord.from_json(node["record"]) if node.get("record") else None
    return NodeRecord(name, node["kind"], node["status"], node.get("key"), node.get("digest"), node.get("message") or "", record)


def _new_folder(runs: Path, name: str) -> Path:
    number = max((_parts(folder.name)[1] for folder in _run_folders(runs) if _parts(folder.name)[0] == name), default=0)
    while True:
        number += 1
        try:
            (runs / f"{name}-{number}").mkdir()
        except FileExistsError:
            continue
        return runs / f"{name}-{number}"


def _run_folders(runs: Path) -> list[Path]:
    return sorted(folder for folder in runs.iterdir() if NAME.fullmatch(folder.name)) if runs.exists() else []


def _parts(name: str) -> tuple[str, int]:
    match = NAME.fullmatch(name)
    assert match is not None
    return match["name"], int(match["number"])


def _without_clashes(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {(f"{name}_" if name in ("time", "event", "node") else name): value for name, value in facts.items()}


def _finite(value: Any) -> Any:
    """JSON knows no NaN and no infinity: they become words."""
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if isinstance(value, Mapping):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
