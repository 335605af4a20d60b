"""From a Vega-Lite description to an SVG element that lives inside a page: the page's colours and fonts, no scripts.

Colours are the page's CSS variables, so that one figure serves the light page, the dark page and the printer. Nothing is laid out
by measuring text: paddings are fixed, so a figure does not depend on the fonts of the machine that draws it. The descriptions are
plain mappings, because Altair, which writes the same, takes longer to build a layered chart than Vega takes to draw it.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from xml.etree import ElementTree

INK, MUTED, RULE = "var(--ink)", "var(--muted)", "var(--rule)"
ACCENT, CONTROL, BASELINE = "var(--accent)", "var(--control)", "var(--baseline)"
FONT_SIZE = 11
LETTER = 6.2
"""The width of a letter in pixels at that size, generously."""
SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"

Spec = dict[str, Any]
"""A part of a Vega-Lite description."""

SVG = "{http://www.w3.org/2000/svg}"
PLACE = ("viewBox", "width", "height", "d", "x", "x1", "x2", "y", "y1", "y2", "transform", "text-anchor", "font-size")
PAINT = ("fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linecap", "opacity")
KEPT = frozenset((*PLACE, *PAINT))
"""Attributes that the page needs; everything else (fonts, roles of the parts, ids) is dropped."""
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}(?:e-?\d+)?")


@dataclass(frozen=True)
class Padding:
    """Room around the plotting area for labels and titles, in pixels."""

    left: int
    right: int
    top: int
    bottom: int


@dataclass(frozen=True)
class Drawing:
    """A chart by its whole description. It is drawn when the page needs it, unless it was drawn before (`drawn.py`)."""

    description: Spec

    def svg(self) -> str:
        """The chart as an `<svg>` element: shapes, text and tooltips; its texts are escaped. Takes Vega some 20 ms."""
        import vl_convert  # starts a JavaScript engine, half a second

        root = _copied(ElementTree.fromstring(vl_convert.vegalite_to_svg(self.description)))
        root.set("focusable", "false")
        root.set("aria-hidden", "true")  # the element around it says what is to be seen
        return ElementTree.tostring(root, encoding="unicode")


@dataclass(frozen=True)
class Figure:
    """One figure; `narrow` is drawn for telephones. `alt` says what is to be seen to those who do not see it."""

    wide: Drawing
    narrow: Drawing
    alt: str
    keys: tuple[tuple[str, str], ...] = ()  # (mark, meaning): the legend
    title: str = ""  # where it has a caption of its own
    how_to_read: str = ""
    kind: Literal["figure"] = "figure"


@dataclass(frozen=True)
class Panel:
    """One of several small figures that share their axes."""

    title: str
    drawing: Drawing
    alt: str
    note: str = ""


@dataclass(frozen=True)
class Panels:
    """Small multiples: figures of one width (in pixels) side by side, under a caption where they need one."""

    title: str
    how_to_read: str
    panels: tuple[Panel, ...]
    columns: int
    width: int
    keys: tuple[tuple[str, str], ...] = ()
    kind: Literal["panels"] = "panels"


def layer(values: Sequence[Spec], mark: Spec, **encoding: Spec) -> Spec:
    """Marks of one kind for these data. Only marks with a `description` get a tooltip."""
    drawn = [{name: _drawable(value) for name, value in row.items()} for row in values]
    return {"data": {"values": drawn}, "mark": {"aria": "description" in encoding, **mark}, "encoding": encoding}


def _drawable(value: Any) -> Any:
    """Text without the characters that XML forbids, which a corpus may hold all the same."""
    return FORBIDDEN.sub("�", value) if isinstance(value, str) else value


def axis(title: str | None, ticks: int, **more: Any) -> Spec:
    """A quiet axis: pale grid, no line of its own, labels that are never measured or left out."""
    colours = {"gridColor": RULE, "labelColor": MUTED, "titleColor": MUTED, "titleFontWeight": "normal"}
    sizes = {
        "labelFontSize": FONT_SIZE,
        "titleFontSize": FONT_SIZE,
        "labelOverlap": False,
        "labelFlush": False,
        "labelPadding": 5,
        "titlePadding": 6,
    }
    return {"title": title, "tickCount": ticks, "domain": False, "ticks": False, **colours, **sizes, **more}


def position(name: str, ends: tuple[float, float], axis: Spec | None) -> Spec:
    """The encoding of a position by the field `name` on a linear scale with exactly these ends."""
    return {"field": name, "type": "quantitative", "scale": {"domain": list(ends), "nice": False, "zero": False}, "axis": axis}


MIN_SPREAD = 1e-9
"""Half an axis around a single value that is all but 0; less could not be told apart in its labels."""


def domain(values: Sequence[float], zero: bool = False) -> tuple[float, float]:
    """The ends of an axis that holds all values with a little air, from 0 where 0 is near or asked for."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if zero or 0 <= low < 0.25 * high:
        low, high = min(0.0, low), max(0.0, high)
    if low == high:
        spread = max(0.5 * abs(low), MIN_SPREAD) if low else 0.5
        low, high = low - spread, high + spread
    air = 0.06 * (high - low)
    return low if low == 0 else low - air, high + air


def drawing_of(layers: Sequence[Spec], width: int, height: int, padding: Padding) -> Drawing:
    """A chart whose plotting area has that size."""
    description = {
        "$schema": SCHEMA,
        "width": width,
        "height": height,
        "autosize": "none",
        "padding": {"left": padding.left, "right": padding.right, "top": padding.top, "bottom": padding.bottom},
        "config": {"background": "transparent", "view": {"stroke": None}},
        "layer": list(layers),
    }
    return Drawing(description)


def _copied(element: ElementTree.Element) -> ElementTree.Element:
    """The element without what the page has no use for. Coordinates get two decimals: the last bit of a float must not matter."""
    kept = {name: LONG_NUMBER.sub(_rounded, value) for name, value in element.attrib.items() if name in KEPT}
    copy = ElementTree.Element(element.tag.removeprefix(SVG), kept)
    copy.text = element.text
    said = element.get("aria-label")
    if said and "mark" not in (element.get("class") or "") and element.get("aria-roledescription") not in ("axis", "legend"):
        ElementTree.SubElement(copy, "title").text = said
    for child in element:
        part = _copied(child)
        if not _is_empty(part):
            copy.append(part)
    return copy


def _is_empty(element: ElementTree.Element) -> bool:
    """Groups without members, paths without an extent, and paths that nobody paints."""
    if element.tag == "g":
        return len(element) == 0
    if element.tag == "path":
        return not element.get("d") or element.get("d") == "M0,0h0v0h0Z" or not (element.get("stroke") or element.get("fill"))
    return element.tag == "text" and not element.text


def _rounded(match: re.Match[str]) -> str:
    text = f"{float(match.group()):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def looked_up(labels: Iterable[str]) -> str:
    """What a Vega axis of numbered places says at each: the label with that number.

    Vega takes some strings in an expression for code (`"if"` for its function of that name), so each is kept behind a space.
    """
    return f"slice({json.dumps([f' {label}' for label in labels])}[datum.value], 1)"
