"""Dot-and-whisker figures: a score is a dot, its interval a line, its baselines are upright strokes, its controls diamonds."""

import math
from dataclasses import dataclass

from embedseq.report import numbers
from embedseq.report.content import DriftBand, DriftFacts, ScoreRow, ScoreTable
from embedseq.report.figures.drawing import (
    ACCENT,
    BASELINE,
    CONTROL,
    FONT_SIZE,
    INK,
    LETTER,
    RULE,
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
    position,
)
from embedseq.report.score_tables import (
    baseline_labels,
    baseline_of,
    control_labels,
    decimals_of,
    drift_decimals,
    level_words,
    part_words,
)

WIDE, NARROW = 720, 340
DASHES: tuple[list[int], ...] = ([4, 3], [1, 2], [8, 2], [8, 2, 1, 2])
LONGEST_LABEL = 50
LEAST_LABEL_WIDTH = 72
"""A short label may consist of wide letters alone."""


@dataclass(frozen=True)
class Dot:
    """A row of the figure."""

    label: str
    value: float
    low: float | None
    high: float | None
    said: str  # the tooltip
    baselines: tuple[float | None, ...] = ()
    controls: tuple[tuple[float, str], ...] = ()  # each with its tooltip
    per_seed: tuple[float, ...] = ()

    def numbers(self) -> list[float]:
        """All the values that the figure must have room for."""
        held = (*self.baselines, *(value for value, _ in self.controls))
        found = (self.value, self.low, self.high, *held, *self.per_seed)
        return [number for number in found if number is not None]


@dataclass(frozen=True)
class Frame:
    """Where everything goes. Labels stand to the left of their row, or `above` it where they are long."""

    labels: tuple[str, ...]
    width: int
    ends: tuple[float, float]
    title: str

    @property
    def label_width(self) -> int:
        """The room that labels to the left would take."""
        return max(LEAST_LABEL_WIDTH, round(max(len(label) for label in self.labels) * LETTER) + 14)

    @property
    def above(self) -> bool:
        """Whether the labels would take too much of the width."""
        return self.label_width > 0.4 * self.width

    def at(self, row: int) -> float:
        """Where the dot of a row stands, in rows from the top."""
        return row + (0.66 if self.above else 0.5)

    def x(self) -> Spec:
        """The position along the axis."""
        return position("value", self.ends, axis(self.title, ticks=4 if self.width == NARROW else 6, titleAnchor="start"))

    def y(self) -> Spec:
        """The position from the top."""
        return position("y", (len(self.labels), 0), None)

    def draw(self, layers: list[Spec]) -> Drawing:
        """The figure."""
        padding = Padding(left=12 if self.above else self.label_width, right=14, top=6, bottom=38)
        height = (38 if self.above else 25) * len(self.labels)
        return drawing_of(layers, self.width - padding.left - padding.right, height, padding)


def score_figure(table: ScoreTable) -> Figure | None:
    """The table as dots and whiskers, in the table's order. None where there is no number to draw."""
    baselines, controls = baseline_labels(table), control_labels(table)
    values = [(row, value) for row in table.rows if (value := _finite(row.value)) is not None]
    if not values:
        return None
    labels = short_labels([row.subject for row, _ in values])
    dots = [_dot(row, value, label, table) for (row, value), label in zip(values, labels, strict=True)]
    unit = f", {table.unit}" if table.unit else ""
    better = {"higher": " (right is better)", "lower": " (left is better)", "neither": ""}[table.better]
    title = f"{table.metric}{unit}{better}"
    keys = [("dot", f"{table.metric} with its {level_words(table.level)}")]
    if any(dot.per_seed for dot in dots):
        keys.append(("seed", "single seeds"))
    keys += [(f"baseline-{min(i, len(DASHES) - 1)}", f"baseline: {label}") for i, label in enumerate(baselines)]
    keys += [("control", f"{'controls' if len(controls) > 1 else 'control'}: {' / '.join(controls)}")] if controls else []
    return Figure(
        wide=_svg(dots, title, WIDE),
        narrow=_svg(dots, title, NARROW),
        alt=f"Dots with intervals: {'; '.join(dot.said for dot in dots)}. The table has the same numbers.",
        keys=tuple(keys),
    )


def drift_figure(drift: tuple[DriftFacts, ...]) -> Panels | None:
    """One panel an arm: how far each band of words moved, all panels on one scale from 0. None where there is nothing to draw."""
    decimals = drift_decimals(drift)
    rows = [
        [_band_dot(band, value, decimals) for band in arm.bands if (value := _finite(band.value)) is not None] for arm in drift
    ]
    ends = domain([number for dots in rows for dot in dots for number in dot.numbers()], zero=True)
    titles = short_labels([arm.arm for arm in drift])
    panels = tuple(
        Panel(title, _svg(dots, "mean 1 − cosine", NARROW, ends), f"Drift in {arm.arm}: {'; '.join(dot.said for dot in dots)}.")
        for arm, dots, title in zip(drift, rows, titles, strict=True)
        if dots
    )
    if not panels:
        return None
    how = "The table as a figure: commonest words on top; all panels share the axis."
    keys = (("dot", f"mean with its {level_words(drift[0].level)}"),)
    return Panels("", how, panels, columns=min(2, len(panels)), width=NARROW, keys=keys)


