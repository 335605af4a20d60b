"""Scores over parts that stand in a row, as curves: a line a model, told apart by mark, dash and colour; whiskers are intervals.

What all models are held against alike is a pale line among them. What each is held against alone (itself before training, its
own control) stands beside it in a panel of its own.
"""

import math
from collections.abc import Iterator, Sequence

from embedseq.report import numbers
from embedseq.report.content import ScoreTable
from embedseq.report.figures.drawing import (
    ACCENT,
    BASELINE,
    CONTROL,
    Drawing,
    Figure,
    Padding,
    Panel,
    Panels,
    Spec,
    axis,
    domain,
    drawing_of,
    layer,
    looked_up,
    position,
)
from embedseq.report.figures.intervals import DASHES, NARROW, WIDE, short_labels
from embedseq.report.ordered_parts import Chart, Held, Line, charts, held_against, held_by_all
from embedseq.report.score_tables import decimals_of, heading, level_words, part_words

LINES = 6
"""So many colours and marks there are: the page has the colours as `--line-0` to `--line-5`."""
SHAPES = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross")
LINE_DASHES: tuple[list[int], ...] = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3], [4, 2])
MOST_LINES = 8
"""More would hide each other; then the panels alone are drawn."""
HEIGHT = 230
PANEL_WIDTH, PANEL_HEIGHT = 230, 110
PANEL_PADDING = Padding(left=36, right=10, top=8, bottom=36)


def score_curves(table: ScoreTable) -> tuple[Figure | Panels, ...]:
    """The figures of a table whose parts are ordered; none where it has nothing to draw as a curve."""
    found: list[Figure | Panels] = []
    for chart in charts(table):
        ends = _ends(table, chart)
        if ends is None:
            continue
        alone = len(chart.lines) == 1
        shared = held_by_all(table, chart)
        own = any(len(held_against(table, line)) > len(shared) for line in chart.lines)
        if len(chart.lines) <= MOST_LINES:
            found.append(_overview(table, chart, shared, ends))
        if (own and not alone) or len(chart.lines) > MOST_LINES:
            found.append(_panels(table, chart, ends))
    return tuple(found)


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _points(line: Line, offset: float = 0.0) -> list[Spec]:
    """The rows that have a number, each with its interval where it has one."""
    return [
        {
            "place": place + offset,
            "value": row.value,
            "low": row.low if _finite(row.low) else None,
            "high": row.high if _finite(row.high) else None,
        }
        for place, row in line.points
        if _finite(row.value)
    ]


def _whole(points: Sequence[Spec]) -> list[Spec]:
    """Those of them that have an interval."""
    return [point for point in points if point["low"] is not None and point["high"] is not None]


def _ends(table: ScoreTable, chart: Chart) -> tuple[float, float] | None:
    """The ends of the axis that all figures of a chart share; None where there is no number."""
    rows = [row for line in chart.lines for _, row in line.points]
    held = [reference for line in chart.lines for each in held_against(table, line) for _, reference in each.points]
    values = [row.value for row in rows] + [each.value for each in held] + [end for row in rows for end in (row.low, row.high)]
    known = [value for value in values if value is not None and math.isfinite(value)]
    return domain(known) if any(_finite(row.value) for row in rows) else None


def _title(table: ScoreTable, chart: Chart) -> str:
    what = f", {chart.what}" if chart.what else ""
    return f"{heading(table)}{what}, by {chart.axis}"


def _value_words(table: ScoreTable) -> str:
    return f"{table.metric}, {table.unit}" if table.unit else table.metric


def _overview(table: ScoreTable, chart: Chart, shared: Sequence[Held], ends: tuple[float, float]) -> Figure:
    labels = short_labels([line.subject for line in chart.lines])
    held = held_against(table, chart.lines[0]) if len(chart.lines) == 1 else shared
    keys = [(f"line-{number}", label) for number, label in enumerate(labels)]
    apart = f"; {table.subjects} stand a little apart" if len(chart.lines) > 1 else ""
    return Figure(
        wide=_lines(table, chart, held, ends, WIDE),
        narrow=_lines(table, chart, held, ends, NARROW),
        alt=f"Curves over {chart.axis}. {_alt(table, chart, labels)} The table has the same numbers.",
        keys=(*keys, *_held_keys(held)),
        title=_title(table, chart),
        how_to_read=f"{_value_words(table)}. Whiskers are the {level_words(table.level)}{apart}.",
    )


