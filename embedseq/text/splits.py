"""Where the sentences of a split come from: one text file, several that pair, a tab-separated one, CoNLL-U, Wikipedia.

JSON lines are in `json_lines`, what has labels is in `labelled`, what is no text in `digits`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from embedseq.errors import InputError
from embedseq.text.conllu import problems_in_conllu, read_conllu
from embedseq.text.files import problems_between, problems_in, problems_in_tabbed, read_lines, read_tabbed
from embedseq.text.wikipedia import read_articles, read_wikipedia

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from embedseq.text.trees import Tree


class Pair(NamedTuple):
    """A sentence and its counterpart; None where there is no target."""

    source: str
    target: str | None
    further: tuple[str, ...] = ()
    """Further sources, which are read beside the first."""
    references: tuple[str, ...] = ()
    """All counterparts, the target first, where there are several."""
    frames: "NDArray[np.float32] | None" = None
    """(S, F): what is read where it is no text; the source then only says what it shows."""
    source_tree: "Tree | None" = None
    """Of the words of the source, where the corpus has trees."""
    target_tree: "Tree | None" = None
    """Of the words of the target."""
    alignment: frozenset[tuple[int, int]] | None = None
    """(target word, source word), counted from 0, where it is known which words belong together."""

    def text(self, side: str) -> str:
        """The text of a side: `source`, `source2` and on, `target`; empty where there is no target."""
        if side == "target":
            return self.target or ""
        return (self.source, *self.further)[int(side.removeprefix("source") or 1) - 1]


class Split(Protocol):
    """Sentences that can be read any number of times."""

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that are read."""
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
    """Two files whose lines pair, or more where several are read side by side."""

    source: Path
    target: Path
    further: tuple[Path, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """The source files, the target file."""
        return (self.source, *self.further, self.target)

    def pairs(self) -> Iterator[Pair]:
        """The lines of each number that are not all empty."""
        try:
            # strict: a file that has grown shorter since it was checked must not pass unseen
            for source, *further, target in zip(*map(read_lines, self.files), strict=True):
                if source.strip() or target.strip() or any(each.strip() for each in further):
                    yield Pair(source, target, tuple(further))
        except ValueError as error:
            raise InputError("\n".join(self.problems()) or f"{self.source}: {error}") from error

    def problems(self) -> list[str]:
        """The faults of the files, and where they do not pair."""
        return problems_between(*self.files)


@dataclass(frozen=True)
class TabSplit:
    """One file with a pair a line, parted by a tab."""

    path: Path

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
class WikipediaSplit:
    """Articles of gensim's Wikipedia sample."""

    path: Path
    split: str
    prose_only: bool

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


@dataclass(frozen=True)
class JoinedSplit:
    """Several splits, one after the other."""

    parts: tuple[Split, ...]

    @property
    def files(self) -> tuple[Path, ...]:
        """The files of all parts."""
        return tuple(chain.from_iterable(part.files for part in self.parts))

    def pairs(self) -> Iterator[Pair]:
        """The pairs of the first part, then those of the second, and so on."""
        return chain.from_iterable(part.pairs() for part in self.parts)

    def problems(self) -> list[str]:
        """The faults of all parts."""
        return list(chain.from_iterable(part.problems() for part in self.parts))


def first_problem(pairs: Iterable[Pair], path: Path, expected: str) -> list[str]:
    """What is wrong with a file that is read by reading it through: the first fault, if any. Having no pair is one."""
    try:
        found = sum(1 for _ in pairs)
    except InputError as error:
        return [str(error)]
    return [] if found else [f"{path}: the file is empty: expected {expected}"]
