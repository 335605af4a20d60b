"""The headline findings, computed from the tables: short sentences that claim no more than the intervals allow."""

import math
from collections.abc import Sequence

from embedseq.report import numbers
from embedseq.report.claim_tables import claim_headlines
from embedseq.report.content import DriftFacts, ProbeFacts, Reference, Report, ScoreRow, ScoreTable
from embedseq.report.score_tables import baseline_labels, baseline_of, control_labels, control_of, decimals_of, heading, row_name
from embedseq.report.standing import beats, judge, standing

MEANING = (
    "“Beats” means that the interval of the difference from the baseline, measured on the same items, lies wholly on the better "
    "side; where there is none, the whole interval of the score. Whether two rows of a table differ needs such a test, too."
)

COMMONEST, RAREST = "the commonest words", "the rarest words"


FEW_ROWS = 6
"""A probe with no more rows is told like a score of the models."""


def headlines(report: Report) -> tuple[str, ...]:
    """The report's findings: its own, where it has any, else what became of the claims, then a sentence for each table of the
    models' scores, each probe, and the drift."""
    if report.findings is not None:
        return report.findings
    words, others = (
        [_about_probe(probe) for probe in report.probes if probe.tables and (probe.level == "word") is of_words]
        for of_words in (True, False)
    )
    scores = [_about(table) for table in report.scores if table.rows]
    return (*claim_headlines(report.claims), *words, *scores, *_drift(report.drift), *others)


def _about_probe(probe: ProbeFacts) -> str:
    """One sentence on the probe's main score, however many models, layers and sets it was asked of."""
    tables = [table for table in probe.tables if table.metric == probe.tables[0].metric]
    known = [table for table in tables if any(row.value is not None for row in table.rows)]
    if len(tables) == 1 and (len(tables[0].rows) <= FEW_ROWS or not known):
        called = heading(tables[0])
        return _about(tables[0], probe.name if f"the probe {probe.name}" in called else called)
    if not known:
        return f"{probe.name}: {tables[0].metric} is undefined everywhere."
    rows = sum(len(table.rows) for table in tables)
    parts = [_standing(tables, rows), *(_best_of(table, several=len(known) > 1) for table in known[:FEW_ROWS])]
    unknown = sum(row.value is None for table in tables for row in table.rows)
    parts += [f"{unknown} of {rows} rows are undefined"] if unknown else []
    return f"{probe.name}: {'; '.join(filter(None, parts))}."


def _standing(tables: Sequence[ScoreTable], rows: int) -> str:
    """In how many rows the score beats all that it is held against, and what is the hardest to beat."""
    found = standing(tables)
    if found is None:
        return ""
    all_of_it = (
        f"all that it is held against ({numbers.listed(found.kinds)})" if len(found.kinds) > 1 else f"its {found.kinds[0]}"
    )
    which = {found.judged: "all", 0: "none of"}.get(found.above, f"{found.above} of")
    sentence = f"{tables[0].metric} beats {all_of_it} in {which} {numbers.counted(found.judged, 'rows')}"
    if found.above == found.judged or found.kinds in (("baseline",), ("control",)):
        return sentence
    return f"{sentence} (hardest to beat: {found.hardest}, {found.beaten} of {found.met})"


def _best_of(table: ScoreTable, several: bool) -> str:
    best = _best(table)
    return f"on {heading(table)} {best}" if several else best


def seed_caution(report: Report) -> str | None:
    """With one seed: what the intervals leave out."""
    if len(report.run.seeds) != 1 or not (report.scores or report.probes):
        return None
    return (
        "This run has one seed. Its intervals are over items only (sentences, word pairs, words): "
        "each speaks of these models only, and says nothing about how much another seed would change."
    )


def _about(table: ScoreTable, called: str = "") -> str:
    """What stands in a table; it is called by its heading unless told otherwise."""
    called = called or heading(table)
    if all(row.value is None for row in table.rows):
        what = f"{table.metric} is undefined" if table.title else "undefined"
        return f"{called}: {what} for {_everything(table, len(table.rows))}."
    verdicts: dict[str, list[str]] = {}
    for label in baseline_labels(table):
        pairs = _pairs(table, [(row, baseline_of(row, label)) for row in table.rows])
        verdicts.setdefault(_verdict(table, pairs), []).append(f"the baseline “{label}”")
    for label in control_labels(table):
        pairs = _pairs(table, [(row, control_of(row, label)) for row in table.rows])
        verdicts.setdefault(_verdict(table, pairs), []).append(f"the control “{label}”")
    sentences = [verdict.format(references=numbers.listed(references)) for verdict, references in verdicts.items() if verdict]
    unknown = [row_name(table, row) for row in table.rows if row.value is None]
    beside = [f"it is undefined for {_some(unknown)}"] if unknown else []
    return f"{called}: {'; '.join([*sentences, _best(table), *beside])}."


def _pairs(table: ScoreTable, held: Sequence[tuple[ScoreRow, Reference | None]]) -> list[tuple[str, bool]]:
    """The rows that can be judged, by name, and whether each beats its reference."""
    found = []
    for row, reference in held:
        outcome = judge(table, row, reference) if reference is not None else None
        if outcome is not None:
            found.append((row_name(table, row), outcome))
    return found


def _verdict(table: ScoreTable, pairs: Sequence[tuple[str, bool]]) -> str:
    """Who beats the references, with a hole `{references}` for their names; empty where nothing can be said."""
    if not pairs:
        return ""
    better = [row for row, beats in pairs if beats]
    if len(better) == len(pairs):
        who = f"{_everything(table, len(pairs))} beat" if len(pairs) > 1 else f"{pairs[0][0]} beats"
        return f"{_braced(who)} {{references}}"
    noun = _noun(table)
    if not better:
        return f"no {noun[:-1]} beats {{references}}".replace("no vector beats", "no vectors beat")
    others = [name for name, beaten in pairs if not beaten]
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
    """The row with the best value, and whether its interval holds the next one's; where neither is better, the range."""
    rows = [row for row in table.rows if row.value is not None]
    first, *others = sorted(rows, key=lambda row: _value(row) if table.better == "lower" else -_value(row))
    if not others:
        return f"{row_name(table, first)} has {table.metric} {_with_interval(table, first)}"
    if table.better == "neither":
        last, values = others[-1], [_with_interval(table, row) for row in (others[-1], first)]
        return f"{table.metric} goes from {values[0]} in {row_name(table, last)} to {values[1]} in {row_name(table, first)}"
    which = "highest" if table.better == "higher" else "lowest"
    best = f"{row_name(table, first)} has the {which} {table.metric}, {_with_interval(table, first)}"
    next_best = _value(others[0])
    if first.low is None or beats(table, first, next_best):
        return best
    return (
        f"{best}, an interval that also holds the {numbers.fixed(next_best, decimals_of(table))} of {row_name(table, others[0])}"
    )


def _value(row: ScoreRow) -> float:
    return math.nan if row.value is None else row.value


def _with_interval(table: ScoreTable, row: ScoreRow) -> str:
    decimals = decimals_of(table)
    unit = f" {table.unit}" if table.unit else ""
    interval = "" if row.low is None else f" ({numbers.span(row.low, row.high, decimals)})"
    return f"{numbers.fixed(row.value, decimals)}{unit}{interval}"


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
