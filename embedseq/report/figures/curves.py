"""Learning curves as small multiples: training and validation loss by epoch, one panel an arm, and so the score by which epochs
are compared, where that is not the loss.

Arms whose losses may be compared are one figure, all on the same axes.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from embedseq.report import numbers
from embedseq.report.content import ArmFacts, CurvePoint, SeedFacts
from embedseq.report.figures.drawing import (
    ACCENT,
    MUTED,
    Drawing,
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
from embedseq.report.figures.intervals import short_labels
from embedseq.report.groups import grouped, telling_apart

WIDTH, HEIGHT = 230, 110
PADDING = Padding(left=32, right=10, top=8, bottom=36)


@dataclass(frozen=True)
class Line:
    """A field of `CurvePoint`, and how it is drawn."""

    field: str
    mark: Spec


Lines = tuple[Line, ...]
LOSSES = (
    Line("train_loss", {"type": "line", "color": MUTED, "strokeWidth": 1.3, "strokeDash": [3, 2]}),
    Line("valid_loss", {"type": "line", "color": ACCENT, "strokeWidth": 1.8}),
)
SCORES = (Line("score", {"type": "line", "color": ACCENT, "strokeWidth": 1.8}),)
"""The best epoch is marked on the last line."""


@dataclass(frozen=True)
class Axes:
    """What all panels share. Losses above `top`, which only failed trainings have, are not drawn; of scores all are."""

    values: tuple[float, float]
    last_epoch: int
    top: float


def curve_figures(arms: tuple[ArmFacts, ...]) -> tuple[Panels, ...]:
    """The curves of all arms that have any: a figure for those that may be compared with each other."""
    groups = grouped(arms, lambda arm: arm.yardstick)
    labels = dict(zip((arm.label for arm in arms), short_labels([arm.label for arm in arms]), strict=True))
    figures = []
    for group, ending in zip(groups, telling_apart(groups, arms), strict=True):
        if shown := [arm for arm in group if any(_points(arm, LOSSES))]:
            figures.append(_loss_figure(shown, labels, f"Learning curves{ending}"))
        for name in dict.fromkeys(seed.best_by for arm in group for seed in arm.seeds if seed.best_by):
            if shown := [judged for arm in group if any(_points(judged := _judged_by(arm, name), SCORES))]:
                figures.append(_score_figure(shown, labels, name, ending))
    return tuple(figures)


def _judged_by(arm: ArmFacts, score: str) -> ArmFacts:
    """The arm with those trainings alone whose epochs are compared by this score."""
    return replace(arm, seeds=tuple(seed for seed in arm.seeds if seed.best_by == score))


def _loss_figure(arms: list[ArmFacts], labels: Mapping[str, str], title: str) -> Panels:
    axes = _axes(arms, LOSSES)
    how = f"Loss in nats a {arms[0].answers.removesuffix('s')} at the end of each epoch{_shared(arms)}"
    if any(loss > axes.top for arm in arms for loss in _values(arm, LOSSES)):
        how += " Losses of failed trainings beyond the axis are not drawn."
    keys = (("train", "training"), ("valid", "validation"), ("best", "best epoch"))
    return _panels(arms, labels, (title, how), LOSSES, keys)


def _score_figure(arms: list[ArmFacts], labels: Mapping[str, str], score: str, ending: str) -> Panels:
    how = f"{score} of the validation split at the end of each epoch, by which the best is found{_shared(arms)}"
    return _panels(arms, labels, (f"Validation {score}{ending}", how), SCORES, (("valid", score), ("best", "best epoch")))


def _shared(arms: list[ArmFacts]) -> str:
    return ". All panels share both axes; a line a seed." if len(arms) > 1 else "; a line a seed."


def _panels(
    arms: list[ArmFacts], labels: Mapping[str, str], said: tuple[str, str], lines: Lines, keys: tuple[tuple[str, str], ...]
) -> Panels:
    axes = _axes(arms, lines)
    panels = tuple(
        Panel(labels[arm.label], _svg(arm, axes, lines), _alt(arm, lines), note="failed" if arm.failure else "") for arm in arms
    )
    return Panels(*said, panels, columns=_columns(len(panels)), width=WIDTH, keys=keys)


def _columns(panels: int) -> int:
    """Three to five panels side by side, whichever leaves the fewest gaps in the last row."""
    return min(panels, min((4, 3, 5), key=lambda columns: -panels % columns))


def _finite(seed: SeedFacts, lines: Lines) -> list[CurvePoint]:
    """The epochs of which all lines have a number."""
    return [point for point in seed.curve if all(math.isfinite(_value(point, line)) for line in lines)]


def _value(point: CurvePoint, line: Line) -> float:
    value = getattr(point, line.field)
    return math.nan if value is None else float(value)


def _points(arm: ArmFacts, lines: Lines) -> Iterator[CurvePoint]:
    return (point for seed in arm.seeds for point in _finite(seed, lines))


def _values(arm: ArmFacts, lines: Lines) -> list[float]:
    return [_value(point, line) for point in _points(arm, lines) for line in lines]


def _axes(arms: list[ArmFacts], lines: Lines) -> Axes:
    sound = [arm for arm in arms if not arm.failure and any(_points(arm, lines))] or arms
    top = math.inf if lines is SCORES else max(value for arm in sound for value in _values(arm, lines))
    values = [value for arm in arms for value in _values(arm, lines) if value <= top]
    return Axes(domain(values), max(point.epoch for arm in arms for point in _points(arm, lines)), top)


def _alt(arm: ArmFacts, lines: Lines) -> str:
    parts = []
    for seed in arm.seeds:
        points = _finite(seed, lines)
        if points:
            ends = [f"{numbers.fixed(_value(point, lines[-1]), 2)} in epoch {point.epoch}" for point in (points[0], points[-1])]
            best = f", best in epoch {seed.best_epoch}" if seed.best_epoch else ""
            name = f"validation {seed.best_by if lines is SCORES else 'loss'}"
            parts.append(f"seed {seed.seed}: {name} {ends[0]}, {ends[1]}{best}")
    return f"Learning curve of {arm.label}: {'; '.join(parts)}."


def _svg(arm: ArmFacts, axes: Axes, lines: Lines) -> Drawing:
    x = position(
        "epoch", (min(1, axes.last_epoch - 1), axes.last_epoch), axis("epoch", min(4, axes.last_epoch), grid=False, tickMinStep=1)
    )
    y = position("value", axes.values, axis(None, ticks=3))
    each = {"field": "seed", "type": "nominal"}
    drawn = [_line(arm, line, lines, axes.top) for line in lines]
    layers = [layer(points, line.mark, x=x, y=y, detail=each) for points, line in zip(drawn, lines, strict=True)]
    if best := [point for point in drawn[-1] if point["best"]]:
        mark = {"type": "point", "color": ACCENT, "filled": True, "size": 45, "opacity": 1}
        layers.append(layer(best, mark, x=x, y=y, description={"field": "said", "type": "nominal"}))
    return drawing_of(layers, WIDTH - PADDING.left - PADDING.right, HEIGHT, PADDING)


def _line(arm: ArmFacts, line: Line, lines: Lines, top: float) -> list[Spec]:
    """One line a seed; each point knows whether it is its seed's best epoch."""
    return [
        {
            "epoch": point.epoch,
            "value": _value(point, line),
            "seed": seed.seed,
            "best": point.epoch == seed.best_epoch,
            "said": f"seed {seed.seed}: {numbers.fixed(_value(point, line), 3)} in epoch {point.epoch}",
        }
        for seed in arm.seeds
        for point in _finite(seed, lines)
        if _value(point, line) <= top
    ]
