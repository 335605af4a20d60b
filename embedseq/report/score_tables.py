"""Score tables as text: each number with its interval, n, seeds, coverage, baselines and controls (no figure, no HTML)."""

from collections.abc import Iterable, Sequence

from embedseq.report import numbers
from embedseq.report.content import DriftBand, DriftFacts, Reference, ScoreRow, ScoreTable
from embedseq.report.tables import Cell, Column, Table, cells, without_empty_columns

NAMED = 3
"""So many rows are named in a note."""


def decimals_of(table: ScoreTable) -> int:
    """How many decimals the table's numbers have: one choice for all, so that they stand in line.

    The intervals of the scores decide; where none of them has any width, those of the baselines.
    """
    baselines = [reference for row in table.rows for reference in row.baselines]
    halves = _half_widths(table.rows) or _half_widths(baselines)
    return numbers.decimals_for(halves, [row.value for row in table.rows if row.value is not None])


def _half_widths(shown: Sequence[ScoreRow | Reference]) -> list[float]:
    """How far the intervals reach to either side, those that have any width."""
    ends = [(each.low, each.high) for each in shown]
    return [(high - low) / 2 for low, high in ends if low is not None and high is not None and high > low]


def heading(table: ScoreTable) -> str:
    """The table's title, or its metric as a title: `Accuracy`, `Macro F1`, but `chrF`."""
    if table.title:
        return table.title
    first = table.metric.partition(" ")[0]
    return table.metric[:1].upper() + table.metric[1:] if first.islower() else table.metric


def baseline_labels(table: ScoreTable) -> tuple[str, ...]:
    """The names of all baselines of the table, in order of appearance."""
    return tuple(dict.fromkeys(reference.label for row in table.rows for reference in row.baselines))


def control_labels(table: ScoreTable) -> tuple[str, ...]:
    """The names of all controls of the table, in order of appearance."""
    return tuple(dict.fromkeys(reference.label for row in table.rows for reference in row.controls))


def baseline_of(row: ScoreRow, label: str) -> Reference | None:
    """The row's baseline of that name."""
    return next((reference for reference in row.baselines if reference.label == label), None)


def control_of(row: ScoreRow, label: str) -> Reference | None:
    """The row's control of that name."""
    return next((reference for reference in row.controls if reference.label == label), None)


def row_name(table: ScoreTable, row: ScoreRow) -> str:
    """The row's subject, with its part where it is one of several: `a (layer 2)`, `a (encoder 2)`."""
    return f"{row.subject} ({part_words(table, row)})" if row.part else row.subject


def part_words(table: ScoreTable, row: ScoreRow) -> str:
    """The row's part as it is called in a sentence; a bare number needs to be told what it is of."""
    return f"{table.part_name} {row.part}" if row.part.isdecimal() else row.part


def level_words(level: float) -> str:
    """`95 % interval`."""
    return f"{100 * level:g} % interval"


def _range_words(values: Iterable[int], noun: str) -> str:
    ordered = sorted(set(values))
    if len(ordered) == 1:
        return numbers.counted(ordered[0], noun)
    return f"{numbers.count(ordered[0])} to {numbers.count(ordered[-1])} {noun}"


def interval_words(table: ScoreTable) -> str:
    """What the intervals range over; with one seed, that they say nothing about other trainings."""
    ranged = [row for row in table.rows if row.low is not None]
    if not ranged:
        return f"There is no interval: it takes two {table.items} or more that differ."
    items = _range_words((row.n for row in ranged), table.items)
    seeds = {row.seeds for row in ranged}
    interval = level_words(table.level)
    if max(seeds) == 1:
        scope = f"it speaks of these {table.subjects} only, not of others trained alike"
        return f"The {interval} is over {items} only: with one seed {scope}."
    words = f"{interval} over {_range_words(seeds, 'seeds')} and {items}, both resampled."
    return words if min(seeds) > 1 else f"{words} Rows with one seed speak of that training only."


def value_column(table: ScoreTable) -> Column:
    """The column of the scores, `loss, nats per token`."""
    return Column(f"{table.metric}, {table.unit}" if table.unit else table.metric, numeric=True)


def score_table(table: ScoreTable, missing: tuple[str, ...] = ()) -> Table:
    """The table as text. `missing` names subjects that have no row because they failed."""
    decimals = decimals_of(table)
    baselines, controls = baseline_labels(table), control_labels(table)
    columns = (
        Column(table.subjects),
        Column(table.part_name),
        value_column(table),
        Column(level_words(table.level), numeric=True),
        *(Column(f"baseline: {label}", numeric=True) for label in baselines),
        *(Column(f"control: {label}", numeric=True) for label in controls),
        Column(f"n, {table.items}", numeric=True),
        Column("seeds", numeric=True),
        Column("coverage", numeric=True),
    )
    rows = tuple(_score_cells(row, baselines, controls, decimals) for row in table.rows)
    text = Table(heading(table), f"{better_words(table)}{interval_words(table)}", columns, rows, _notes(table, missing))
    return without_empty_columns(text, numbers.NONE)


