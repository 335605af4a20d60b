"""How scores stand to what they are held against: which rows beat all of it, and what is the hardest to beat."""

from collections.abc import Sequence
from dataclasses import dataclass

from embedseq.report.content import Lead, Reference, ScoreRow, ScoreTable


@dataclass(frozen=True)
class Standing:
    """Of some rows those that can be judged, and how many of them beat everything that they are held against."""

    judged: int
    above: int
    hardest: str
    """The name of what fewest rows beat: `the baseline “majority class”`."""
    beaten: int
    """How many rows beat that."""
    met: int
    """How many rows are held against that."""
    kinds: tuple[str, ...]
    """What there is: `baseline`, `baselines`, `control`."""


def standing(tables: Sequence[ScoreTable]) -> Standing | None:
    """That of all rows; None where neither more nor less is better, or nothing can be judged."""
    counts: dict[str, list[bool]] = {}
    above = judged = 0
    for table in tables:
        for row in table.rows if table.better != "neither" else ():
            outcomes = dict(_outcomes(table, row))
            judged += bool(outcomes)
            above += bool(outcomes) and all(outcomes.values())
            for name, beaten in outcomes.items():
                counts.setdefault(name, []).append(beaten)
    if not judged:
        return None
    hardest = min(counts, key=lambda name: (sum(counts[name]) / len(counts[name]), name))
    return Standing(judged, above, hardest, sum(counts[hardest]), len(counts[hardest]), _kinds(list(counts)))


def _kinds(names: Sequence[str]) -> tuple[str, ...]:
    found = []
    for kind in ("baseline", "control"):
        count = sum(name.startswith(f"the {kind}") for name in names)
        found += [f"{kind}s" if count > 1 else kind] if count else []
    return tuple(found)


def _outcomes(table: ScoreTable, row: ScoreRow) -> list[tuple[str, bool]]:
    held = [("baseline", reference) for reference in row.baselines]
    held += [("control", reference) for reference in row.controls]
    judged = ((kind, each, judge(table, row, each)) for kind, each in held)
    return [(f"the {kind} “{each.label}”", outcome) for kind, each, outcome in judged if outcome is not None]


def judge(table: ScoreTable, row: ScoreRow, reference: Reference) -> bool | None:
    """Whether a row beats a reference: by the interval of their difference where they were measured on the same items, else by
    the interval of the row. None where one has no value, or neither more nor less is better."""
    if row.value is None or reference.value is None or table.better == "neither":
        return None
    return beats(table, reference.lead, 0.0) if reference.lead else beats(table, row, reference.value)


def beats(table: ScoreTable, shown: ScoreRow | Lead, reference: float) -> bool:
    """Whether the whole interval (the value, where there is none) lies on the better side of the reference."""
    value = shown.value if shown.value is not None else reference
    if table.better == "higher":
        return (value if shown.low is None else shown.low) > reference
    return (value if shown.high is None else shown.high) < reference