def _alt(table: ScoreTable, chart: Chart, labels: Sequence[str]) -> str:
    decimals = decimals_of(table)
    said = []
    for label, line in zip(labels, chart.lines, strict=True):
        points = [f"{numbers.value(row.value, decimals)} at {chart.ticks[place]}" for place, row in line.points]
        said.append(f"{label}: {', '.join(points)}.")
    return " ".join(said)


def _held_keys(held: Sequence[Held]) -> list[tuple[str, str]]:
    baselines = [each for each in held if not each.control]
    keys = [(f"held-{min(number, len(DASHES) - 1)}", f"baseline: {each.label}") for number, each in enumerate(baselines)]
    return keys + [("held-control", f"control: {each.label}") for each in held if each.control]


def _x(chart: Chart, few: bool) -> Spec:
    """The position along the parts, which are numbered and evenly spaced."""
    every = max(1, math.ceil(len(chart.ticks) / 8)) if few else 1
    shown = axis(
        chart.axis,
        ticks=len(chart.ticks),
        grid=False,
        values=list(range(0, len(chart.ticks), every)),
        labelExpr=looked_up(chart.ticks),
    )
    return position("place", (-0.4, len(chart.ticks) - 0.6), shown)


def _held_layers(held: Sequence[Held], x: Spec, y: Spec) -> Iterator[Spec]:
    """Pale lines of what scores are held against."""
    baselines = 0
    for each in held:
        values = [{"place": place, "value": reference.value} for place, reference in each.points if _finite(reference.value)]
        dash = [2, 3] if each.control else DASHES[min(baselines, len(DASHES) - 1)]
        baselines += not each.control
        colour = CONTROL if each.control else BASELINE
        mark = {"type": "line", "color": colour, "strokeWidth": 1.4, "strokeDash": dash, "opacity": 0.75}
        yield layer(values, mark, x=x, y=y)
        if each.control:
            diamond = {"type": "point", "shape": "diamond", "color": colour, "filled": False, "size": 40, "opacity": 0.75}
            yield layer(values, diamond, x=x, y=y)


def _lines(table: ScoreTable, chart: Chart, held: Sequence[Held], ends: tuple[float, float], width: int) -> Drawing:
    x = _x(chart, few=width == NARROW)
    y = position("value", ends, axis(None, ticks=5))
    layers = list(_held_layers(held, x, y))
    apart = min(0.09, 0.02 * len(chart.ticks), 0.5 / len(chart.lines))
    for number, line in enumerate(chart.lines):
        offset = (number - (len(chart.lines) - 1) / 2) * apart
        layers += _line(table, line, number, offset, x, y)
    padding = Padding(left=52, right=14, top=8, bottom=40)
    drawn = [each for each in layers if each["data"]["values"]]
    return drawing_of(drawn, width - padding.left - padding.right, HEIGHT, padding)


def _line(table: ScoreTable, line: Line, number: int, offset: float, x: Spec, y: Spec) -> tuple[Spec, ...]:
    """A line with its whiskers and marks."""
    decimals = decimals_of(table)
    colour = f"var(--line-{number % LINES})"
    points = _points(line, offset)
    for point, (_, row) in zip(points, ((place, row) for place, row in line.points if _finite(row.value)), strict=True):
        point["said"] = f"{line.subject}, {part_words(table, row)}: {_said(row.value, row.low, row.high, decimals)}"
    whiskers = _whole(points)
    stroke: Spec = {"type": "line", "color": colour, "strokeWidth": 1.8, "strokeDash": LINE_DASHES[number % len(LINE_DASHES)]}
    mark: Spec = {"type": "point", "shape": SHAPES[number % LINES], "color": colour, "filled": True, "size": 60, "opacity": 1}
    return (
        layer(
            whiskers, {"type": "rule", "color": colour, "strokeWidth": 1.2}, x=x, y={**y, "field": "low"}, y2={"field": "high"}
        ),
        layer(points, stroke, x=x, y=y),
        layer(points, mark, x=x, y=y, description={"field": "said", "type": "nominal"}),
    )


def _said(value: float | None, low: float | None, high: float | None, decimals: int) -> str:
    interval = "" if low is None else f" ({numbers.span(low, high, decimals)})"
    return f"{numbers.value(value, decimals)}{interval}"


