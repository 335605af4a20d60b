"""A corpus as the settings describe it: its splits, streamed, with lower case, limits and the task applied."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from embedseq.errors import Problems, RequestError
from embedseq.text.datasets import dataset_splits, find_dataset
from embedseq.text.restoration import strip
from embedseq.text.settings import DataSettings, Files, PairFiles, TabFile, TokenSettings
from embedseq.text.splits import ConlluSplit, Pair, ParallelSplit, Split, TabSplit, TextSplit

__all__ = ["Corpus", "Pair", "open_corpus", "prepare", "token_settings"]

SPLITS = ("train", "valid", "test")


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
    def has_target(self) -> bool:
        """Whether pairs have a target."""
        return self.settings.task != "text"

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
            for pair in self.pairs(split):
                yield pair.source if side == "source" else pair.target or ""

        return read

    def _prepared(self, pair: Pair) -> Pair:
        if self.settings.task == "restoration":
            stripped = strip(pair.source.strip())
            return Pair(" ".join(stripped.words), " ".join(stripped.labels))
        target = pair.target if self.settings.task == "pairs" else None
        return Pair(prepare(pair.source, self.settings), None if target is None else prepare(target, self.settings))


def prepare(text: str, settings: DataSettings) -> str:
    """A sentence as models read it: no white space around it, and in lower case where the settings say so."""
    stripped = text.strip()
    return stripped.lower() if settings.lowercase else stripped


def open_corpus(settings: DataSettings, base: Path) -> Corpus:
    """The corpus of `settings`; relative paths start from `base`. Raises RequestError for settings that do not fit together.

    Only whether files exist is looked at; `Corpus.check` reads them.
    """
    _check_settings(settings)
    if settings.dataset is not None:
        dataset = find_dataset(settings.dataset)
        if settings.task == "pairs" and settings.target is None:
            others = [language for language in dataset.languages if language != settings.source]
            have = f"say which language is written: {', '.join(others)}" if others else "it has no target: set `task`"
            raise RequestError(f"target: `task: pairs` on {dataset.name!r} needs one; {have}")
        target = settings.target if settings.task == "pairs" else None
        return Corpus(settings, dataset_splits(dataset, settings.source, target, prose_only=settings.task != "text"))
    named: dict[str, Files | None] = {"train": settings.train, "valid": settings.valid, "test": settings.test}
    splits = {name: _split(files, base) for name, files in named.items() if files is not None}
    unpaired = [name for name, split in splits.items() if not split.paired]
    if settings.task == "pairs" and unpaired:
        raise RequestError(
            f"{unpaired[0]}: `task: pairs` needs a target: give {{source: FILE, target: FILE}} or {{pairs: FILE}}, or set `task`"
        )
    return Corpus(settings, splits)


def token_settings(settings: DataSettings) -> tuple[TokenSettings, TokenSettings | None]:
    """How the source side and the target side are cut into tokens; no target side, no settings.

    The labels of a restoration are words whatever `tokens` says, so that each is one token.
    """
    if settings.task == "text":
        return settings.tokens, None
    if settings.task == "restoration":
        return settings.tokens, TokenSettings(kind="word")
    return settings.tokens, settings.target_tokens or settings.tokens


def _check_settings(settings: DataSettings) -> None:
    files = (settings.train, settings.valid, settings.test)
    if settings.dataset is not None and any(part is not None for part in files):
        raise RequestError("dataset: give either a known dataset or files (`train`, `valid`, `test`), not both")
    if settings.dataset is None and settings.train is None:
        raise RequestError("train: missing: give a known `dataset`, or the files of `train` (and `valid`, `test`)")
    if settings.dataset is None and (settings.source or settings.target):
        raise RequestError("source: languages are chosen for a known dataset only; files say for themselves what they are")
    if settings.task != "pairs":
        for name in ("target", "target_tokens"):
            if getattr(settings, name) is not None:
                raise RequestError(f"{name}: `task: {settings.task}` has no target text; leave it out")
        if settings.joint:
            raise RequestError(f"joint: `task: {settings.task}` has one side of text only; leave it out")
    if settings.task == "restoration" and settings.tokens.kind != "word":
        raise RequestError(
            f"tokens.kind: `task: restoration` labels words, so that they must be tokens; {settings.tokens.kind} is none"
        )
    if settings.stretch is not None and settings.task != "restoration":
        raise RequestError(
            "stretch: only `task: restoration` cuts sentences into stretches, since its sides pair word by word; leave it out"
        )
    if settings.task == "restoration" and settings.lowercase:
        raise RequestError("lowercase: `task: restoration` restores case, so the text must have it; leave it out")
    if settings.joint and settings.target_tokens is not None:
        raise RequestError("target_tokens: with `joint: true` both sides have the same tokens; leave it out")


def _split(files: Files, base: Path) -> Split:
    if isinstance(files, PairFiles):
        return ParallelSplit(base / files.source, base / files.target)
    if isinstance(files, TabFile):
        return TabSplit(base / files.pairs)
    path = base / files
    return ConlluSplit(path) if files.endswith((".conllu", ".conllu.gz")) else TextSplit(path)
