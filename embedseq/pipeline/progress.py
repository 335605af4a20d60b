"""What a run looks like while it goes on: bars where there is a terminal, otherwise a line now and then."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from embedseq.pipeline.events import Event, NodeResult, Observer, Outcome, Status
from embedseq.pipeline.stage import Node

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

LINE_SECONDS = 30.0
"""Without a terminal a running stage says so often how far it is."""
FACTS = ("loss", "valid_loss", "tokens_per_second", "words_per_second")
"""The facts of a stage that are shown, beside `epoch` of `epochs` and the time left."""


def progress_for(stream: TextIO | None = None) -> Observer:
    """Bars on a terminal, plain lines elsewhere; on standard error unless another stream is given."""
    stream = stream or sys.stderr
    return BarProgress(stream) if stream.isatty() else LineProgress(stream)


class LineProgress:
    """Plain lines for a log."""

    def __init__(self, stream: TextIO, every: float = LINE_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._every, self._clock = stream, every, clock
        self._count = _Count()
        self._last: dict[str, float] = {}

    def begin(self, nodes: Sequence[Node], jobs: int) -> None:
        """One line."""
        self._count.begin(nodes)
        self._print(f"{len(nodes)} stages on {jobs} core{'s' if jobs > 1 else ''}")

    def note(self, event: Event) -> None:
        """A line for the beginning and for what a stage logs, one now and then for how far it is."""
        if event.what == "started":
            self._last[event.node] = self._clock()
            self._print(f"{event.node}: begins")
        elif event.what == "progress":
            if self._clock() - self._last.get(event.node, float("-inf")) >= self._every:
                self._last[event.node] = self._clock()
                self._print(f"{event.node}: {describe(event.facts)}")
        elif event.what in ("log", "waiting", "damaged"):
            self._print(f"{event.node}: {event.facts['message']}")

    def finish(self, result: NodeResult) -> None:
        """A line, except for what was there already."""
        self._count.finish(result)
        if line := result_line(result):
            self._print(f"[{self._count}] {line}")

    def end(self, outcome: Outcome) -> None:
        """The sums."""
        self._print(outcome_line(outcome))

    def _print(self, line: str) -> None:
        print(line, file=self._stream, flush=True)


class BarProgress:
    """Bars, drawn with rich: one for all stages, one for each that runs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._count = _Count()
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def begin(self, nodes: Sequence[Node], jobs: int) -> None:
        """Show the bar of all stages."""
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

        self._escape = escape
        self._count.begin(nodes)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TextColumn("{task.fields[facts]}"),
        )
        self._bars = Progress(*columns, console=Console(file=self._stream), transient=True)
        self._all = self._bars.add_task(f"[bold]stages on {jobs} core{'s' if jobs > 1 else ''}", total=len(nodes), facts="")
        self._bars.start()

    def note(self, event: Event) -> None:
        """Move the bar of the stage, or print what it logs above the bars."""
        assert self._bars is not None
        if event.what == "started":
            self._tasks[event.node] = self._bars.add_task(self._escape(event.node), total=None, facts="")
        elif event.what == "progress" and event.node in self._tasks:
            facts = self._escape(describe(event.facts, counts=False))
            self._bars.update(self._tasks[event.node], completed=event.facts["done"], total=event.facts["total"], facts=facts)
        elif event.what in ("log", "waiting", "damaged"):
            self._print(f"{event.node}: {event.facts['message']}")

    def finish(self, result: NodeResult) -> None:
        """Remove the bar of the stage."""
        assert self._bars is not None
        self._count.finish(result)
        if (task := self._tasks.pop(result.id, None)) is not None:
            self._bars.remove_task(task)
        self._bars.update(self._all, completed=self._count.settled)
        if line := result_line(result):
            self._print(line)

    def end(self, outcome: Outcome) -> None:
        """Remove all bars and print the sums."""
        assert self._bars is not None
        self._bars.stop()
        self._print(outcome_line(outcome))

    def _print(self, line: str) -> None:
        assert self._bars is not None
        self._bars.console.print(line, markup=False, highlight=False)


class _Count:
    """How many stages are settled; one may be settled twice, when its artifact turns out to be damaged."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._all = 0

    def begin(self, nodes: Sequence[Node]) -> None:
        self._all = len(nodes)

    def finish(self, result: NodeResult) -> None:
        self._names.add(result.id)

    @property
    def settled(self) -> int:
        return len(self._names)

    def __str__(self) -> str:
        return f"{self.settled}/{self._all}"


def describe(facts: Mapping[str, Any], *, counts: bool = True) -> str:
    """How far a stage is: `epoch 3/10, 61 %, loss 2.41, 3,100 tokens/s, 2:05 left`."""
    parts = []
    if "epoch" in facts:
        parts.append(f"epoch {facts['epoch']}" + (f"/{facts['epochs']}" if "epochs" in facts else ""))
    if counts and facts.get("total"):
        parts.append(f"{100 * facts['done'] / facts['total']:.0f} %")
    for name in FACTS:
        if isinstance(value := facts.get(name), int | float):
            words = name.replace("_", " ")
            parts.append(
                f"{value:,.0f} {words.replace(' per second', '/s')}" if name.endswith("second") else f"{words} {value:.3f}"
            )
    if isinstance(left := facts.get("seconds_left"), int | float):
        parts.append(f"{duration(left)} left")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `2:05`, `1:02:05`."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def result_line(result: NodeResult) -> str:
    """How a stage ended; empty for one that was in the store."""
    match result.status:
        case "done":
            return f"{result.id}: done in {duration(result.seconds)}"
        case "cached":
            return ""
        case _:
            return f"{result.id}: {result.status.upper()}: {result.message}"


def outcome_line(outcome: Outcome) -> str:
    """The sums: `12 stages: 3 done, 9 cached, in 0:41`."""
    statuses: tuple[Status, ...] = ("done", "cached", "failed", "skipped", "cancelled")
    counts = ", ".join(f"{count} {status}" for status in statuses if (count := outcome.count(status)))
    total = len(outcome.results)
    return f"{total} stage{'s' if total != 1 else ''}: {counts or 'nothing to do'}, in {duration(outcome.seconds)}"
