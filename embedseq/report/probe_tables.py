"""Probes of one level at a glance: for each score of each, how it stands to what it is held against, and its best row."""

from collections.abc import Mapping, Sequence

from embedseq.report import numbers
from embedseq.report.content import Level, ProbeFacts, ScoreTable
from embedseq.report.score_tables import decimals_of, heading, row_name
from embedseq.report.standing import standing
from embedseq.report.tables import Cell, Column, Table, cells, without_empty_columns

LEVELS: Mapping[Level, str] = {
    "word": "What the word vectors know",
    "token": "What states know of words",
    "sentence": "What states know of sentences",
    "memory": "What is remembered",
    "attention": "Where models look",
    "geometry": "How vectors and states lie",
}
"""The levels in the page's order, and their titles."""


def of_level(probes: Sequence[ProbeFacts], level: Level) -> tuple[ProbeFacts, ...]:
    """The probes of one level, in the order of the file."""
    return tuple(probe for probe in probes if probe.level == level)


def rows_of(probes: Sequence[ProbeFacts]) -> int:
    """How many rows their tables have."""
    return sum(len(table.rows) for probe in probes for table in probe.tables)


def glance_table(probes: Sequence[ProbeFacts], level: Level) -> Table:
    """A row for each score of each probe."""
    columns = (
        Column("probe"),
        Column("score", wrap=True),
        Column("beats all it is held against", wrap=True),
        Column("hardest to beat", wrap=True),
        Column("best row", wrap=True),
        Column("its value", numeric=True),
    )
    rows = tuple(_row(probe, table) for probe in probes for table in probe.tables)
    judged = any(standing([table]) for probe in probes for table in probe.tables)
    how = "A row of a probe is one model (or set of vectors) in one layer or part."
    if judged:
        how += (
            " It beats a baseline or control if the interval of the difference, on the same items, lies wholly on the better "
            "side; where there is no such difference, if its own does."
        )
    return without_empty_columns(Table(f"{LEVELS[level]}, at a glance", how, columns, rows), numbers.NONE)


def _row(probe: ProbeFacts, table: ScoreTable) -> tuple[Cell, ...]:
    found = standing([table])
    score = heading(table).replace(f" of the probe {probe.name}", "")
    return cells(
        probe.name,
        score if table.metric.casefold() in score.casefold() else f"{score}: {table.metric}",
        f"{found.above} of {numbers.counted(found.judged, 'rows')}" if found else numbers.NONE,
        f"{found.hardest.removeprefix('the ')} ({found.beaten} of {found.met})"
        if found and found.above < found.judged
        else numbers.NONE,
        *_best(table),
    )


def _best(table: ScoreTable) -> tuple[Cell, Cell]:
    """The best row and its value; where neither more nor less is better, the range over all rows."""
    known = sorted((row.value, place) for place, row in enumerate(table.rows) if row.value is not None)
    decimals = decimals_of(table)
    if not known:
        return Cell(numbers.NONE), Cell(numbers.UNDEFINED, tone="muted")
    unit = f" {table.unit}" if table.unit else ""
    if table.better == "neither" and len(known) > 1:
        return Cell("lowest to highest row"), Cell(f"{numbers.span(known[0][0], known[-1][0], decimals)}{unit}")
    _, place = known[0] if table.better == "lower" else max(known, key=lambda each: (each[0], -each[1]))
    row = table.rows[place]
    interval = numbers.span(row.low, row.high, decimals)
    return Cell(row_name(table, row)), Cell(
        f"{numbers.fixed(row.value, decimals)}{unit}", small="" if interval == numbers.NONE else interval
    )
