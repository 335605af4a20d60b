"""Tables of what was tuned: what each arm chose, and how well every trial did."""

from collections.abc import Sequence

from embedseq.report import numbers
from embedseq.report.content import ArmFacts, TrialFacts, TuningFacts
from embedseq.report.tables import Cell, Column, Table, cells, without_empty_columns

DECIMALS = 4
"""Losses of trials are often near to each other."""
JUDGED = (Column("validation loss", numeric=True), Column("compared by"), Column("score", numeric=True))


def tuning_tables(arms: Sequence[ArmFacts]) -> tuple[Table, ...]:
    """What was chosen, then all trials; nothing where nothing was tuned."""
    tuned = [(arm.label, arm.tuning) for arm in arms if arm.tuning is not None]
    if not tuned:
        return ()
    unit = _unit([arm for arm in arms if arm.tuning is not None])
    return _chosen_table(tuned, unit), _trials_table(tuned, unit)


def _chosen_table(tuned: Sequence[tuple[str, TuningFacts]], unit: str) -> Table:
    fields = _fields(tuned)
    columns = (
        Column("model"),
        *(Column(field, numeric=True) for field in fields),
        *JUDGED,
        Column("trials", numeric=True),
        Column("of them failed", numeric=True),
        Column("length of a trial, at most"),
    )
    rows = tuple(
        cells(
            label,
            *_values(fields, tuning, tuning.chosen),
            *_judged(tuning.chosen),
            numbers.count(len(tuning.trials)),
            numbers.count(sum(trial.loss is None for trial in tuning.trials) or None),
            tuning.length,
        )
        for label, tuning in tuned
    )
    how = (
        f"The values with which each model was trained, chosen by trials with seed {tuned[0][1].seed}: those with the lowest "
        f"validation loss, in {unit}, or the best score where one is named, in a trial's best "
        "epoch. They hold for all seeds; the test split played no part."
    )
    return without_empty_columns(Table("Tuning: what was chosen", how, columns, rows, tuple(_edges(tuned))), numbers.NONE)


def _trials_table(tuned: Sequence[tuple[str, TuningFacts]], unit: str) -> Table:
    fields = _fields(tuned)
    columns = (
        Column("model"),
        *(Column(field, numeric=True) for field in fields),
        *JUDGED,
        Column("best epoch", numeric=True),
        Column("outcome"),
    )
    rows = tuple(
        cells(
            label,
            *_values(fields, tuning, trial),
            *_judged(trial),
            numbers.count(trial.best_epoch),
            _outcome(trial),
        )
        for label, tuning in tuned
        for trial in tuning.trials
    )
    how = f"Every trial, its validation loss in {unit} at its best epoch. One in which training failed cannot be chosen."
    return without_empty_columns(Table("Tuning: all trials", how, columns, rows), numbers.NONE)


def _judged(trial: TrialFacts) -> tuple[str, ...]:
    """What stands under `JUDGED`: of trials that the loss decides, no more than that."""
    by = trial.best_by if trial.score is not None else numbers.NONE
    return numbers.fixed(trial.loss, DECIMALS), by, numbers.fixed(trial.score, DECIMALS)


def _outcome(trial: TrialFacts) -> Cell:
    if trial.chosen:
        return Cell("chosen", tone="good")
    return Cell(numbers.NONE, tone="muted") if trial.loss is not None else Cell("training failed", tone="bad")


def _values(fields: Sequence[str], tuning: TuningFacts, trial: TrialFacts) -> list[str]:
    """The trial's values under the columns of all fields that are tuned in any arm."""
    values = dict(zip(tuning.fields, trial.values, strict=True))
    return [values.get(field, numbers.NONE) for field in fields]


def _fields(tuned: Sequence[tuple[str, TuningFacts]]) -> list[str]:
    return list(dict.fromkeys(field for _, tuning in tuned for field in tuning.fields))


def _edges(tuned: Sequence[tuple[str, TuningFacts]]) -> list[str]:
    """A note on each value at the end of its list, with the models that chose it."""
    found: dict[str, list[str]] = {}
    for label, tuning in tuned:
        for edge in tuning.edges:
            found.setdefault(edge, []).append(label)
    return [
        f"{numbers.listed(labels) if len(labels) <= 3 else f'{len(labels)} models'} chose {edge}: a better value may lie beyond; "
        "widen the list."
        for edge, labels in found.items()
    ]


def _unit(arms: Sequence[ArmFacts]) -> str:
    answers = {arm.answers.removesuffix("s") for arm in arms}
    return f"nats per {answers.pop()}" if len(answers) == 1 else "nats per answer"
