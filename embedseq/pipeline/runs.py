"""The records of runs, read: `runs/<name>-<n>/` with the pipeline file, what became of each stage, and the log.

Clock times, speeds and costs live here and nowhere in artifacts. `run.json` is written anew while the run goes on, so that an
interrupted run can be read; `events.jsonl` only grows.
"""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from embedseq.errors import RequestError
from embedseq.pipeline.artifact import Artifact
from embedseq.pipeline.keys import KeyRecord
from embedseq.pipeline.locks import holder_of
from embedseq.pipeline.plan import Previous
from embedseq.pipeline.store import Store

RECORD = "run.json"
FORMAT = 2
NAME = re.compile(r"(?P<name>.+)-(?P<number>[1-9]\d*)")


@dataclass(frozen=True)
class NodeRecord:
    """What became of one stage in a run."""

    id: str
    kind: str
    status: str
    key: str | None
    digest: str | None
    message: str
    written: Mapping[str, Any] | None
    """What the key was made of, as it lies in the file."""

    @cached_property
    def record(self) -> KeyRecord | None:
        """The same, taken apart when it is asked for: of most runs only the keys are. None where it cannot be."""
        try:
            return KeyRecord.from_json(self.written) if self.written else None
        except (KeyError, TypeError, ValueError):
            return None


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
    for folder in run_folders(store.runs):
        if pipeline is None or parts_of(folder.name)[0] == pipeline:
            try:
                runs.append(load_run(folder))
            except RequestError:
                continue
    return sorted(runs, key=lambda run: (run.started, parts_of(run.name)[1]))


def newest_first(store: Store, pipeline: str) -> Iterator[Run]:
    """The runs of a pipeline, read one by one. Folders without a readable record are left out."""
    numbers = {folder: parts_of(folder.name) for folder in run_folders(store.runs)}
    of_pipeline = [folder for folder, (name, _) in numbers.items() if name == pipeline]
    for folder in sorted(of_pipeline, key=lambda folder: numbers[folder][1], reverse=True):
        with suppress(RequestError):
            yield load_run(folder)


def latest_run(store: Store, pipeline: str | None = None) -> Run | None:
    """The run that started last, of one pipeline or of all."""
    return max(all_runs(store, pipeline), key=lambda run: run.started, default=None)


def find_run(store: Store, name: str) -> Run:
    """`quickstart-3`: this one; `quickstart`: the latest of this pipeline; `latest`: the latest of all. Raises RequestError."""
    names = [folder.name for folder in run_folders(store.runs)]
    if name in names:
        return load_run(store.runs / name)
    run = latest_run(store, None if name == "latest" else name)
    if run is not None:
        return run
    if not names:
        raise RequestError(f"there are no runs in {store.root} yet; `embedseq run FILE` makes one")
    choices = dict.fromkeys([*names, *(parts_of(found)[0] for found in names)])
    near = difflib.get_close_matches(name, choices, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    raise RequestError(f"no run is called {name!r}. {hint}There are: {', '.join(sorted(names)[-20:])}")


def previous_nodes(store: Store, pipeline: str, runs: int = 20) -> dict[str, Previous]:
    """What the last runs of a pipeline recorded of each node, the newest record first: what `plan` tells changes by."""
    known: dict[str, Previous] = {}
    for run in reversed(all_runs(store, pipeline)[-runs:]):
        for name, node in run.nodes.items():
            if name not in known and node.key is not None and (record := node.record) is not None:
                known[name] = Previous(record, node.key, node.status, node.message)
    return known


def _node_record(name: str, node: Mapping[str, Any]) -> NodeRecord:
    key, digest, message = node.get("key"), node.get("digest"), node.get("message") or ""
    return NodeRecord(name, node["kind"], node["status"], key, digest, message, node.get("record"))


def run_folders(runs: Path) -> list[Path]:
    """The folders of runs, by their names."""
    return sorted(folder for folder in runs.iterdir() if NAME.fullmatch(folder.name)) if runs.exists() else []


def parts_of(name: str) -> tuple[str, int]:
    """The pipeline and the number in the name of a run's folder."""
    match = NAME.fullmatch(name)
    assert match is not None
    return match["name"], int(match["number"])