def better_words(table: ScoreTable) -> str:
    """`Higher is better. `; nothing where neither is."""
    return "" if table.better == "neither" else f"{table.better.capitalize()} is better. "


def _score_cells(row: ScoreRow, baselines: tuple[str, ...], controls: tuple[str, ...], decimals: int) -> tuple[Cell, ...]:
    return cells(
        row.subject,
        row.part or numbers.NONE,
        _value_cell(row.value, decimals),
        numbers.span(row.low, row.high, decimals),
        *(interval_cell(baseline_of(row, label), decimals) for label in baselines),
        *(interval_cell(control_of(row, label), decimals) for label in controls),
        numbers.count(row.n),
        numbers.count(row.seeds),
        numbers.share(row.coverage),
    )


def _value_cell(value: float | None, decimals: int) -> Cell:
    return Cell(numbers.value(value, decimals), tone="muted" if value is None else "")


def interval_cell(shown: ScoreRow | Reference | None, decimals: int) -> Cell:
    """A value with its interval in smaller type."""
    if shown is None:
        return Cell(numbers.NONE)
    if shown.value is None:
        return _value_cell(None, decimals)
    interval = numbers.span(shown.low, shown.high, decimals)
    return Cell(numbers.fixed(shown.value, decimals), small="" if interval == numbers.NONE else interval)


def _notes(table: ScoreTable, missing: tuple[str, ...]) -> tuple[str, ...]:
    signatures = tuple(dict.fromkeys(row.signature for row in table.rows if row.signature))
    return (
        *([table.note] if table.note else []),
        *(f"{row_name(table, row)} has no value: {row.problem}" for row in table.rows if row.problem),
        *_without(table),
        *([f"Not in this table, because the training failed: {numbers.listed(missing)}."] if missing else []),
        *(f"Signature: {signature}" for signature in signatures),
    )


def _without(table: ScoreTable) -> Iterable[str]:
    """Which rows have a value and lack what would make it mean something: an interval where others have one, anything to hold
    it against where it is a probe's."""
    known = [row for row in table.rows if row.value is not None]
    bare = [row_name(table, row) for row in known if row.low is None]
    if bare and len(bare) < len(known):
        yield f"No interval for {_some(bare)}: it takes two {table.items} or more that differ."
    alone = [row_name(table, row) for row in known if not row.baselines and not row.controls]
    if table.probe and alone:
        yield f"Held against nothing: {_some(alone)}."


def _some(names: Sequence[str]) -> str:
    return numbers.listed(names) if len(names) <= NAMED else f"{numbers.listed([*names[:NAMED], f'{len(names) - NAMED} more'])}"


def drift_table(drift: tuple[DriftFacts, ...]) -> Table:
    """Drift by frequency band, one row a band of an arm."""
    decimals = drift_decimals(drift)
    shown = [(arm, band) for arm in drift for band in (*arm.bands, *([arm.control] if arm.control else []))]
    labels = tuple(dict.fromkeys(reference.label for _, band in shown for reference in band.baselines))
    rows = tuple(_drift_cells(arm, band, labels, decimals) for arm, band in shown)
    columns = (
        Column("model"),
        Column("words"),
        Column("mean 1 − cosine", numeric=True),
        Column(level_words(drift[0].level), numeric=True),
        *(Column(f"baseline: {label}", numeric=True) for label in labels),
        Column("n, words", numeric=True),
        Column("seeds", numeric=True),
    )
    notes = tuple(f"{arm.arm}, {band.label}, has no value: {band.problem}" for arm, band in shown if band.problem)
    return without_empty_columns(Table("Drift by frequency band", drift_how_to_read(drift), columns, rows, notes), numbers.NONE)


def _drift_cells(arm: DriftFacts, band: DriftBand, labels: Sequence[str], decimals: int) -> tuple[Cell, ...]:
    held = {reference.label: reference for reference in band.baselines}
    return cells(
        arm.arm,
        f"control: {band.label}" if band is arm.control else band.label,
        _value_cell(band.value, decimals),
        numbers.span(band.low, band.high, decimals),
        *(interval_cell(held.get(label), decimals) for label in labels),
        numbers.count(band.n),
        numbers.count(arm.seeds),
    )


def drift_decimals(drift: tuple[DriftFacts, ...]) -> int:
    """How many decimals all the drifts have."""
    bands = [band for arm in drift for band in arm.bands]
    halves = ((band.high - band.low) / 2 for band in bands if band.low is not None and band.high is not None)
    return numbers.decimals_for(halves, [band.value for band in bands if band.value is not None])


def drift_how_to_read(drift: tuple[DriftFacts, ...]) -> str:
    """How to read the drift; with one seed, what the interval leaves out."""
    first = "0 means that tuning left the vectors where the embedding had put them, 1 that old and new vector are orthogonal."
    if any(arm.control for arm in drift):
        first += " Words that training never saw are the control: nothing but weight decay or a tied output layer moves them."
    seeds = max(arm.seeds for arm in drift)
    interval = level_words(drift[0].level)
    if seeds == 1:
        return f"{first} The {interval} is over words only: with one seed it speaks of these models only."
    return f"{first} {interval} over {numbers.counted(seeds, 'seeds')} and the words of the band."
