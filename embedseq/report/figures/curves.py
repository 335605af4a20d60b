"""Learning curves as small multiples: training and validation loss by epoch, one panel an arm.

Arms whose losses may be compared are one figure, all on the same axes.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

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
class Axes:
    """What all panels share. Losses above `top`, which only failed trainings have, are not drawn."""

    losses: tuple[float, float]
    last_epoch: int
    top: float


def curve_figures(arms: tuple[ArmFacts, ...]) -> tuple[Panels, ...]:
    """The curves of all arms that have any: a figure for those that may be compared with each other."""
    groups = grouped(arms, lambda arm: arm.yardstick)
    labels = dict(zip((arm.label for arm in arms), short_labels([arm.label for arm in arms]), strict=True))
    figures = []
    for group, ending in zip(groups, telling_apart(groups, arms), strict=True):
        if shown := [arm for arm in group if any(_points(arm))]:
            figures.append(_figure(shown, labels, f"Learning curves{ending}"))
    return tuple(figures)


def _figure(arms: list[ArmFacts], labels: Mapping[str, str], title: str) -> Panels:
    axes = _axes(arms)
    panels = tuple(Panel(labels[arm.label], _svg(arm, axes), _alt(arm), note="failed" if arm.failure else "") for arm in arms)
    how = f"Loss in nats a {arms[0].answers.removesuffix('s')} at the end of each epoch"
    how += ". All panels share both axes; a line a seed." if len(panels) > 1 else "; a line a seed."
    if any(loss > axes.top for arm in arms for loss in _losses(arm)):
        how += " Losses of failed trainings beyond the axis are not drawn."
    keys = (("train", "training"), ("valid", "validation"), ("best", "best epoch"))
    return Panels(title, how, panels, columns=_columns(len(panels)), width=WIDTH, keys=keys)


def _columns(panels: int) -> int:
    """Three to five panels side by side, whichever leaves the fewest gaps in the last row."""
    return min(panels, min((4, 3, 5), key=lambda columns: -panels % columns))


def _finite(seed: SeedFacts) -> list[CurvePoint]:
    return [point for point in seed.curve if math.isfinite(point.train_loss) and math.isfinite(point.valid_loss)]


def _points(arm: ArmFacts) -> Iterator[CurvePoint]:
    return (point for seed in arm.seeds for point in _finite(seed))


def _losses(arm: ArmFacts) -> list[float]:
    return [loss for point in _points(arm) for loss in (point.train_loss, point.valid_loss)]


def _axes(arms: list[ArmFacts]) -> Axes:
    sound = [arm for arm in arms if not arm.failure] or arms
    top = max(loss for arm in sound for loss in _losses(arm))
    losses = [loss for arm in arms for loss in _losses(arm) if loss <= top]
    return Axes(domain(losses), max(point.epoch for arm in arms for point in _points(arm)), top)


def _alt(arm: ArmFacts) -> str:
    parts = []
    for seed in arm.seeds:
        points = _finite(seed)
        if points:
            ends = [f"{numbers.fixed(point.valid_loss, 2)} in epoch {point.epoch}" for point in (points[0], points[-1])]
            best = f", best in epoch {seed.best_epoch}" if seed.best_epoch else ""
            parts.append(f"seed {seed.seed}: validation loss {ends[0]}, {ends[1]}{best}")
    return f"Learning curve of {arm.label}: {'; '.join(parts)}."


def _svg(arm: ArmFacts, axes: Axes) -> Drawing:
    x = position(
        "epoch", (min(1, axes.last_epoch - 1), axes.last_epoch), axis("epoch", min(4, axes.last_epoch), grid=False, tickMinStep=1)
    )
    y = position("loss", axes.losses, axis(None, ticks=3))
    each = {"field": "seed", "type": "nominal"}
    train = _line(arm, "train_loss", axes.top)
    valid = _line(arm, "valid_loss", axes.top)
    best = [point for point in valid if point["best"]]
    layers = [
        layer(train, {"type": "line", "color": MUTED, "strokeWidth": 1.3, "strokeDash": [3, 2]}, x=x, y=y, detail=each),
        layer(valid, {"type": "line", "color": ACCENT, "strokeWidth": 1.8}, x=x, y=y, detail=each),
    ]
    if best:
        mark = {"type": "point", "color": ACCENT, "filled": True, "size": 45, "opacity": 1}
        layers.append(layer(best, mark, x=x, y=y, description={"field": "said", "type": "nominal"}))
    return drawing_of(layers, WIDTH - PADDING.left - PADDING.right, HEIGHT, PADDING)


def _line(arm: ArmFacts, loss: str, top: float) -> list[Spec]:
    """One line a seed; each point knows whether it is its seed's best epoch."""
    return [
        {
            "epoch": point.epoch,
            "loss": getattr(point, loss),
            "seed": seed.seed,
            "best": point.epoch == seed.best_epoch,
            "said": f"seed {seed.seed}: {numbers.fixed(getattr(point, loss), 3)} in epoch {point.epoch}",
        }
        for seed in arm.seeds
        for point in _finite(seed)
        if getattr(point, loss) <= top
    ]
