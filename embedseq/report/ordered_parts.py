"""Scores whose parts stand in a row (layers, distances, contexts, lengths), as lines over these parts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from embedseq.report.content import Reference, ScoreRow, ScoreTable
from embedseq.report.score_tables import baseline_labels, baseline_of, control_labels, control_of

LAYER = re.compile(r"(embedding|(?:[a-z]+ )?\d+)(?: (.*))?")
"""A layer, and what was made of its states: `encoder 1 mean`."""
NUMBER = re.compile(r"\d+")
TITLES = {"back": "words back", "encoder": "layer of the encoder", "decoder": "layer of the decoder"}
"""What an axis is called whose parts share a word."""
SHORT = {"embedding": "emb."}
SAME = 1e-9


@dataclass(frozen=True)
class Line:
    """The rows of one subject, each with its place on the axis, from left to right."""

    subject: str
    points: tuple[tuple[int, ScoreRow], ...]


@dataclass(frozen=True)
class Held:
    """What scores are held against, from left to right."""

    label: str
    control: bool
    points: tuple[tuple[int, Reference], ...]


@dataclass(frozen=True)
class Chart:
    """Lines that share an axis."""

    what: str
    """What tells it from the other charts of the same score: `mean`; empty for the only one."""
    axis: str
    ticks: tuple[str, ...]
    lines: tuple[Line, ...]


def charts(table: ScoreTable) -> tuple[Chart, ...]:
    """The lines of a table whose parts are ordered; none where it is no such table, or has no two parts in a row."""
    if not table.ordered or not all(row.part for row in table.rows):
        return ()
    placed = [(_parted(table, row.part), row) for row in table.rows]
    whats = list(dict.fromkeys(what for (_, what), _ in placed))
    of_subject: dict[str, set[str]] = {}
    for (_, what), row in placed:
        of_subject.setdefault(row.subject, set()).add(what)
    if all(len(own) == 1 for own in of_subject.values()):  # each model's own last layer
        whats, placed = [""], [((tick, ""), row) for (tick, _), row in placed]
    found = [_chart(table, what, [(tick, row) for (tick, which), row in placed if which == what]) for what in whats]
    return tuple(chart for chart in found if len(chart.ticks) > 1)


def _parted(table: ScoreTable, part: str) -> tuple[str, str]:
    """The place of a part on the axis, and the rest of its name."""
    what, comma, tick = part.rpartition(", ")
    if comma:
        return tick, what
    layer = LAYER.fullmatch(part) if table.part_name.startswith("layer") else None
    return (layer[1], layer[2] or "") if layer else (part, "")


def _chart(table: ScoreTable, what: str, rows: Sequence[tuple[str, ScoreRow]]) -> Chart:
    ticks = sorted({tick for tick, _ in rows}, key=_order)
    places = {tick: place for place, tick in enumerate(ticks)}
    lines = []
    for subject in dict.fromkeys(row.subject for _, row in rows):
        points = sorted(((places[tick], row) for tick, row in rows if row.subject == subject), key=lambda point: point[0])
        lines.append(Line(subject, tuple(points)))
    labels, shared = _shortened(ticks)
    return Chart(what, TITLES.get(shared, shared or table.part_name), labels, tuple(lines))


def _order(tick: str) -> tuple[bool, str, int]:
    number = NUMBER.search(tick)
    return number is not None, tick[: number.start()] if number else tick, int(number.group()) if number else 0


def _shortened(ticks: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """The ticks without the word that all those with a number begin or end with, and that word."""
    numbered = [tick for tick in ticks if NUMBER.search(tick)]
    for place in (0, -1):
        words = {tick.split()[place] for tick in numbered if len(tick.split()) > 1}
        if len(words) == 1 and all(len(tick.split()) > 1 for tick in numbered) and not words & set("0123456789"):
            (word,) = words
            if not NUMBER.search(word):
                cut = {tick: " ".join(tick.split()[1:] if place == 0 else tick.split()[:-1]) for tick in numbered}
                return tuple(cut.get(tick, SHORT.get(tick, tick)) for tick in ticks), word
    return tuple(SHORT.get(tick, tick) for tick in ticks), ""


def held_against(table: ScoreTable, line: Line) -> tuple[Held, ...]:
    """What the points of a line are held against: the baselines in the table's order, then the controls."""
    found = []
    for label in baseline_labels(table):
        points = [(place, held) for place, row in line.points if (held := baseline_of(row, label))]
        found.append(Held(label, control=False, points=tuple(points)))
    for label in control_labels(table):
        points = [(place, held) for place, row in line.points if (held := control_of(row, label))]
        found.append(Held(label, control=True, points=tuple(points)))
    return tuple(found)


def held_by_all(table: ScoreTable, chart: Chart) -> tuple[Held, ...]:
    """Those of them that are the same number for every line at every place, as the commonest label's share is."""
    found = []
    for of_lines in zip(*(held_against(table, line) for line in chart.lines), strict=True):
        at: dict[int, list[Reference]] = {}
        for place, reference in sorted((point for held in of_lines for point in held.points), key=lambda point: point[0]):
            at.setdefault(place, []).append(reference)
        if at and all(_alike([reference.value for reference in same]) for same in at.values()):
            points = tuple((place, same[0]) for place, same in at.items())
            found.append(Held(of_lines[0].label, of_lines[0].control, points))
    return tuple(found)


def _alike(values: Sequence[float | None]) -> bool:
    known = [value for value in values if value is not None]
    return len(known) in (0, len(values)) and (not known or max(known) - min(known) <= SAME * max(1.0, abs(known[0])))
