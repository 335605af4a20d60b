"""Splits in JSON lines: one mapping a line, of which the sides are fields."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from embedseq.errors import InputError
from embedseq.text.files import at, read_lines
from embedseq.text.sections import join_sections
from embedseq.text.splits import Pair, first_problem


@dataclass(frozen=True)
class Field:
    """A field of a JSON mapping: a text, or a list of texts."""

    name: str
    joined: bool = True
    """Whether a list is the sentences of one text; otherwise each item is a text, and the first is the one to learn."""

    def texts(self, path: Path, number: int, line: str) -> tuple[str, ...]:
        """The texts of the field in a line, without line breaks of their own. Raises InputError when there is no such field."""
        try:
            value = json.loads(line)[self.name]
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{at(path, number)} is no JSON mapping with the field {self.name!r}: {error}") from error
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
            raise InputError(f"{at(path, number)}: the field {self.name!r} is neither a text nor a list of texts")
        return tuple(" ".join(text.splitlines()) for text in texts)

    def text(self, texts: tuple[str, ...]) -> str:
        """The one text that they are, or the one to learn."""
        return " ".join(texts) if self.joined else texts[0]


@dataclass(frozen=True)
class JsonSplit:
    """One JSON mapping a line; a side is a field of it."""

    path: Path
    source: Field
    target: Field | None
    sections: bool = False
    """Whether the sentences of the source keep their bounds."""

    @property
    def files(self) -> tuple[Path, ...]:
        """The file."""
        return (self.path,)

    def pairs(self) -> Iterator[Pair]:
        """The fields of each line that is not empty."""
        for number, line in enumerate(read_lines(self.path), start=1):
            if line.strip():
                source = self.source.texts(self.path, number, line)
                targets = () if self.target is None else self.target.texts(self.path, number, line)
                yield self._pair(source, targets)

    def problems(self) -> list[str]:
        """The first fault of the file."""
        return first_problem(self.pairs(), self.path, "a JSON mapping a line")

    def _pair(self, source: tuple[str, ...], targets: tuple[str, ...]) -> Pair:
        read = join_sections(source) if self.sections and self.source.joined else self.source.text(source)
        if self.target is None:
            return Pair(read, None)
        references = targets if len(targets) > 1 and not self.target.joined else ()
        return Pair(read, self.target.text(targets), references=references)