def _panels(table: ScoreTable, chart: Chart, ends: tuple[float, float]) -> Panels:
    labels = short_labels([line.subject for line in chart.lines])
    panels = tuple(
        Panel(label, _panel(table, chart, line, ends), _panel_alt(table, chart, line, label))
        for label, line in zip(labels, chart.lines, strict=True)
    )
    held = held_against(table, chart.lines[0])
    keys = (("band", f"{table.metric} with its {level_words(table.level)}"), *_held_keys(held))
    how = f"{_value_words(table)}, by {chart.axis}. All panels share both axes."
    columns = min(len(panels), min((4, 3), key=lambda count: -len(panels) % count))
    title = f"{heading(table)}{f', {chart.what}' if chart.what else ''}: each with what it is held against"
    return Panels(title, how, panels, columns=columns, width=PANEL_WIDTH, keys=keys)


def _panel_alt(table: ScoreTable, chart: Chart, line: Line, label: str) -> str:
    decimals = decimals_of(table)
    points = [f"{numbers.value(row.value, decimals)} at {chart.ticks[place]}" for place, row in line.points]
    return f"{table.metric} of {label} over {chart.axis}: {', '.join(points)}. The table has what it is held against."


def _panel(table: ScoreTable, chart: Chart, line: Line, ends: tuple[float, float]) -> Drawing:
    x, y = _x(chart, few=True), position("value", ends, axis(None, ticks=3))
    known = _points(line)
    spans = _whole(known)
    layers = [
        layer(spans, {"type": "area", "color": ACCENT, "opacity": 0.2}, x=x, y={**y, "field": "low"}, y2={"field": "high"}),
        *_held_layers(held_against(table, line), x, y),
        layer(known, {"type": "line", "color": ACCENT, "strokeWidth": 1.8}, x=x, y=y),
        layer(known, {"type": "point", "color": ACCENT, "filled": True, "size": 30, "opacity": 1}, x=x, y=y),
    ]
    drawn = [each for each in layers if each["data"]["values"]]
    width = PANEL_WIDTH - PANEL_PADDING.left - PANEL_PADDING.right
    return drawing_of(drawn, width, PANEL_HEIGHT, PANEL_PADDING)


def key_svg(mark: str) -> str:
    """What stands in the key for a line, `line-3`, for what scores are held against, `held-0`, or for a `band`; else nothing."""
    kind, _, number = mark.partition("-")
    if kind == "line":
        dash = " ".join(map(str, LINE_DASHES[int(number) % len(LINE_DASHES)]))
        colour = f"var(--line-{int(number) % LINES})"
        path = f'<path d="M1 7H25" stroke="{colour}" stroke-width="1.8" stroke-dasharray="{dash}"/>'
        return f'{path}<path d="{KEY_SHAPES[int(number) % LINES]}" fill="{colour}"/>'
    if mark == "held-control":
        path = '<path d="M1 7H25" stroke="var(--control)" stroke-width="1.4" stroke-dasharray="2 3"/>'
        return f'{path}<path d="M13 3L17 7L13 11L9 7Z" fill="none" stroke="var(--control)" stroke-width="1.2"/>'
    if kind == "held":
        dash = " ".join(map(str, DASHES[int(number)]))
        return f'<path d="M1 7H25" stroke="var(--baseline)" stroke-width="1.4" stroke-dasharray="{dash}"/>'
    if mark == "band":
        area = '<path d="M1 3H25V11H1Z" fill="var(--accent)" fill-opacity="0.2"/>'
        line = '<path d="M1 7H25" stroke="var(--accent)" stroke-width="1.8"/>'
        return f'{area}{line}<circle cx="13" cy="7" r="2.6" fill="var(--accent)"/>'
    return ""


KEY_SHAPES = (
    "M13 3A4 4 0 1 1 12.99 3Z",
    "M9.5 3.5H16.5V10.5H9.5Z",
    "M13 2.5L17.5 10.5H8.5Z",
    "M13 2L17.5 7L13 12L8.5 7Z",
    "M13 11.5L8.5 3.5H17.5Z",
    "M11.5 2.5H14.5V5.5H17.5V8.5H14.5V11.5H11.5V8.5H8.5V5.5H11.5Z",
)
"""The marks of `SHAPES` in the key."""
