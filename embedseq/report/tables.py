"""A table whose cells are text: what the page and the plain summary have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Tone = Literal["", "good", "bad", "muted"]


@dataclass(frozen=True)
class Cell:
    """The text of a cell. `small` stands behind it in smaller type; `bar` (0 to 1) is a bar drawn behind the text, `heat` (0 to
    1) a shade."""

    text: str
    small: str = ""
    tone: Tone = ""
    bar: float | None = None
    heat: float | None = None

    @property
    def plain(self) -> str:
        """The cell in plain text."""
        return f"{self.text} ({self.small})" if self.small else self.text


@dataclass(frozen=True)
class Column:
    """The head of a column. Numbers stand to the right; columns of words may break into lines where `wrap` says so."""

    title: str
    numeric: bool = False
    wrap: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of cells under one caption, which says in a sentence or two how to read them. The first cell of a row is its head."""

    title: str
    how_to_read: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    kind: Literal["table"] = "table"


def cells(*texts: str | Cell) -> tuple[Cell, ...]:
    """A row, from texts and finished cells."""
    return tuple(text if isinstance(text, Cell) else Cell(text) for text in texts)


def without_empty_columns(table: Table, empty: str) -> Table:
    """The table without those columns of which every cell says `empty`; the first column stays."""
    kept = [i for i in range(len(table.columns)) if i == 0 or any(row[i].text not in ("", empty) for row in table.rows)]
    columns = tuple(table.columns[i] for i in kept)
    rows = tuple(tuple(row[i] for i in kept) for row in table.rows)
    return Table(table.title, table.how_to_read, columns, rows, table.notes)


def markdown(table: Table) -> str:
    """The table in Markdown, padded so that it reads well in a terminal too."""
    head = [_escaped(column.title) for column in table.columns]
    body = [[_escaped(cell.plain) for cell in row] for row in table.rows]
    widths = [max(3, *(len(line[i]) for line in [head, *body])) for i in range(len(head))]

    def line(texts: Sequence[str]) -> str:
        padded = (
            text.rjust(width) if column.numeric else text.ljust(width)
            for text, width, column in zip(texts, widths, table.columns, strict=True)
        )
        return f"| {' | '.join(padded)} |"

    rules = [
        "-" * (width - 1) + ":" if column.numeric else "-" * width for width, column in zip(widths, table.columns, strict=True)
    ]
    return "\n".join([line(head), line(rules), *(line(row) for row in body)])


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|").replace("<", "\\<")
