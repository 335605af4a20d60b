"""The effects of claims with their intervals: a row a claim, an axis a unit, a line at 0 and a pale band of what is too small."""

import math
from collections.abc import Sequence

from embedseq.report.claim_tables import effect_words
from embedseq.report.content import ClaimFacts
from embedseq.report.figures.drawing import ACCENT, INK, MUTED, Drawing, Figure, Spec, domain, layer
from embedseq.report.figures.intervals import LONGEST_LABEL, NARROW, WIDE, Frame, lines_between, names
from embedseq.report.groups import grouped

DECIDED = ("supported", "contradicted")


def effect_figures(claims: Sequence[ClaimFacts]) -> tuple[Figure, ...]:
    """A figure for all claims whose effects are in one unit; none where no claim has an effect."""
    known = [claim for claim in claims if claim.effect is not None and math.isfinite(claim.effect)]
    groups = grouped(known, lambda claim: claim.unit or claim.score)
    return tuple(_figure(group, several=len(groups) > 1) for group in groups)


def _figure(claims: Sequence[ClaimFacts], several: bool) -> Figure:
    unit = claims[0].unit or claims[0].score
    said = [f"{claim.says.rstrip('.')}: {claim.verdict}, {effect_words(claim)}" for claim in claims]
    keys = [("dot", "effect with its interval"), ("hollow", "not decided, or too small to matter")]
    how = "Right of 0 is as claimed."
    if any(claim.smallest for claim in claims):
        keys.append(("smallest", "below the smallest effect of interest"))
        how += " An effect whose whole interval lies in the pale band is too small to matter."
    return Figure(
        wide=_svg(claims, unit, WIDE),
        narrow=_svg(claims, unit, NARROW),
        alt=f"Effects with intervals: {'; '.join(said)}. The tables have the same numbers.",
        keys=tuple(keys),
        title=f"Effects, {unit}" if several else "Effects",
        how_to_read=how,
    )


def _svg(claims: Sequence[ClaimFacts], unit: str, width: int) -> Drawing:
    longest = LONGEST_LABEL if width == NARROW else 2 * LONGEST_LABEL
    labels = tuple(claim.says if len(claim.says) <= longest else f"{claim.says[: longest - 1]}…" for claim in claims)
    ends = domain([0.0, *(end for claim in claims for end in _extent(claim))])
    frame = Frame(labels, width, ends, f"effect, {unit} (right of 0 is as claimed)")
    layers = [_band(claims, frame), lines_between(frame), _zero(frame), names(frame), *_marks(claims, frame)]
    return frame.draw([each for each in layers if each["data"]["values"]])


def _extent(claim: ClaimFacts) -> list[float]:
    smallest = claim.smallest or 0.0
    return [end for end in (claim.effect, claim.low, claim.high, smallest, -smallest) if end is not None and math.isfinite(end)]


def _band(claims: Sequence[ClaimFacts], frame: Frame) -> Spec:
    values = [
        {"value": -claim.smallest, "to": claim.smallest, "y": row + (0.42 if frame.above else 0.08), "y2": row + 0.92}
        for row, claim in enumerate(claims)
        if claim.smallest
    ]
    mark = {"type": "rect", "color": MUTED, "opacity": 0.18}
    return layer(values, mark, x=frame.x(), x2={"field": "to"}, y=frame.y(), y2={"field": "y2"})


def _zero(frame: Frame) -> Spec:
    values = [{"value": 0, "y": 0, "y2": len(frame.labels)}]
    return layer(values, {"type": "rule", "color": INK, "strokeWidth": 1}, x=frame.x(), y=frame.y(), y2={"field": "y2"})


def _marks(claims: Sequence[ClaimFacts], frame: Frame) -> list[Spec]:
    """Whiskers and dots; a dot is filled where the claim was decided."""
    x, y, said = frame.x(), frame.y(), {"field": "said", "type": "nominal"}
    points = [
        {
            "value": claim.effect,
            "low": claim.low,
            "high": claim.high,
            "y": frame.at(row),
            "said": f"{claim.says.rstrip('.')}: {claim.verdict}, {effect_words(claim)}",
            "decided": claim.verdict in DECIDED,
        }
        for row, claim in enumerate(claims)
    ]
    whiskers = [point for point in points if point["low"] is not None and point["high"] is not None]
    dot: Spec = {"type": "point", "color": ACCENT, "size": 70, "opacity": 1, "strokeWidth": 1.8}
    return [
        layer(whiskers, {"type": "rule", "color": ACCENT, "strokeWidth": 2}, x={**x, "field": "low"}, x2={"field": "high"}, y=y),
        layer([point for point in points if point["decided"]], {**dot, "filled": True}, x=x, y=y, description=said),
        layer([point for point in points if not point["decided"]], {**dot, "fill": "var(--paper)"}, x=x, y=y, description=said),
    ]
