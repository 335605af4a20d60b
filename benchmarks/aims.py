"""What the project aims at, and how far it is: the first section of the page of what was measured.

The numbers are read from the page's own tables and texts, so that they cannot come apart from what they sum up.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from table import Table

TITLE = "What is aimed at"
_NUMBER = r"([\d,]+(?:\.\d+)?)"
_TABLE = re.compile(r"(?:^\|.*\n)+", re.MULTILINE)


def _number(text: str) -> float:
    return float(text.replace(",", ""))


@dataclass(frozen=True)
class Text:
    """A number in a plain text: the group of a pattern, or its first group divided by its second."""

    pattern: str

    def read(self, section: str) -> float | None:
        """The number; None where the section does not have it."""
        match = re.search(self.pattern.replace("NUMBER", _NUMBER), section)
        if match is None:
            return None
        first, *second = map(_number, match.groups())
        return first / second[0] if second else first


@dataclass(frozen=True)
class Cell:
    """A number in the first table below a heading that begins so, or in the section's first."""

    row: str
    column: str
    heading: str = ""

    def read(self, section: str) -> float | None:
        """The number; None where the section does not have it."""
        rows = self._rows(section.partition(f"### {self.heading}")[2] if self.heading else section)
        return _number(rows[self.row]) if self.row in rows else None

    def _rows(self, text: str) -> dict[str, str]:
        """What the rows of the table have in the column, as far as that is a number: the first one of the cell."""
        table = _TABLE.search(f"{text}\n")
        if table is None:
            return {}
        columns, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in table[0].splitlines())
        if self.column not in columns:
            return {}
        place = columns.index(self.column)
        return {cells[0]: match[1] for cells in rows if (match := re.match(_NUMBER, cells[place]))}


@dataclass(frozen=True)
class Aim:
    """A number of a section that is to be so large at least, or so small at most; of: what it is of."""

    of: str
    section: str
    found: Text | Cell
    least: float | None = None
    most: float | None = None

    def row(self, sections: Mapping[str, str]) -> list[str]:
        """Of the table: what, the aim, what was measured, and whether that reaches it."""
        value = self.found.read(sections.get(self.section, ""))
        bound = f"at least {self.least:g}" if self.least is not None else f"at most {self.most:g}"
        name = f"{self.section}: {self.of}"
        if value is None:
            return [name, bound, "", "not measured"]
        reached = value >= self.least if self.least is not None else self.most is not None and value <= self.most
        return [name, bound, f"{value:.3g}", "reached" if reached else "**not reached**"]


def _to(what: str, peer: str) -> str:
    return f"{what}, to {'a loop by hand' if peer == 'by hand' else peer}"


def _training() -> list[Aim]:
    shapes = {
        "Transformer": {"JoeyNMT": 3.0, "OpenNMT-py": 1.6, "by hand": 0.95},
        "LSTM + Luong's general attention with input feeding": {"JoeyNMT": 2.0, "OpenNMT-py": 1.0},
        "The same LSTM without input feeding": {"by hand": 0.95},
        "GRU + additive attention with input feeding": {"JoeyNMT": 2.5, "by hand": 1.0},
    }
    names = ("Transformer", "LSTM with input feeding", "LSTM", "GRU with input feeding")
    aims = list[Aim]()
    for name, (shape, least) in zip(names, shapes.items(), strict=True):
        heading = f"Training: {shape}"
        aims += [Aim(_to(name, row), "Training", Cell(row, "embedseq to it", heading), bound) for row, bound in least.items()]
        if name == "Transformer":
            column = "embedseq, two replicas to it"
            aims += [
                Aim(_to(f"{name}, two replicas", row), "Training", Cell(row, column, heading), bound)
                for row, bound in {"JoeyNMT": 4.5, "by hand": 1.3}.items()
            ]
    return aims


def _memory() -> list[Aim]:
    names = {
        "transformer": "Transformer",
        "transformer, 2 replicas": "Transformer, two replicas",
        "lstm-feeding": "LSTM with input feeding",
        "lstm": "LSTM",
        "gru-feeding": "GRU with input feeding",
    }
    column, section = "of JoeyNMT's", "Where the memory goes"
    return [Aim(f"{name}, of JoeyNMT's", section, Cell(row, column), most=0.5) for row, name in names.items()]


