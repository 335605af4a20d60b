"""What models score and what they cost, in one table of all that may be compared: a row a model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from embedseq.report import numbers
from embedseq.report.content import ArmFacts, Report, ScoreTable
from embedseq.report.fact_tables import label_cell
from embedseq.report.groups import grouped, telling_apart
from embedseq.report.score_tables import decimals_of, interval_cell, level_words, value_column
from embedseq.report.tables import Cell, Column, Table, without_empty_columns


@dataclass(frozen=True)
class _Scores:
    """The tables of scores of a group of models."""

    shared: tuple[ScoreTable, ...]
    """Those of scores by which all models that have them may be compared."""
    parted: tuple[str, ...]
    """The names of the other scores."""


def side_by_side_tables(report: Report) -> tuple[Table, ...]:
    """A table for each group of two or more comparable models that were trained, or failed, and have scores."""
    groups = grouped(report.arms, lambda arm: arm.truth)
    endings = telling_apart(groups, report.arms)
    return tuple(table for group, ending in zip(groups, endings, strict=True) for table in _of_group(report, group, ending))


def _of_group(report: Report, group: Sequence[ArmFacts], ending: str) -> Iterator[Table]:
    ran = [arm for arm in group if arm.seeds or arm.failure]
    scores = _scores_of(report.scores, {arm.label for arm in ran})
    if len(ran) < 2 or not scores.shared:
        return
    columns = (
        Column("model"),
        *map(value_column, scores.shared),
        Column("parameters", numeric=True),
        Column(f"{ran[0].answers} per second", numeric=True),
        Column("memory", numeric=True),
    )
    measured = [_score_cells(table, ran) for table in scores.shared]
    rows = tuple((label_cell(arm), *values, *_cost_cells(arm)) for arm, *values in zip(ran, *measured, strict=True))
    table = Table(_title(ending), _how_to_read(scores.shared, ran), columns, rows, _notes(scores.parted))
    yield without_empty_columns(table, numbers.NONE)


def _title(ending: str) -> str:
    """`Side by side on captions`, `Side by side: language models on speeches`."""
    return f"Side by side:{ending.removeprefix(' of')}" if ending.startswith(" of ") else f"Side by side{ending}"


def _scores_of(tables: Sequence[ScoreTable], labels: set[str]) -> _Scores:
    own = [table for table in tables if labels & {row.subject for row in table.rows}]
    by_metric = grouped(own, lambda table: table.metric)
    shared = tuple(same[0] for same in by_metric if len(same) == 1)
    return _Scores(shared, tuple(same[0].metric for same in by_metric if len(same) > 1))


def _score_cells(table: ScoreTable, arms: Sequence[ArmFacts]) -> list[Cell]:
    rows = {row.subject: row for row in table.rows}
    decimals = decimals_of(table)
    return [interval_cell(rows.get(arm.label), decimals) for arm in arms]


def _cost_cells(arm: ArmFacts) -> tuple[Cell, ...]:
    return (
        Cell(numbers.count(arm.parameters or None)),
        Cell(numbers.spread([seed.tokens_per_second for seed in arm.seeds], numbers.rate)),
        Cell(numbers.spread([seed.peak_memory for seed in arm.seeds], numbers.memory)),
    )


def _how_to_read(tables: Sequence[ScoreTable], arms: Sequence[ArmFacts]) -> str:
    """Which way is better, what the intervals are, and what the costs are of."""
    how = [_better(tables)]
    if any(row.low is not None for table in tables for row in table.rows):
        how.append(f"Each score has its {level_words(tables[0].level)}; the tables below say what that ranges over.")
    how.append(f"{arms[0].answers.capitalize()} per second and memory are those of the training, memory the most that it took.")
    if any(len(arm.seeds) > 1 for arm in arms):
        how.append("Where seeds differ in these, the range over them is given.")
    return " ".join(how)


def _better(tables: Sequence[ScoreTable]) -> str:
    """Which way the scores are better."""
    lower = [table.metric for table in tables if table.better == "lower"]
    if not lower:
        return "Higher is better."
    if len(lower) == len(tables):
        return "Lower is better."
    return f"Lower is better for {numbers.listed(lower)}, higher for the other scores."


def _notes(parted: Sequence[str]) -> tuple[str, ...]:
    """Which scores are left out."""
    return (f"Not all of these models may be compared by {numbers.listed(parted)}: see the tables below.",) if parted else ()
