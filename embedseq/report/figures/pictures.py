"""Images of a corpus as small figures: a square for each number, the darker the larger, in the colour of the page's text."""

from embedseq.report.examples import Picture
from embedseq.report.figures.drawing import INK

LEVELS = 16
SQUARE = 5
"""Pixels of the page to a number."""


def picture_svg(picture: Picture) -> str:
    """The picture as an `<svg>` element; one path holds all squares of one shade."""
    shades: dict[int, list[str]] = {}
    for x, column in enumerate(picture.columns):
        for y, number in enumerate(column):
            if level := round(LEVELS * min(max(number, 0.0), 1.0)):
                shades.setdefault(level, []).append(f"M{x} {y}h1v1h-1z")
    width, height = len(picture.columns), max(map(len, picture.columns), default=0)
    paths = "".join(
        f'<path d="{"".join(squares)}" fill="{INK}" fill-opacity="{level / LEVELS:g}"/>'
        for level, squares in sorted(shades.items())
    )
    size = f'viewBox="0 0 {width} {height}" width="{SQUARE * width}" height="{SQUARE * height}"'
    return f'<svg {size} shape-rendering="crispEdges" focusable="false" aria-hidden="true">{paths}</svg>'


def picture_alt(picture: Picture) -> str:
    """What those are told who do not see it."""
    return f"An image of {len(picture.columns)} columns of {max(map(len, picture.columns), default=0)} numbers."
