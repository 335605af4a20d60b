"""What a probe found beside its scores, as text: a row a model, and small tables of what is a matrix.

Knows kinds of values and no probe: scalars, lists of scalars, and mappings of these. All other values are left out.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from embedseq.report import numbers
from embedseq.report.content import AlsoFound, ProbeFacts
from embedseq.report.tables import Cell, Column, Table

MOST_ENTRIES = 18
"""Of a list or a mapping; the others are counted."""
LONGEST = 160
"""Letters of a text."""
MOST_PLACES = 16
"""A matrix of more rows is not for reading."""
EVERYWHERE = 3
"""So many equal entries of a mapping, or more, are told as one."""
Matrix = Sequence[Sequence[float | None]]


def also_found_table(probe: ProbeFacts, seeds: int) -> Table | None:
    """A row a subject, a column for each thing found; what is alike for all is said once. None where there is nothing to show.

    seeds: how many the run has; what is shown is of the first.
    """
    found = [(each.subject, dict(_named(each))) for each in probe.also]
    names = list(dict.fromkeys(name for _, texts in found for name in texts))
    if not names:
        return None
    subjects = probe.tables[0].subjects if probe.tables else "models"
    how = f"Beside the scores{', of the first seed' if seeds > 1 else ''}."
    alike = [name for name in names if len(found) > 1 and len({texts.get(name) for _, texts in found}) == 1]
    if len(alike) == len(names):
        found, alike = [(f"{'both' if len(found) == 2 else f'all {len(found)}'} {subjects}", found[0][1])], []
    if alike:
        told = [f"{_spaced(name)} ({found[0][1][name]})" for name in alike]
        how += f" The same for {'both' if len(found) == 2 else f'all {len(found)}'}: {', '.join(told)}."
    shown = [name for name in names if name not in alike]
    numeric = {name for name in shown if all(_is_number(each.found.get(name)) for each in probe.also)}
    columns = (Column(subjects), *(Column(_spaced(name), numeric=name in numeric, wrap=name not in numeric) for name in shown))
    rows = tuple((Cell(subject), *(Cell(texts.get(name, numbers.NONE)) for name in shown)) for subject, texts in found)
    return Table("Also found", how, columns, rows)


def matrix_tables(probe: ProbeFacts) -> tuple[Table, ...]:
    """A table for each square matrix of numbers whose rows a list of names beside it names."""
    return tuple(
        _matrix_table(title, each.found[names], matrix)
        for each in probe.also
        for title, names, matrix in _matrices(each)
        if len(matrix) <= MOST_PLACES
    )


def in_words(value: object) -> str:
    """A value as text; empty where it, or all that is in it, is no scalar and no list of scalars."""
    return _in_words(value, _decimals(value))


def _in_words(value: object, decimals: int) -> str:
    if isinstance(value, Mapping):
        return _mapping_in_words(value, decimals)
    if isinstance(value, list | tuple):
        return _joined([_scalar(each, decimals) for each in value], ", ") if all(map(_is_scalar, value)) else ""
    return _scalar(value, decimals) if _is_scalar(value) else ""


def _named(each: AlsoFound) -> Iterator[tuple[str, str]]:
    """What can be shown, by name. The names of a matrix's rows stand at the matrix."""
    of_rows = {names for _, names, _ in _matrices(each)}
    for name, value in _counted(each.found):
        if name not in of_rows and (text := in_words(value)):
            yield name, text


def _mapping_in_words(value: Mapping[str, Any], decimals: int) -> str:
    """`encoder 1: 16; encoder 2: 8`, in the order that people count in."""
    entries = [(_spaced(name), _entry(inner, decimals)) for name, inner in _counted(value)]
    known = [(name, text) for name, text in entries if text]
    if value and not known:
        return ""
    texts = [text for _, text in known]
    if len(texts) >= EVERYWHERE and len(set(texts)) == 1:
        return f"{texts[0]} in each of {len(texts)}"
    return _joined([f"{name}: {text}" for name, text in known], "; ")


def _entry(value: object, decimals: int) -> str:
    """What stands in a mapping: of a mapping in it `debiased 0.45, biased 0.48`."""
    if not isinstance(value, Mapping):
        return _in_words(value, decimals)
    named = [(_spaced(name), _entry(inner, decimals)) for name, inner in _counted(value)]
    known = [f"{name} {text}" for name, text in named if text]
    return _joined(known, ", ") if known or not value else ""


def _counted(value: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The entries, encoder 2 before encoder 10."""
    return sorted(value.items(), key=lambda item: _natural(item[0]))


def _decimals(value: object) -> int:
    """Those of all floats in a value, by the largest."""
    return numbers.decimals_for([], list(_floats(value)))


def _floats(value: object) -> Iterator[float]:
    if isinstance(value, float):
        yield value
    elif isinstance(value, Mapping | list | tuple):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _floats(inner)


def _joined(texts: Sequence[str], between: str) -> str:
    if not texts:
        return "none"
    more = [f"… and {len(texts) - MOST_ENTRIES} more"] if len(texts) > MOST_ENTRIES else []
    return between.join([*texts[:MOST_ENTRIES], *more])


def _scalar(value: object, decimals: int) -> str:
    if value is None:
        return numbers.UNDEFINED
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return numbers.count(value)
    if isinstance(value, float):
        return numbers.fixed(value, decimals)
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _matrices(each: AlsoFound) -> Iterator[tuple[str, str, Matrix]]:
    """Title, the field with the names of the rows, and the matrix."""
    for name, value in each.found.items():
        for what, matrix in value.items() if isinstance(value, Mapping) else [("", value)]:
            names = next(
                (field for field, known in each.found.items() if _is_names(known) and _is_matrix(matrix, len(known))), None
            )
            if names is not None:
                yield f"{', '.join(filter(None, [each.subject, what]))}: {_spaced(name)}", names, matrix


def _matrix_table(title: str, names: Sequence[str], matrix: Matrix) -> Table:
    known = [value for row in matrix for value in row if value is not None and math.isfinite(value)]
    largest = max(map(abs, known), default=0.0) or 1.0
    decimals = numbers.decimals_for([], [largest])
    rows = tuple(
        (Cell(name), *(Cell(numbers.value(value, decimals), heat=max(0.0, value or 0.0) / largest) for value in row))
        for name, row in zip(names, matrix, strict=True)
    )
    return Table(title, "", (Column(""), *(Column(name, numeric=True) for name in names)), rows)


def _is_scalar(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_names(value: object) -> bool:
    return isinstance(value, list | tuple) and len(value) > 1 and all(isinstance(each, str) for each in value)


def _is_matrix(value: object, size: int) -> bool:
    """Whether it is a square of numbers, (size, size)."""
    return (
        isinstance(value, list | tuple)
        and len(value) == size
        and all(isinstance(row, list | tuple) and len(row) == size for row in value)
        and all(entry is None or _is_number(entry) for row in value for entry in row)
    )


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _natural(name: str) -> list[tuple[int, str]]:
    """The name with its numbers as numbers, to sort by."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]