def short_labels(labels: list[str]) -> list[str]:
    """Labels without what all of them begin and end with: `translator[lstm,random]` is `lstm, random` among its like."""
    heads = {label.partition("[")[0] for label in labels}
    if len(heads) == 1 and all("[" in label and label.endswith("]") for label in labels):
        return [label.partition("[")[2][:-1].replace(",", ", ") for label in labels]
    return labels


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _said(label: str, value: float, low: float | None, high: float | None, decimals: int) -> str:
    interval = "" if low is None else f" ({numbers.span(low, high, decimals)})"
    return f"{label}: {numbers.fixed(value, decimals)}{interval}"


def _dot(row: ScoreRow, value: float, label: str, table: ScoreTable) -> Dot:
    """The row as a dot; whatever is no finite number is left out."""
    decimals = decimals_of(table)
    label = f"{label}, {part_words(table, row)}" if row.part else label
    held = [baseline_of(row, name) for name in baseline_labels(table)]
    return Dot(
        label=label,
        value=value,
        low=_finite(row.low),
        high=_finite(row.high),
        said=_said(label, value, row.low, row.high, decimals),
        baselines=tuple(_finite(reference.value) if reference else None for reference in held),
        controls=tuple(
            (each, f"control of {label}, {control.label}: {numbers.value(each, decimals)}")
            for control in row.controls
            if (each := _finite(control.value)) is not None
        ),
        per_seed=tuple(one for each in row.per_seed if (one := _finite(each)) is not None) if len(row.per_seed) > 1 else (),
    )


def _band_dot(band: DriftBand, value: float, decimals: int) -> Dot:
    said = _said(band.label, value, band.low, band.high, decimals)
    return Dot(band.label, value, _finite(band.low), _finite(band.high), said)


def _svg(dots: list[Dot], title: str, width: int, from_zero: tuple[float, float] | None = None) -> Drawing:
    """The rows from top to bottom, with pale bars to the dots where the axis begins at 0."""
    labels = tuple(dot.label if len(dot.label) <= LONGEST_LABEL else f"{dot.label[: LONGEST_LABEL - 1]}…" for dot in dots)
    ends = from_zero or domain([number for dot in dots for number in dot.numbers()])
    frame = Frame(labels, width, ends, title)
    bars = [_bars(dots, frame)] if from_zero else []
    return frame.draw([lines_between(frame), *_baselines(dots, frame), *bars, names(frame), *_marks(dots, frame)])


def lines_between(frame: Frame) -> Spec:
    """A hairline below each row."""
    return layer([{"y": row + 1} for row in range(len(frame.labels))], {"type": "rule", "color": RULE}, y=frame.y())


def names(frame: Frame) -> Spec:
    """The labels."""
    values = [{"label": label, "y": row + (0.28 if frame.above else 0.5)} for row, label in enumerate(frame.labels)]
    side: Spec = {"align": "left", "x": 0} if frame.above else {"align": "right", "x": -10}
    text: Spec = {"type": "text", "baseline": "middle", "fontSize": FONT_SIZE, "color": INK, "limit": 0, **side}
    return layer(values, text, y=frame.y(), text={"field": "label", "type": "nominal"})


def _baselines(dots: list[Dot], frame: Frame) -> list[Spec]:
    """Upright strokes; where all rows have the same baseline they join into one line."""
    layers = []
    for index in range(max(len(dot.baselines) for dot in dots)):
        values = [
            {"value": dot.baselines[index], "y": row + (0.42 if frame.above else 0.0), "y2": row + 1}
            for row, dot in enumerate(dots)
            if dot.baselines[index] is not None
        ]
        mark = {"type": "rule", "color": BASELINE, "strokeWidth": 1.6, "strokeDash": DASHES[min(index, len(DASHES) - 1)]}
        layers.append(layer(values, mark, x=frame.x(), y=frame.y(), y2={"field": "y2"}))
    return layers


def _bars(dots: list[Dot], frame: Frame) -> Spec:
    """Pale bars from 0 to the dots."""
    values = [{"value": 0, "to": dot.value, "y": frame.at(row)} for row, dot in enumerate(dots)]
    return layer(
        values, {"type": "rule", "color": ACCENT, "strokeWidth": 7, "opacity": 0.22}, x=frame.x(), x2={"field": "to"}, y=frame.y()
    )


def _marks(dots: list[Dot], frame: Frame) -> list[Spec]:
    """Whiskers, single seeds, controls and dots; the dots last, so that nothing hides them."""
    placed = [(dot, frame.at(row)) for row, dot in enumerate(dots)]
    x, y, said = frame.x(), frame.y(), {"field": "said", "type": "nominal"}
    whiskers = [{"value": dot.low, "to": dot.high, "y": at} for dot, at in placed if dot.low is not None and dot.high is not None]
    seeds = [{"value": value, "y": at} for dot, at in placed for value in dot.per_seed]
    controls = [{"value": value, "y": at, "said": told} for dot, at in placed for value, told in dot.controls]
    points = [{"value": dot.value, "y": at, "said": dot.said} for dot, at in placed]
    diamond: Spec = {"type": "point", "shape": "diamond", "color": CONTROL, "filled": False, "size": 70, "strokeWidth": 1.8}
    layers = [
        layer(whiskers, {"type": "rule", "color": ACCENT, "strokeWidth": 2}, x=x, x2={"field": "to"}, y=y),
        layer(seeds, {"type": "tick", "orient": "vertical", "color": ACCENT, "thickness": 1, "size": 12}, x=x, y=y),
        layer(controls, {**diamond, "opacity": 1}, x=x, y=y, description=said),
        layer(points, {"type": "point", "color": ACCENT, "filled": True, "size": 70, "opacity": 1}, x=x, y=y, description=said),
    ]
    return [each for each in layers if each["data"]["values"]]
