"""The words between the engine and the stages: what a stage is, where it stands in the graph, and what it is handed.

A stage is a pure function from a spec and input artifacts to one artifact. The modules of stages are imported by the engine to
read their versions, so they import torch, gensim and the like inside `run`, not at their top.
"""

import glob
import importlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from embedseq.pipeline.artifact import CPU

PROGRESS_SECONDS = 0.5
"""A stage may report progress as often as it likes; at most so often it is passed on."""
EARLIER_SECONDS = "earlier_seconds"
"""The fact that a stage tells when it goes on from where another execution was interrupted: how long that had taken so far."""


@dataclass(frozen=True)
class StageKind:
    """One kind of stage and the function that does its work."""

    name: str
    version: int
    """Raise it when the same spec and inputs give another output; part of every key."""
    run: "Callable[[StageContext], None]"
    needs_torch: bool = False
    """The worker loads torch once, before it forks the stage's process."""
    preload: tuple[str, ...] = ()
    """Further modules that are slow to import; the worker loads them once. They must not start threads or compute."""
    reads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Role -> patterns (`train.*`) of the files that it reads of that input. It is shown no others, and only these are in its
    key: what else the input holds may change without a rerun. `{side}` stands for the field `side` of the spec. A role that is
    not here is read whole, unless `*` speaks for all roles."""

    chosen_by: str | None = None
    """The role of an input that a node may have, which holds the values of all that is `TO_BE_CHOSEN` in its spec. They stand in
    the key as if they had always stood in the spec, and the input does not: see `choices`."""

    @property
    def slow_to_load(self) -> bool:
        """Whether a worker that has loaded this kind has a start of seconds."""
        return self.needs_torch or bool(self.preload)

    def part_of(self, role: str, spec: Mapping[str, Any]) -> tuple[str, ...] | None:
        """The patterns of the files that a stage with this spec reads of an input; None for all.

        Raises KeyError where a pattern names a field that the spec does not have.
        """
        patterns = self.reads.get(role, self.reads.get("*"))
        if patterns is None:
            return None
        literally = {name: glob.escape(value) for name, value in spec.items() if isinstance(value, str)}
        return tuple(pattern.format_map(literally) for pattern in patterns)


@dataclass(frozen=True)
class Node:
    """One stage of a pipeline."""

    id: str
    """Unique in the graph, and for people: `train restorer[lstm,random] seed 1`."""
    kind: str
    """A name in the registry, or `module:attribute`."""
    spec: Mapping[str, Any] = field(default_factory=dict)
    """All that the output depends on beside the inputs; JSON-like, part of the key."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Role -> id of the node whose artifact is read."""
    execution: Mapping[str, Any] = field(default_factory=dict)
    """What only concerns how and where (paths, labels); JSON-like, handed to the stage, never in the key."""
    threads: int = 1
    """Cores that the stage uses; part of the key."""
    tolerant: bool = False
    """Run although some inputs failed, as long as one is there; they are named in `StageContext.failures`."""
    passing: bool = False
    """Its output is large and soon made again: once all that read it are done, its files are let go and the manifest alone stays,
    from which the keys of its readers can still be told. It is made anew when one of them has to run."""
    trial: bool = False
    """That its settings come to nothing (`DivergedError`) is an answer, too: it is what the artifact then says, and nothing has
    failed."""


@dataclass
class StageContext:
    """What a stage is handed. Defaults are there so that a stage can be tried without an engine."""

    spec: Mapping[str, Any]
    output: Path
    """An empty folder to fill; it becomes the artifact when the stage returns."""
    scratch: Path
    """A folder that survives when the stage is killed or fails, for checkpoints; deleted once the artifact is there."""
    inputs: Mapping[str, Path] = field(default_factory=dict)
    """Role -> folder of the verified artifact, or of links to the part of it that the kind `reads`. Read only."""
    failures: Mapping[str, str] = field(default_factory=dict)
    """Role -> how that input ended (`failed`, `skipped`); empty unless the node is tolerant."""
    execution: Mapping[str, Any] = field(default_factory=dict)
    threads: int = 1
    send: Callable[[dict[str, Any]], None] = lambda message: None
    """Where the messages below go, as JSON-like mappings."""

    @property
    def device(self) -> str:
        """Where models compute, as torch names it. A stage that asks computes there: its artifact will say so."""
        self.computed_on = str(self.execution.get("device", CPU))
        return self.computed_on

    def __post_init__(self) -> None:
        self._last_progress = float("-inf")
        self.computed_on = CPU
        """Where this stage has computed so far."""

    def progress(self, done: float, total: float | None, **facts: Any) -> None:
        """How far the stage is, with facts such as `epoch`, `epochs`, `loss`, `tokens_per_second`, `seconds_left`. Throttled."""
        now = time.monotonic()
        if now - self._last_progress >= PROGRESS_SECONDS or done == total:
            self._last_progress = now
            self.send({**facts, "event": "progress", "done": done, "total": total})

    def log(self, message: str, **facts: Any) -> None:
        """A line for the run's log and the screen."""
        self.send({**facts, "event": "log", "message": message})

    def fact(self, name: str, value: Any) -> None:
        """A measurement of this very execution (a time, a speed, a cost), for the run's log alone: never part of the artifact."""
        self.send({"event": "fact", "name": name, "value": value})


def load_kind(reference: str) -> StageKind:
    """The stage kind that `module:attribute` names."""
    module, _, attribute = reference.partition(":")
    kind = getattr(importlib.import_module(module), attribute)
    if not isinstance(kind, StageKind):
        raise TypeError(f"{reference} is a {type(kind).__name__}, not a StageKind")
    return kind
