"""Heat maps of attention in the terminal: blocks of grey where it has them, otherwise percentages."""

import shutil
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from embedseq.report.figures.attention import AttentionPicture, HeatMap

if TYPE_CHECKING:
    from rich.text import Text

PERCENT_WIDTH, BLOCK_WIDTH = 4, 2
LONGEST_ROW_LABEL, LONGEST_COLUMN_LABEL = 24, 16
"""Cells of the terminal; longer labels end in `…`."""
NOTHING = "·"
"""For less than half a per cent."""
LIGHTEST, DARKEST = 255, 232
"""The ends of the greys among the 256 colours."""
COLOURFUL = ("256", "truecolor")
STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)


def print_heat_maps(picture: AttentionPicture, stream: TextIO) -> None:
    """Print all maps, with source tokens written downwards above their columns, and how to read them."""
    from rich.console import Console

    console = Console(file=stream, highlight=False, soft_wrap=True)
    width = shutil.get_terminal_size((120, 24)).columns
    if console.is_terminal and console.color_system in COLOURFUL and not console.no_color:
        for each in picture.maps:
            for line in _shaded(each, width):
                console.print(line)
        console.print(_legend())
        for note in picture.notes:
            console.print(note, markup=False)
        return
    stream.write(heat_map_text(picture, width))


def heat_map_text(picture: AttentionPicture, width: int) -> str:
    """All maps as plain text: weights in per cent, `·` for less than half of one, in blocks that fit `width` characters."""
    lines = [line for each in picture.maps for line in _percentages(each, width)]
    return "\n".join((*lines, "Weights in per cent.", *picture.notes)) + "\n"


def _percentages(drawn: HeatMap, width: int) -> Iterator[str]:
    labels = _row_labels(drawn.output)
    for columns in _blocks(drawn, width, PERCENT_WIDTH):
        yield drawn.title
        yield from _header(drawn, columns, PERCENT_WIDTH)
        for label, weights in zip(labels, drawn.weights, strict=True):
            yield label + "".join(f"{_percent(weights[column]):>{PERCENT_WIDTH}}" for column in columns)
        yield ""


def _shaded(drawn: HeatMap, width: int) -> "Iterator[Text]":
    from rich.text import Text

    labels = _row_labels(drawn.output)
    for columns in _blocks(drawn, width, BLOCK_WIDTH):
        yield Text(drawn.title, style="bold")
        yield from map(Text, _header(drawn, columns, BLOCK_WIDTH))
        for label, weights in zip(labels, drawn.weights, strict=True):
            cells = [(" " * BLOCK_WIDTH, _shade(weights[column])) for column in columns]
            yield Text.assemble(f"{label} ", *cells)
        yield Text()


def _legend() -> "Text":
    from rich.text import Text

    steps = [part for step in STEPS for part in ((" " * BLOCK_WIDTH, _shade(step)), f" {step:.2f}  ")]
    return Text.assemble("weight: ", *steps)


def _blocks(drawn: HeatMap, width: int, cell: int) -> Iterator[range]:
    """The columns in groups that fit the width beside the row labels, at least one in each."""
    room = max(1, (width - _label_width(drawn.output) - 1) // cell)
    for first in range(0, len(drawn.source), room):
        yield range(first, min(first + room, len(drawn.source)))


def _header(drawn: HeatMap, columns: Sequence[int], cell: int) -> Iterator[str]:
    """The source tokens, each written downwards, all of them ending above their column."""
    from rich.cells import cell_len

    letters = [_letters(drawn.source[column]) for column in columns]
    height = max(map(len, letters))
    downwards = [[""] * (height - len(word)) + word for word in letters]
    margin = " " * (_label_width(drawn.output) + (cell == BLOCK_WIDTH))
    for row in range(height):
        yield (margin + "".join(" " * (cell - cell_len(word[row])) + word[row] for word in downwards)).rstrip()


def _letters(label: str) -> list[str]:
    """The characters of a label, each with the marks that combine with it."""
    letters: list[str] = []
    for char in _printable(label):
        if letters and unicodedata.category(char).startswith("M"):
            letters[-1] += char
        else:
            letters.append(char)
    return letters if len(letters) <= LONGEST_COLUMN_LABEL else [*letters[: LONGEST_COLUMN_LABEL - 1], "…"]


def _row_labels(labels: Sequence[str]) -> list[str]:
    """The labels, flush right."""
    from rich.cells import cell_len

    width = _label_width(labels)
    cut = [_cut(label) for label in labels]
    return [" " * (width - cell_len(label)) + label for label in cut]


def _label_width(labels: Sequence[str]) -> int:
    from rich.cells import cell_len

    return max(cell_len(_cut(label)) for label in labels)


def _cut(label: str) -> str:
    from rich.cells import cell_len, set_cell_size

    shown = _printable(label)
    return shown if cell_len(shown) <= LONGEST_ROW_LABEL else set_cell_size(shown, LONGEST_ROW_LABEL - 1) + "…"


def _printable(label: str) -> str:
    """The label without what would move the cursor: a corpus may hold anything."""
    return "".join(char if char.isprintable() else "�" for char in label)


def _percent(weight: float) -> str:
    percent = round(100 * weight)
    return str(percent) if percent else NOTHING


def _shade(weight: float) -> str:
    """A grey of the 256 colours, from nearly white for 0 to nearly black for 1; unlike the colours they are even steps."""
    return f"on color({LIGHTEST - round(min(max(weight, 0.0), 1.0) * (LIGHTEST - DARKEST))})"
