"""What writes the record of a run while it happens (`runs.py` says what it holds)."""

import json
import math
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from embedseq.errors import RequestError
from embedseq.pipeline.environment import environment
from embedseq.pipeline.events import Event, NodeResult, Outcome
from embedseq.pipeline.locks import FileLock, acquire
from embedseq.pipeline.runs import FORMAT, RECORD, parts_of, run_folders
from embedseq.pipeline.stage import Node
from embedseq.pipeline.store import Store

SAVE_SECONDS = 0.5
"""`run.json` is written at most so often while stages are merely found in the store."""


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


def _new_folder(runs: Path, name: str) -> Path:
    number = max((parts_of(folder.name)[1] for folder in run_folders(runs) if parts_of(folder.name)[0] == name), default=0)
    while True:
        number += 1
        try:
            (runs / f"{name}-{number}").mkdir()
        except FileExistsError:
            continue
        return runs / f"{name}-{number}"


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
