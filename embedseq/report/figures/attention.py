"""Attention as labelled heat maps in a picture of its own, SVG or PNG: a row an output token, a column a source token.

Unlike the figures of the report these leave the page: they bring their colours and fonts with them, and are laid out by measuring
their labels, which may be in any script.
"""

import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

from embedseq.report.figures.drawing import FONT_SIZE, FORBIDDEN, SCHEMA, Spec, looked_up

COLOURS = ("#ffffff", "#c5d9ec", "#6fa3d0", "#14578c", "#06233f")
"""From a weight of 0 to one of 1, evenly spaced."""
INK, MUTED, RULE = "#1c1e21", "#5b6067", "#dedad1"
FONT = "sans-serif"
CELL = 18
COLUMNS = 4
"""So many maps of one layer stand side by side."""
LONGEST_LABEL = 160
NOTE_WIDTH = 100
SCALE = 2
"""Pixels of a PNG for each of the SVG."""
DRAWN_AS = {"￭": "▪"}
"""The joiner is in few fonts that have no Chinese; pictures show a mark that looks like it and is in nearly all."""
UNASSIGNED = "\u0378"
GRADIENT = re.compile(r"gradient_\d+")


@dataclass(frozen=True)
class HeatMap:
    """Where one head looked: weights from 0 to 1, a row for each of the output tokens, a column for each of the source tokens."""

    title: str
    source: tuple[str, ...]
    output: tuple[str, ...]
    weights: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class AttentionPicture:
    """Heat maps in lines, one for each layer (and for each part of a long sentence), and how to read them."""

    title: str
    lines: tuple[tuple[HeatMap, ...], ...]
    notes: tuple[str, ...] = ()

    @property
    def maps(self) -> tuple[HeatMap, ...]:
        """All maps, line by line."""
        return tuple(each for line in self.lines for each in line)


def attention_svg(picture: AttentionPicture) -> str:
    """The picture as an SVG document. Its texts stay texts, which the viewer's fonts draw."""
    import vl_convert  # starts a JavaScript engine, half a second

    svg: str = vl_convert.vegalite_to_svg(describe_attention(picture))
    return GRADIENT.sub("gradient", svg)  # the legend's, which a process numbers from picture to picture


def attention_png(picture: AttentionPicture) -> bytes:
    """The same picture as a PNG. A character that no font of this machine has becomes an empty box: see `undrawable`."""
    import vl_convert

    png: bytes = vl_convert.svg_to_png(attention_svg(picture), scale=SCALE)
    return png


def undrawable(picture: AttentionPicture) -> str:
    """The characters of the labels that no font of this machine has, in the order in which they are met."""
    labels = "".join(label for each in picture.maps for label in (*each.source, *each.output))
    met = dict.fromkeys(_drawable(labels))
    box = _glyph(UNASSIGNED)
    return "".join(char for char in met if not char.isascii() and _glyph(char) == box)


def _glyph(char: str) -> bytes:
    """One character drawn alone; all that no font has look alike."""
    import vl_convert

    text = f'<text x="3" y="15" font-size="13" font-family="{FONT}">{char}</text>'
    png: bytes = vl_convert.svg_to_png(f'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">{text}</svg>')
    return png


def describe_attention(picture: AttentionPicture) -> Spec:
    """The picture in Vega-Lite: the lines of maps below each other, long lines folded, one colour scale from 0 to 1 for all."""
    lines: list[Spec] = [
        {"concat": [_map(each) for each in line], "columns": COLUMNS, "spacing": CELL, "bounds": "full"} for line in picture.lines
    ]
    notes = [line for note in picture.notes for line in textwrap.wrap(_drawable(note), NOTE_WIDTH)]
    return {
        "$schema": SCHEMA,
        "background": "white",
        "padding": 12,
        "config": {"view": {"stroke": None}, "font": FONT},
        "title": {
            "text": _drawable(picture.title),
            "subtitle": notes,
            "anchor": "start",
            "fontSize": 14,
            "color": INK,
            "subtitleFontSize": FONT_SIZE,
            "subtitleColor": MUTED,
            "subtitlePadding": 5,
            "offset": 14,
        },
        "vconcat": lines,
        "spacing": CELL,
    }


def _map(drawn: HeatMap) -> Spec:
    """One map. Cells are numbered, not named: a word that stands twice in a sentence has two columns."""
    cells = [
        {"source": column, "output": row, "weight": round(weight, 4)}
        for row, weights in enumerate(drawn.weights)
        for column, weight in enumerate(weights)
    ]
    across = _axis("source", "top", drawn.source, labelAngle=-45, labelAlign="left", labelBaseline="middle", labelOffset=-2)
    return {
        "title": {"text": drawn.title, "anchor": "start", "frame": "group", "fontSize": 12, "color": INK, "offset": 6},
        "width": {"step": CELL},
        "height": {"step": CELL},
        "data": {"values": cells},
        "mark": {"type": "rect", "stroke": RULE, "strokeWidth": 0.5, "aria": False},
        "encoding": {
            "x": _place("source", len(drawn.source), across),
            "y": _place("output", len(drawn.output), _axis("output", "left", drawn.output)),
            "color": _colour(),
        },
    }


def _place(field: str, count: int, axis: Spec) -> Spec:
    scale = {"domain": list(range(count)), "paddingInner": 0, "paddingOuter": 0}
    return {"field": field, "type": "ordinal", "scale": scale, "axis": axis}


def _axis(title: str, orient: str, labels: Iterable[str], **more: object) -> Spec:
    """An axis without lines, every label shown. Labels are looked up by their cell's number."""
    sizes = {"labelFontSize": FONT_SIZE, "titleFontSize": FONT_SIZE, "labelPadding": 4, "labelLimit": LONGEST_LABEL}
    colours = {"labelColor": INK, "titleColor": MUTED, "titleFontWeight": "normal"}
    quiet = {"domain": False, "ticks": False, "labelOverlap": False}
    return {"title": title, "orient": orient, "labelExpr": looked_up(map(_drawable, labels)), **quiet, **sizes, **colours, **more}


def _colour() -> Spec:
    legend = {"title": "weight", "values": [0, 0.5, 1], "format": ".1f", "gradientLength": 100, "titleFontWeight": "normal"}
    scale = {"domain": [0, 1], "range": list(COLOURS), "interpolate": "rgb", "clamp": True}
    return {"field": "weight", "type": "quantitative", "scale": scale, "legend": legend}


def _drawable(text: str) -> str:
    """Text without the characters that XML forbids, and with others for those that few fonts have."""
    for char, like in DRAWN_AS.items():
        text = text.replace(char, like)
    return FORBIDDEN.sub("�", text)
