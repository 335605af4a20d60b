"""Where the sentences of a split come from: one text file, two that pair, a tab-separated one, CoNLL-U, JSON lines, Wikipedia."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from embedseq.errors import InputError
from embedseq.text.conllu import problems_in_conllu, read_conllu
from embedseq.text.files import (
    at,
    problems_between,
    problems_in,
    problems_in_tabbed,
    read_lines,
    read_tabbed,
)
from embedseq.text.wikipedia import read_articles, read_wikipedia


class Pair(NamedTuple):
    """A sentence and its counterpart; None where there is no target."""

    source: str
    target: str | None


class Split(Protocol):
    """Sentences that can be read any number of times."""

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that are read."""
        ...

    @property
    def paired(self) -> bool:
        """Whether there is a target."""
        ...

    def pairs(self) -> Iterator[Pair]:
        """The pairs in order, one at a time, without those that are empty. Raises InputError where a file is faulty."""
        ...

    def problems(self) -> list[str]:
        """What is wrong with the files, in one pass; each message names file and line."""
        ...


@dataclass(frozen=True)
class TextSplit:
    """One sentence a line."""

    path: Path
    paired = False

    @property
    def files(self) -> tuple[Path, ...]:
        """The file."""
        return (self.path,)

    def pairs(self) -> Iterator[Pair]:
        """Each line that is not empty."""
        return (Pair(line, None) for line in read_lines(self.path) if line.strip())

    def problems(self) -> list[str]:
        """The faults of the file."""
        return problems_in(self.path)


@dataclass(frozen=True)
class ParallelSplit:
    """Two files whose lines pair."""

    source: Path
    target: Path
    paired = True

    @property
    def files(self) -> tuple[Path, ...]:
        """The source file, the target file."""
        return (self.source, self.target)

    def pairs(self) -> Iterator[Pair]:
        """Each pair of lines that are not both empty."""
        try:
            # strict: a file that has grown shorter since it was checked must not pass unseen
            for source, target in zip(read_lines(self.source), read_lines(self.target), strict=True):
                if source.strip() or target.strip():
                    yield Pair(source, target)
        except ValueError as error:
            raise InputError("\n".join(self.problems()) or f"{self.source}: {error}") from error

    def problems(self) -> list[str]:
        """The faults of both files, and where they do not pair."""
        return problems_between(self.source, self.target)


@dataclass(frozen=True)
class TabSplit:
    """One file with a pair a line, parted by a tab."""

    path: Path
    paired = True

    @property
    def files(self) -> tuple[Path, ...]:
        """The file."""
        return (self.path,)

    def pairs(self) -> Iterator[Pair]:
        """The first two columns of each line that is not empty."""
        return (Pair(source, target) for source, target in read_tabbed(self.path))

    def problems(self) -> list[str]:
        """The faults of the file, lines without a tab among them."""
        return problems_in_tabbed(self.path)


@dataclass(frozen=True)
class ConlluSplit:
    """The sentences of a treebank, as they were written."""

    path: Path
    paired = False

    @property
    def files(self) -> tuple[Path, ...]:
        """The file."""
        return (self.path,)

    def pairs(self) -> Iterator[Pair]:
        """Each sentence."""
        return (Pair(sentence.text, None) for sentence in read_conllu(self.path))

    def problems(self) -> list[str]:
        """The first fault of the file."""
        return problems_in_conllu(self.path)


@dataclass(frozen=True)
class Field:
    """A field of a JSON mapping: a text, or a list of texts of which all are meant, or only the first."""

    name: str
    joined: bool = True

    def read(self, path: Path, number: int, line: str) -> str:
        """The text of the field in a line. Raises InputError when the line has no such field."""
        try:
            value = json.loads(line)[self.name]
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{at(path, number)} is no JSON mapping with the field {self.name!r}: {error}") from error
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
            raise InputError(f"{at(path, number)}: the field {self.name!r} is neither a text nor a list of texts")
        return " ".join(texts) if self.joined else str(texts[0])


@dataclass(frozen=True)
class JsonSplit:
    """One JSON mapping a line; a side is a field of it."""

    path: Path
    source: Field
    target: Field | None

    @property
    def paired(self) -> bool:
        """Whether a target field was named."""
        return self.target is not None

    @property
    def files(self) -> tuple[Path, ...]:
        """The file."""
        return (self.path,)

    def pairs(self) -> Iterator[Pair]:
        """The fields of each line that is not empty."""
        for number, line in enumerate(read_lines(self.path), start=1):
            if line.strip():
                target = self.target.read(self.path, number, line) if self.target else None
                yield Pair(self.source.read(self.path, number, line), target)

    def problems(self) -> list[str]:
        """The first fault of the file."""
        try:
            found = sum(1 for _ in self.pairs())
        except InputError as error:
            return [str(error)]
        return [] if found else [f"{self.path}: the file is empty: expected a JSON mapping a line"]


@dataclass(frozen=True)
class WikipediaSplit:
    """Articles of gensim's Wikipedia sample."""

    path: Path
    split: str
    prose_only: bool
    paired = False

    @property
    def files(self) -> tuple[Path, ...]:
        """The dump, the same for all splits."""
        return (self.path,)

    def pairs(self) -> Iterator[Pair]:
        """The sentences of the split's articles."""
        return (Pair(sentence, None) for sentence in read_wikipedia(self.path, self.split, self.prose_only))

    def problems(self) -> list[str]:
        """What is wrong with the dump."""
        try:
            read_articles(self.path)
        except InputError as error:
            return [str(error)]
        return []
