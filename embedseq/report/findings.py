"""The headline findings, computed from the tables: short sentences that claim no more than the intervals allow."""

from dataclasses import dataclass

from embedseq.report import numbers
from embedseq.report.content import DriftFacts, Reference, Report, ScoreRow, ScoreTable
from embedseq.report.score_tables import baseline_labels, baseline_of, decimals_of, heading, row_name

MEANING = (
    "“Beats” means that the interval of the difference from the baseline, measured on the same items, lies wholly on the better "
    "side; where there is none, the whole interval of the score. Whether two rows of a table differ needs such a test, too."
)

COMMONEST, RAREST = "the commonest words", "the rarest words"


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


@dataclass(frozen=True)
class _Row:
    """A row that has a value, with how it is called and how far its interval reaches."""

    name: str
    value: float
    low: float | None
    high: float | None


def _about(table: ScoreTable) -> str:
    if all(row.value is None for row in table.rows):
        what = f"{table.metric} is undefined" if table.title else "undefined"
        return f"{heading(table)}: {what} for {_everything(table, len(table.rows))}."
    verdicts: dict[str, list[str]] = {}
    for label in baseline_labels(table):
        pairs = _pairs(table, [(row, baseline_of(row, label)) for row in table.rows])
        verdicts.setdefault(_verdict(table, pairs), []).append(f"the baseline “{label}”")
    for label in dict.fromkeys(row.control.label for row in table.rows if row.control):
        pairs = _pairs(table, [(row, row.control) for row in table.rows if row.control and row.control.label == label])
        verdicts.setdefault(_verdict(table, pairs), []).append(f"the control “{label}”")
    sentences = [verdict.format(references=numbers.listed(references)) for verdict, references in verdicts.items() if verdict]
    unknown = [row_name(table, row) for row in table.rows if row.value is None]
    beside = [f"it is undefined for {_some(unknown)}"] if unknown else []
    return f"{heading(table)}: {'; '.join([*sentences, _best(table), *beside])}."


def _pairs(table: ScoreTable, held: list[tuple[ScoreRow, Reference | None]]) -> list[tuple[_Row, bool]]:
    """Those rows and references that have a value, and whether the row beats its reference: nothing can be said of the others."""
    found = []
    for scored, reference in held:
        if reference is not None and scored.value is not None and reference.value is not None:
            row = _Row(row_name(table, scored), scored.value, scored.low, scored.high)
            lead = reference.lead and _Row(row.name, reference.lead.value, reference.lead.low, reference.lead.high)
            found.append((row, _beats(table, lead, 0.0) if lead else _beats(table, row, reference.value)))
    return found


def _beats(table: ScoreTable, row: _Row, reference: float) -> bool:
    """Whether the whole interval (the value, where there is none) lies on the better side of the reference."""
    if table.better == "higher":
        return (row.value if row.low is None else row.low) > reference
    return (row.value if row.high is None else row.high) < reference


def _verdict(table: ScoreTable, pairs: list[tuple[_Row, bool]]) -> str:
    """Who beats the references, with a hole `{references}` for their names; empty where nothing can be said."""
    if not pairs:
        return ""
    better = [row for row, beats in pairs if beats]
    if len(better) == len(pairs):
        who = f"{_everything(table, len(pairs))} beat" if len(pairs) > 1 else f"{pairs[0][0].name} beats"
        return f"{_braced(who)} {{references}}"
    noun = _noun(table)
    if not better:
        return f"no {noun[:-1]} beats {{references}}".replace("no vector beats", "no vectors beat")
    others = [row.name for row, _ in pairs if row not in better]
    return f"{numbers.some_of(len(better), len(pairs), noun, 'beat')} {{references}}, but not {_braced(_some(others))}"


def _noun(table: ScoreTable) -> str:
    """What its rows are: a model has a row for each layer."""
    return "rows" if any(row.part for row in table.rows) else table.subjects


def _everything(table: ScoreTable, count: int) -> str:
    """All rows: the one by its name, `both models`, `all 3 models`."""
    if count == 1:
        return row_name(table, table.rows[0])
    noun = _noun(table)
    return f"{'both' if count == 2 else f'all {count}'} {'sets of vectors' if noun == 'vectors' else noun}"


def _some(names: list[str]) -> str:
    """The names, or their number where they are many."""
    return numbers.listed(names) if len(names) <= 3 else f"{len(names)} others"


def _braced(text: str) -> str:
    """Text that survives `format` as it is."""
    return text.replace("{", "{{").replace("}", "}}")


def _best(table: ScoreTable) -> str:
    """The row with the best value, and whether its interval holds the next one's."""
    sign = 1 if table.better == "higher" else -1
    rows = [_Row(row_name(table, row), row.value, row.low, row.high) for row in table.rows if row.value is not None]
    first, *others = sorted(rows, key=lambda row: -sign * row.value)
    decimals = decimals_of(table)
    unit = f" {table.unit}" if table.unit else ""
    interval = "" if first.low is None else f" ({numbers.span(first.low, first.high, decimals)})"
    value = f"{numbers.fixed(first.value, decimals)}{unit}{interval}"
    if not others:
        return f"{first.name} has {table.metric} {value}"
    best = f"{first.name} has the {'highest' if sign > 0 else 'lowest'} {table.metric}, {value}"
    if first.low is None or _beats(table, first, others[0].value):
        return best
    return f"{best}, an interval that also holds the {numbers.fixed(others[0].value, decimals)} of {others[0].name}"


def _drift(drift: tuple[DriftFacts, ...]) -> tuple[str, ...]:
    places = [place for arm in drift if (place := _furthest(arm))]
    if not places:
        return ()
    if len(places) == 1:
        return (f"Drift: tuning moved {places[0]} furthest.",)
    commonest, rarest = places.count(COMMONEST), places.count(RAREST)
    models = numbers.counted(len(places), "models")
    return (f"Drift: tuning moved {COMMONEST} furthest in {commonest} of {models}, the rarest in {rarest}.",)


def _furthest(arm: DriftFacts) -> str:
    """The words of an arm that moved furthest; empty where there are no two bands to compare."""
    moved = [(band.value, place) for place, band in enumerate(arm.bands) if band.value is not None]
    if len(moved) < 2:
        return ""
    _, place = max(moved, key=lambda each: (each[0], -each[1]))
    return {0: COMMONEST, len(arm.bands) - 1: RAREST}.get(place, f"the words of {arm.bands[place].label}")
