"""The headline findings, computed from the tables: short sentences that claim no more than the intervals allow."""

from embedseq.report import numbers
from embedseq.report.content import DriftFacts, Report, ScoreRow, ScoreTable
from embedseq.report.score_tables import baseline_labels, baseline_of, decimals_of, heading

MEANING = (
    "“Beats” means that the whole interval lies on the better side. "
    "Whether two rows of a table differ needs a test on paired samples."
)


def headlines(report: Report) -> tuple[str, ...]:
    """The report's findings: its own, where it has any, else one sentence a table and one about the drift."""
    if report.findings is not None:
        return report.findings
    tables = (*report.similarity, *report.scores, *report.probes)
    return (*(_about(table) for table in tables if table.rows), *_drift(report.drift))


def seed_caution(report: Report) -> str | None:
    """With one seed: what the intervals leave out."""
    if len(report.run.seeds) != 1 or not (report.scores or report.similarity or report.probes):
        return None
    return (
        "This run has one seed. Its intervals are over items only (sentences, word pairs, words): "
        "each speaks of these models only, and says nothing about how much another seed would change."
    )


def _about(table: ScoreTable) -> str:
    verdicts: dict[str, list[str]] = {}
    for label in baseline_labels(table):
        pairs = [(row, reference.value) for row in table.rows if (reference := baseline_of(row, label))]
        verdicts.setdefault(_verdict(table, pairs), []).append(f"the baseline “{label}”")
    for label in dict.fromkeys(row.control.label for row in table.rows if row.control):
        pairs = [(row, row.control.value) for row in table.rows if row.control and row.control.label == label]
        verdicts.setdefault(_verdict(table, pairs), []).append(f"the control “{label}”")
    sentences = [verdict.format(references=numbers.listed(references)) for verdict, references in verdicts.items()]
    return f"{heading(table)}: {'; '.join([*sentences, _best(table)])}."


def _beats(table: ScoreTable, row: ScoreRow, reference: float) -> bool:
    """Whether the whole interval (the value, where there is none) lies on the better side of the reference."""
    if table.better == "higher":
        return (row.value if row.low is None else row.low) > reference
    return (row.value if row.high is None else row.high) < reference


def _verdict(table: ScoreTable, pairs: list[tuple[ScoreRow, float]]) -> str:
    """Who beats the references, with a hole `{references}` for their names."""
    better = [row for row, reference in pairs if _beats(table, row, reference)]
    noun = "rows" if any(row.part for row in table.rows) else table.subjects
    if len(better) == len(pairs):
        who = f"all {len(pairs)} {noun} beat" if len(pairs) > 1 else f"{_name(table, pairs[0][0])} beats"
        return f"{_braced(who)} {{references}}"
    if not better:
        return f"no {noun[:-1]} beats {{references}}".replace("no vector beats", "no vectors beat")
    others = [_name(table, row) for row, _ in pairs if row not in better]
    rest = numbers.listed(others) if len(others) <= 3 else f"{len(others)} others"
    return f"{len(better)} of {len(pairs)} {noun} beat {{references}}, but not {_braced(rest)}"


def _braced(text: str) -> str:
    """Text that survives `format` as it is."""
    return text.replace("{", "{{").replace("}", "}}")


def _name(table: ScoreTable, row: ScoreRow) -> str:
    return f"{row.subject} ({table.part_name} {row.part})" if row.part else row.subject


def _best(table: ScoreTable) -> str:
    """The row with the best value, and whether its interval holds the next one's."""
    sign = 1 if table.better == "higher" else -1
    first, *others = sorted(table.rows, key=lambda row: -sign * row.value)
    decimals = decimals_of(table)
    unit = f" {table.unit}" if table.unit else ""
    interval = "" if first.low is None else f" ({numbers.span(first.low, first.high, decimals)})"
    value = f"{numbers.fixed(first.value, decimals)}{unit}{interval}"
    if not others:
        return f"{_name(table, first)} has {table.metric} {value}"
    best = f"{_name(table, first)} has the {'highest' if sign > 0 else 'lowest'} {table.metric}, {value}"
    if first.low is None or _beats(table, first, others[0].value):
        return best
    return f"{best}, an interval that also holds the {numbers.fixed(others[0].value, decimals)} of {_name(table, others[0])}"


def _drift(drift: tuple[DriftFacts, ...]) -> tuple[str, ...]:
    bands = [arm.bands for arm in drift if len(arm.bands) > 1]
    if not bands:
        return ()
    furthest = [max(range(len(each)), key=lambda i, each=each: each[i].value) for each in bands]  # type: ignore[misc]
    commonest = furthest.count(0)
    rarest = sum(index == len(each) - 1 for index, each in zip(furthest, bands, strict=True))
    models = numbers.counted(len(bands), "models")
    return (f"Drift: tuning moved the commonest words furthest in {commonest} of {models}, the rarest in {rarest}.",)
