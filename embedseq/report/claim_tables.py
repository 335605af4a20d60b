"""What became of the claims, as text: the verdict of each with its effect, interval, corrected p and n, and the reason for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from embedseq.report import numbers
from embedseq.report.content import ClaimFacts
from embedseq.report.groups import grouped
from embedseq.report.tables import Cell, Column, Table, Tone, cells, without_empty_columns

TONES: dict[str, Tone] = {"supported": "good", "contradicted": "bad"}
MARKS = {
    "supported": "✓",
    "contradicted": "✗",
    "no difference worth the name": "≈",
    "undecided": "?",
    "refused": "\N{MINUS SIGN}",
}  # a line may break after a dash
TRAINING, THESE = "training", "these models only"
LATE = "late"


@dataclass(frozen=True)
class Reason:
    """Why a claim has its verdict."""

    name: str
    verdict: str
    mark: str
    tone: Tone
    late: bool
    compared: str
    reason: str
    notes: tuple[str, ...]


def claim_tables(claims: Sequence[ClaimFacts]) -> tuple[Table, ...]:
    """A table for each family of claims, and one of those that could not be judged."""
    tables = [_of_family(family) for family in grouped([claim for claim in claims if claim.verdict], lambda claim: claim.family)]
    unjudged = [claim for claim in claims if not claim.verdict]
    if unjudged:
        rows = tuple(cells(claim.says, claim.name, Cell(claim.reason, tone="muted")) for claim in unjudged)
        columns = (Column("claim", wrap=True), Column("name"), Column("why it was not judged", wrap=True))
        tables.append(Table("Claims that were not judged", "What would have decided these is not there.", columns, rows))
    return tuple(tables)


def claim_reasons(claims: Sequence[ClaimFacts]) -> tuple[Reason, ...]:
    """What each judged claim rests on: what was compared, why it came out so, and what else must be known of it."""
    return tuple(
        Reason(
            claim.name,
            claim.verdict,
            MARKS.get(claim.verdict, "–"),
            TONES.get(claim.verdict, "muted"),
            claim.late,
            claim.compared,
            claim.reason,
            claim.notes,
        )
        for claim in claims
        if claim.verdict
    )


def _of_family(claims: Sequence[ClaimFacts]) -> Table:
    columns = (
        Column("claim", wrap=True),
        Column("verdict", wrap=True),
        Column("effect", numeric=True),
        Column("interval", numeric=True),
        Column("smallest of interest", numeric=True),
        Column("corrected p", numeric=True),
        Column("n", numeric=True),
        Column("seeds", numeric=True),
        Column("holds for", wrap=True),
        Column("name"),
    )
    family, size = claims[0].family, claims[0].family_size
    how = (
        "Effects are turned so that above 0 means: as claimed. p is two-sided, and corrected (Holm) for "
        f"the {numbers.counted(size, 'claims')} of the family “{family}”."
    )
    late = [claim.name for claim in claims if claim.late]
    notes = (
        (f"Added to the file after results existed, so that the wording may follow them: {numbers.listed(late)}.",)
        if late
        else ()
    )
    title = f"Verdicts on {family}"
    return without_empty_columns(Table(title, how, columns, tuple(map(_row, claims)), notes), numbers.NONE)


def _row(claim: ClaimFacts) -> tuple[Cell, ...]:
    decimals = decimals_of(claim)
    return cells(
        Cell(claim.says, small=LATE if claim.late else ""),
        Cell(f"{MARKS.get(claim.verdict, '–')}\N{NO-BREAK SPACE}{claim.verdict}", tone=TONES.get(claim.verdict, "muted")),
        Cell(numbers.value(claim.effect, decimals), small=claim.unit),
        numbers.span(claim.low, claim.high, decimals),
        numbers.given(claim.smallest),
        p_words(claim.p),
        numbers.count(claim.n),
        numbers.count(claim.seeds),
        TRAINING if claim.about_training else THESE,
        claim.name,
    )


def decimals_of(claim: ClaimFacts) -> int:
    """How many decimals the numbers of a claim have."""
    halves = [] if claim.low is None or claim.high is None else [(claim.high - claim.low) / 2]
    return numbers.decimals_for(halves, [claim.effect] if claim.effect is not None else [])


def p_words(p: float | None) -> str:
    """`0.031`, `< 0.001`."""
    if p is None:
        return numbers.NONE
    return "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def effect_words(claim: ClaimFacts) -> str:
    """`effect 1.2 % points (0.3 to 2.1)`."""
    decimals = decimals_of(claim)
    interval = "" if claim.low is None or claim.high is None else f" ({numbers.span(claim.low, claim.high, decimals)})"
    unit = f" {claim.unit}" if claim.unit and claim.effect is not None else ""
    return f"effect {numbers.value(claim.effect, decimals)}{unit}{interval}"


def claim_headlines(claims: Sequence[ClaimFacts]) -> tuple[str, ...]:
    """A finding for each claim that was judged."""
    return tuple(_headline(claim) for claim in claims if claim.verdict)


def _headline(claim: ClaimFacts) -> str:
    parts = [f"Claim “{claim.says.rstrip('.')}”: {claim.verdict}"]
    if claim.effect is None:
        parts[0] += f": {claim.reason.rstrip('.')}"
    else:
        p = [f"corrected p {p_words(claim.p)}"] if claim.p is not None else []
        scope = [] if claim.about_training else ["of these models only"]
        parts.append(", ".join([effect_words(claim), *p, *scope]))
    parts += ["added after results existed"] if claim.late else []
    return f"{'; '.join(parts)}."
