"""Plain tables for the terminal."""

from collections.abc import Iterator, Mapping, Sequence

Column = list[str]


def neighbour_table(word: str, answers: Mapping[str, Sequence[tuple[str, float]] | None], width: int) -> str:
    """The neighbours of a word, a column for each set of vectors, the nearest first, in blocks that fit `width` characters."""
    known = {name: found for name, found in answers.items() if found is not None}
    columns = [[name, *(f"{near} {cosine:.2f}" for near, cosine in found)] for name, found in known.items()]
    lines = [word]
    for block in _blocks(columns, width):
        lines += [*_lines(block), ""]
    without = [name for name in answers if name not in known]
    if without:
        lines += [f"no vector in {'; '.join(without)}", ""]
    return "\n".join(lines)


def _blocks(columns: Sequence[Column], width: int) -> Iterator[list[Column]]:
    """The columns in groups of at most `width` characters, at least one in each."""
    block: list[Column] = []
    used = 0
    for column in columns:
        wide = max(map(len, column)) + 2
        if block and used + wide - 2 > width:
            yield block
            block, used = [], 0
        block.append(column)
        used += wide
    if block:
        yield block


def _lines(block: Sequence[Column]) -> Iterator[str]:
    """The rows of some columns side by side."""
    widths = [max(map(len, column)) for column in block]
    for row in range(max(map(len, block))):
        cells = (column[row] if row < len(column) else "" for column in block)
        yield "  ".join(f"{cell:<{wide}}" for cell, wide in zip(cells, widths, strict=True)).rstrip()