def _decoding() -> list[Aim]:
    aims = list[Aim]()
    for processes in ("", ", two processes"):
        for search, joeynmt, ctranslate2 in (("greedy", 30.0, 0.6), ("beam 5", 8.0, 0.7), ("beam 5, stop: full", 8.0, 0.7)):
            row = f"transformer, {search}{processes}"
            for peer, least in (("CTranslate2", ctranslate2), ("JoeyNMT", joeynmt)):
                aims.append(Aim(_to(f"{search}{processes}", peer), "Decoding", Cell(row, f"to {peer}"), least))
    for search in ("greedy", "beam 5", "beam 5, stop: full"):
        aims.append(Aim(_to(search, "JoeyNMT"), "Decoding, LSTM", Cell(f"lstm, {search}", "to JoeyNMT"), 2.0))
    return aims


def _similarity() -> list[Aim]:
    aims = list[Aim]()
    for section in ("Similarity, 50,000 words", "Similarity, 1,000,000 words"):
        one, many, number = r"one word[\s\S]*?\n", r"256 words[\s\S]*?\n", r"\s+[\d.,]+\s+[\d.,]+\s+NUMBER"
        own = r"GiB of memory[\s\S]*?gensim\s+NUMBER[\s\S]*?exact\s+NUMBER"
        peak = r"GiB of memory[\s\S]*?gensim\s+\S+\s+\S+\s+NUMBER[\s\S]*?exact\s+\S+\s+\S+\s+NUMBER"
        aims += [
            Aim("one word, to gensim", section, Text(f"{one}exact{number}"), 1.0),
            Aim("256 words, to gensim", section, Text(f"{many}exact{number}"), 6.0),
            Aim("gensim's memory of its own, to exact search's", section, Text(own), 2.0),
            Aim("gensim's largest memory, mapped files included, to exact search's", section, Text(peak), 2.0),
            Aim("one word, with an index, to gensim", section, Text(f"{one}index{number}"), 5.0),
        ]
    return aims


def _of_growth(column: int) -> Text:
    """What a column of Word2Vec's table of texts has of 11 million words, by what it has of 101 million; counted from 0."""
    smaller, larger = (rf"\| {millions},[\d,]+ \| (?:[\d.]+ \| ){{{column - 1}}}NUMBER " for millions in (11, 101))
    return Text(rf"{smaller}[\s\S]*{larger}")


AIMS = (
    *_training(),
    *_memory(),
    Aim("packed, of one by one", "A matrix of models", Text(r"packed, 1 thread each\D+[\d.]+\D+NUMBER"), most=0.75),
    *_decoding(),
    Aim("BLEU, lower-cased", "BLEU after 25 minutes", Cell("timed[train.max_time=25.0]", "BLEU, lower-cased"), 34.0),
    Aim("BLEU, lower-cased", "BLEU after an hour", Cell("timed[train.max_time=60.0]", "BLEU, lower-cased"), 36.0),
    Aim("skip-gram, of gensim's seconds", "Word2Vec", Cell("skip-gram, the stage", "of gensim's seconds"), most=1.1),
    Aim("CBOW, of gensim's seconds", "Word2Vec", Cell("cbow, the stage", "of gensim's seconds"), most=1.1),
    Aim("seconds of a million words, of 11 million to those of 101", "Word2Vec", _of_growth(2), 0.9),
    Aim("memory, of 11 million words to that of 101", "Word2Vec", _of_growth(3), 0.9),
    *_similarity(),
    Aim("seconds", "A finished pipeline, run again", Text(r"run again \(5 times\): NUMBER s"), most=2.0),
    Aim("seconds", "From the command to the first update", Text(r"NUMBER s\s+\S+\s+the first update is done"), most=10.0),
)


def section(sections: Mapping[str, str]) -> str:
    """The section of the page that has these sections, by their titles; aims of others stand on another machine's page."""
    notes = [
        "Ratios are of speed unless something else is said: 2 is twice as fast. CTranslate2 and JoeyNMT decode in one process of "
        "two threads. What stops what is not reached is said at the end (*What limits what*)."
    ]
    rows = [aim.row(sections) for aim in AIMS if aim.section in sections]
    return Table(TITLE, ["", "aim", "measured", ""], rows, notes).markdown() + "\n"
