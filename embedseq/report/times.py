"""Where the time of a run went: the parts of each stage, and the operators of trainings that were traced. Facts and tables."""

from collections.abc import Sequence
from dataclasses import dataclass

from embedseq.report import numbers
from embedseq.report.tables import Cell, Column, Table, cells, without_empty_columns


@dataclass(frozen=True)
class StageTimes:
    """Seconds of one stage that ran. What the log does not tell is None."""

    stage: str
    seconds: float
    """By the clock, from when it was handed to a worker."""
    waited: float | None = None
    """Before that: ready, but without cores, or another run worked on it."""
    loading: float | None = None
    """Until the worker had started and loaded what the stage needs."""
    verifying: float | None = None
    """Reading its inputs for verification."""
    preparing: float | None = None
    """A part of the work: reading the inputs, building a model."""
    work: float | None = None
    writing: float | None = None
    """Hashing what it wrote and bringing it to the disk."""
    processor: float | None = None
    """Of all threads of the stage's process, without loading."""


@dataclass(frozen=True)
class OperatorTime:
    """One operator of torch."""

    name: str
    calls: int
    seconds: float


@dataclass(frozen=True)
class TraceFacts:
    """Some updates of a training run under torch's profiler."""

    stage: str
    file: str
    """Chrome's trace, in the folder of the run."""
    first: int
    last: int
    seconds: float
    busy_seconds: float
    validations: int
    operators: tuple[OperatorTime, ...]
    replicas: int = 1
    """Processes that shared the work, of which the first was looked at."""


PARTS = ("waited", "loading", "verifying", "preparing", "work", "writing", "processor")


def times_table(times: Sequence[StageTimes]) -> Table:
    """A row a stage, those that took longest first."""
    longest = max(each.seconds for each in times)
    rows = [
        cells(
            each.stage,
            *(numbers.NONE if (part := getattr(each, name)) is None else numbers.duration(part) for name in PARTS[:-1]),
            Cell(numbers.duration(each.seconds), bar=each.seconds / longest if longest else None),
            numbers.duration(each.processor),
        )
        for each in sorted(times, key=lambda each: -each.seconds)
    ]
    titles = ("stage", "waited", "loading", "verifying", "preparing", "work", "writing", "time", "processor")
    columns = tuple(Column(title, numeric=title != "stage") for title in titles)
    how = (
        "Waited: it was ready and had no cores. The time goes into loading (a worker starts and loads torch, once for many "
        "stages), verifying (every byte of the inputs is read), the work (of which a part is preparing: reading the inputs and "
        "building the model) and writing (hashing the result and bringing it to the disk). Processor: seconds of all threads."
    )
    return without_empty_columns(Table("Where the time went", how, columns, tuple(rows)), numbers.NONE)


def trace_table(trace: TraceFacts) -> Table:
    """The operators by the time that each took itself."""
    rows = tuple(
        cells(
            each.name,
            numbers.count(each.calls),
            f"{numbers.fixed(each.seconds, 3)} s",
            Cell(numbers.share(each.seconds / trace.busy_seconds), bar=each.seconds / trace.busy_seconds),
        )
        for each in trace.operators
        if each.seconds > 0
    )
    between = f", with the validation split read {numbers.counted(trace.validations, 'times')}" if trace.validations else ""
    others = f", in the first of {trace.replicas} processes" if trace.replicas > 1 else ""
    updates = f"Updates {trace.first:,} to {trace.last:,}" if trace.last > trace.first else f"Update {trace.first:,}"
    how = (
        f"{updates} took {numbers.duration(trace.seconds)} under the profiler{between}{others}; "
        "each operator of torch without those that it calls. "
        f"All of it is in {trace.file} in the run's folder, for ui.perfetto.dev or chrome://tracing."
    )
    columns = (Column("operator"), *(Column(title, numeric=True) for title in ("calls", "time", "share")))
    return Table(f"Operators of {trace.stage}", how, columns, rows)
