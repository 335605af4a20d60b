"""A corpus as the settings describe it: its splits, streamed, with lower case, limits and the task applied."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from embedseq.errors import Problems, RequestError
from embedseq.text.complaints import SPLITS, complaints
from embedseq.text.dataset_splits import dataset_splits, joined
from embedseq.text.datasets import find_dataset
from embedseq.text.generated import GeneratedSplit
from embedseq.text.gold_words import GoldWords
from embedseq.text.labelled import is_treebank, treebank_split
from embedseq.text.labels import as_label
from embedseq.text.restoration import strip
from embedseq.text.settings import DataSettings, Files, PairFiles, TabFile, TokenSettings
from embedseq.text.splits import Pair, ParallelSplit, Split, TabSplit, TextSplit

if TYPE_CHECKING:
    from embedseq.text.trees import Tree

__all__ = ["Corpus", "Pair", "open_corpus", "prepare", "token_settings"]


class Corpus:
    """The splits of a corpus. Nothing is read before `check` or `pairs` is called."""

    def __init__(self, settings: DataSettings, splits: Mapping[str, Split]) -> None:
        self.settings = settings
        self._splits = dict(splits)
        self.files: dict[str, tuple[Path, ...]] = {name: split.files for name, split in splits.items()}
        """The files of each split, for whoever wants to hash their contents."""

    @property
    def splits(self) -> tuple[str, ...]:
        """The names of the splits that there are, of train, valid and test."""
        return tuple(self._splits)

    @property
    def text_sides(self) -> tuple[str, ...]:
        """The sides that are text: the sources, unless they are images, and the target if there is one."""
        sources = () if self.settings.reads_images else self.settings.source_sides
        return sources if self.settings.task in ("text", "trees") else (*sources, "target")

    def check(self) -> None:
        """Read all files through. Raises Problems with everything that is wrong with any of them."""
        found = (problem for split in self._splits.values() for problem in split.problems())
        if problems := list(dict.fromkeys(found)):
            raise Problems(problems)

    def pairs(self, split: str) -> Iterator[Pair]:
        """The sentence pairs of a split, one at a time. Raises RequestError when the corpus has no such split.

        White space around a sentence is dropped. A limit counts pairs that are not empty.
        """
        if split not in self._splits:
            raise RequestError(
                f"the corpus has no split {split!r}: found {', '.join(self._splits)}; name its files in the settings"
            )
        limit: int | None = getattr(self.settings.limits, split)
        pairs = (self._prepared(pair) for pair in self._splits[split].pairs())
        return islice((pair for pair in pairs if pair.source), limit)

    def sentences(self, split: str, side: str = "source") -> Callable[[], Iterator[str]]:
        """One side of a split, to be read any number of times: what `train_tokeniser` wants."""

        def read() -> Iterator[str]:
            return (pair.text(side) for pair in self.pairs(split))

        return read

    def _prepared(self, pair: Pair) -> Pair:
        match self.settings.task:
            case "restoration":
                stripped = strip(pair.source.strip())
                return Pair(" ".join(stripped.words), " ".join(stripped.labels))
            case "tagging":
                return Pair(self._text(pair.source), pair.target)
            case "classification":
                return Pair(self._text(pair.source), as_label(pair.target or ""))
            case "trees":
                assert pair.source_tree is not None
                tree = lowered(pair.source_tree) if self.settings.lowercase else pair.source_tree
                return Pair(tree.words.line, None, source_tree=tree)
            case "text":
                return Pair(self._text(pair.source), None, source_tree=pair.source_tree)
            case "pairs":
                target = None if pair.target is None else self._text(pair.target)
                further, references = (tuple(map(self._text, texts)) for texts in (pair.further, pair.references))
                return pair._replace(source=self._text(pair.source), target=target, further=further, references=references)

    def _text(self, text: str) -> str:
        return prepare(text, self.settings)


def prepare(text: str, settings: DataSettings) -> str:
    """A sentence as models read it: no white space around it, and in lower case where the settings say so."""
    stripped = text.strip()
    return stripped.lower() if settings.lowercase else stripped


def lowered(tree: "Tree") -> "Tree":
    """The same tree with its words in lower case."""
    words = GoldWords(tuple(word.lower() for word in tree.words.words), tree.words.glued)
    return replace(tree, words=words)


def open_corpus(settings: DataSettings, base: Path) -> Corpus:
    """The corpus of `settings`; relative paths start from `base`. Raises RequestError for settings that do not fit together.

    Only whether files exist is looked at; `Corpus.check` reads them.
    """
    named: dict[str, Files | None] = {split: getattr(settings, split) for split in SPLITS}
    if settings.generated is not None and (settings.datasets or any(named.values())):
        raise RequestError("generated: what is generated needs no known dataset and no files: give one of them")
    if settings.datasets and any(named.values()):
        raise RequestError("dataset: give either a known dataset or files (`train`, `valid`, `test`), not both")
    if not settings.datasets and settings.generated is None and settings.train is None:
        raise RequestError("train: missing: give a known `dataset`, or the files of `train` (and `valid`, `test`)")
    datasets = [find_dataset(name) for name in settings.datasets]
    for complaint in complaints(settings):
        raise RequestError(str(complaint))
    if settings.generated is not None:
        return Corpus(settings, {split: GeneratedSplit(settings.generated, split) for split in SPLITS})
    if datasets:
        parts = [dataset_splits(dataset, settings) for dataset in datasets]
        return Corpus(settings, parts[0] if len(parts) == 1 else joined(parts))
    return Corpus(settings, {name: _split(files, base, settings) for name, files in named.items() if files is not None})


def token_settings(settings: DataSettings) -> tuple[TokenSettings, TokenSettings | None]:
    """How the source side and the target side are cut into tokens; no target side, no settings.

    The labels of a restoration are words whatever `tokens` says, so that each is one token; other labels are no text, and need
    none. Images have no tokens: of those that read them the first are not used.
    """
    if settings.task == "restoration":
        return settings.tokens, TokenSettings(kind="word")
    if settings.task != "pairs":
        return settings.tokens, None
    return settings.tokens, settings.target_tokens or settings.tokens


def _split(files: Files, base: Path, settings: DataSettings) -> Split:
    if isinstance(files, PairFiles):
        source, *further = (base / file for file in files.sources)
        return ParallelSplit(source, base / files.target, tuple(further))
    if isinstance(files, TabFile):
        return TabSplit(base / files.pairs)
    path = base / files
    return treebank_split(path, settings) if is_treebank(files) else TextSplit(path)
