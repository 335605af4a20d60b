"""Treebanks with labels of each word (its part of speech, its relation), of each sentence (its genre), or with their trees."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from embedseq.errors import InputError
from embedseq.text.conllu import TaggedSentence, read_conllu
from embedseq.text.files import at
from embedseq.text.gold_words import GoldWords
from embedseq.text.labels import as_label
from embedseq.text.settings import DataSettings, Files
from embedseq.text.splits import ConlluSplit, Pair, Split, first_problem

WordLabel = Literal["upos", "deprel"]
GENRES = ("answers", "email", "newsgroup", "reviews", "weblog")
"""The genres of UD English EWT, with which its sentence ids begin: `weblog-blogspot.com_…`."""
NONE = "_"
"""What CoNLL-U has where nothing is said."""


def is_treebank(files: Files | None) -> bool:
    """Whether the file of a split is named as CoNLL-U is."""
    return isinstance(files, str) and files.endswith((".conllu", ".conllu.gz"))


def treebank_split(path: Path, settings: DataSettings) -> Split:
    """The sentences of a treebank with what the task needs of it."""
    if settings.task == "tagging" and settings.label in ("upos", "deprel"):
        return TaggedSplit(path, settings.label)
    if settings.task == "trees":
        return TreeSplit(path)
    return GenreSplit(path) if settings.task == "classification" else ConlluSplit(path)


@dataclass(frozen=True)
class TaggedSplit:
    """The sentences of a treebank: the words as a line (see `gold_words`), and a label for each."""

    path: Path
    label: WordLabel

    @property
    def files(self) -> tuple[Path, ...]:
        """The file."""
        return (self.path,)

    def pairs(self) -> Iterator[Pair]:
        """Each sentence."""
        for sentence in read_conllu(self.path):
            yield Pair(_gold_words(self.path, sentence).line, " ".join(self._labels(sentence)))

    def problems(self) -> list[str]:
        """The first fault of the file."""
        return first_problem(self.pairs(), self.path, "CoNLL-U with labelled words")

    def _labels(self, sentence: TaggedSentence) -> Iterator[str]:
        labels: Sequence[str] = sentence.upos if self.label == "upos" else sentence.deprels
        for number, (word, label) in enumerate(zip(sentence.forms, labels, strict=True), start=1):
            if label == NONE:
                raise InputError(
                    f"{at(self.path, sentence.line)}: in the sentence that begins here, word {number} ({word}) has no "
                    f"{self.label}: expected a label for each word"
                )
            yield as_label(label)


@dataclass(frozen=True)
class TreeSplit:
    """The sentences of a treebank with their trees: the words as a line (see `gold_words`), and no target.

    A sentence that is no tree is a fault of the file: were it left out, sentence N would not be the same for each task.
    """

    path: Path

    @property
    def files(self) -> tuple[Path, ...]:
        """The file."""
        return (self.path,)

    def pairs(self) -> Iterator[Pair]:
        """Each sentence."""
        from embedseq.text.trees import Tree  # NumPy, which the other tasks do not need here

        for sentence in read_conllu(self.path):
            words = _gold_words(self.path, sentence)
            try:
                tree = Tree(words, sentence.upos, sentence.heads, sentence.deprels, sentence.feats)
            except ValueError as error:
                raise InputError(
                    f"{at(self.path, sentence.line)}: the sentence that begins here is no tree: {error}. Correct it, or take it "
                    "out of the file"
                ) from error
            yield Pair(words.line, None, source_tree=tree)

    def problems(self) -> list[str]:
        """The first fault of the file."""
        return first_problem(self.pairs(), self.path, "CoNLL-U with trees")


@dataclass(frozen=True)
class GenreSplit:
    """The sentences of a treebank as they were written, and the genre of each, from its id."""

    path: Path

    @property
    def files(self) -> tuple[Path, ...]:
        """The file."""
        return (self.path,)

    def pairs(self) -> Iterator[Pair]:
        """Each sentence."""
        for sentence in read_conllu(self.path):
            genre = sentence.sent_id.partition("-")[0]
            if genre not in GENRES:
                found = f"its id is {sentence.sent_id!r}" if sentence.sent_id else "it has no id"
                raise InputError(
                    f"{at(self.path, sentence.line)}: the sentence that begins here has no genre: expected an id that begins "
                    f"with one of {', '.join(GENRES)} and a hyphen, as in UD English EWT; {found}"
                )
            yield Pair(sentence.text, genre)

    def problems(self) -> list[str]:
        """The first fault of the file."""
        return first_problem(self.pairs(), self.path, "CoNLL-U with sentence ids")


def _gold_words(path: Path, sentence: TaggedSentence) -> GoldWords:
    """The words of a sentence. Raises InputError with the line where one of them cannot be written."""
    try:
        return GoldWords(sentence.forms, sentence.glued)
    except ValueError as error:
        raise InputError(f"{at(path, sentence.line)}: in the sentence that begins here {error}") from error
