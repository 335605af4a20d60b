"""What the engine tells those who watch a run: the log, the screen, a tracker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from embedseq.pipeline.keys import KeyRecord
from embedseq.pipeline.stage import Node

Status = Literal["cached", "done", "failed", "skipped", "cancelled"]
What = Literal["started", "waiting", "progress", "log", "fact", "output", "damaged", "traceback"]


@dataclass(frozen=True)
class Event:
    """Something that happened while a stage ran."""

    what: What
    node: str
    time: float
    """Seconds since 1970."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """`progress` has `done` and `total` and what the stage added; `log`, `waiting`, `damaged`, `output` and `traceback` have
    `message`; `fact` has `name` and `value`."""


@dataclass(frozen=True)
class NodeResult:
    """How a stage ended."""

    id: str
    kind: str
    status: Status
    key: str | None = None
    """None where an input is missing, so that there is no key."""
    digest: str | None = None
    """Of the output."""
    seconds: float = 0.0
    message: str = ""
    record: KeyRecord | None = None

    @property
    def ok(self) -> bool:
        """Whether there is an artifact."""
        return self.status in ("cached", "done")


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    results: Mapping[str, NodeResult]
    """One a node, in the order of the graph."""
    cancelled: bool = False
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether every stage has its artifact."""
        return not self.cancelled and all(result.ok for result in self.results.values())

    def count(self, status: Status) -> int:
        """How many stages ended so."""
        return sum(result.status == status for result in self.results.values())


class Observer(Protocol):
    """Watches a run. Methods are called one after the other in the engine's thread, so they should be quick."""

    def begin(self, nodes: Sequence[Node], jobs: int) -> None:
        """The run begins: these stages, on so many cores."""

    def note(self, event: Event) -> None:
        """Something happened while a stage ran."""

    def finish(self, result: NodeResult) -> None:
        """A stage ended, or was found in the store."""

    def end(self, outcome: Outcome) -> None:
        """The run ended."""


class Observers:
    """Several observers as one."""

    def __init__(self, *observers: Observer) -> None:
        self.observers = observers

    def begin(self, nodes: Sequence[Node], jobs: int) -> None:
        """Pass on."""
        for observer in self.observers:
            observer.begin(nodes, jobs)

    def note(self, event: Event) -> None:
        """Pass on."""
        for observer in self.observers:
            observer.note(event)

    def finish(self, result: NodeResult) -> None:
        """Pass on."""
        for observer in self.observers:
            observer.finish(result)

    def end(self, outcome: Outcome) -> None:
        """Pass on."""
        for observer in self.observers:
            observer.end(outcome)
