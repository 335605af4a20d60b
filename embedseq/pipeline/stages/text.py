"""Files -> checked sentences: one UTF-8 file a split and side, one sentence a line."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from embedseq.errors import InputError
from embedseq.pipeline.stage import StageContext, StageKind
from embedseq.pipeline.stages.records import read_record, write_record
from embedseq.text.settings import DataSettings

if TYPE_CHECKING:
    from embedseq.text.corpora import Corpus
    from embedseq.text.forms import Form
    from embedseq.text.splits import Pair
    from embedseq.text.trees import Tree

FORMS = "forms.json"
"""The file that says what the lines of a side are; there is none where all are running text."""


def sentences_of(folder: Path, split: str, side: str) -> Iterator[str]:
    """The lines of one side of one split, in order, from this stage's artifact: sentences, or what else `form_of` says."""
    with (folder / f"{split}.{side}.txt").open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            yield line.removesuffix("\n")


def references_of(folder: Path, split: str) -> list[list[str]]:
    """For each sentence of a split all texts that count as right: one, unless the corpus has several."""
    several = folder / f"{split}.references.json"
    if several.exists():
        return cast("list[list[str]]", read_record(several))
    return [[target] for target in sentences_of(folder, split, "target")]


def trees_of(folder: Path, split: str, side: str) -> "Iterator[Tree]":
    """The trees of one side of one split, one a line of `sentences_of`, from this stage's artifact.

    Raises InputError where the corpus has none: those with `task: trees` and generated languages have.
    """
    from embedseq.text.trees import read_trees

    return read_trees(folder / f"{split}.{side}.trees.jsonl")


def alignments_of(folder: Path, split: str) -> list[frozenset[tuple[int, int]]]:
    """For each pair of a split the gold links (target word, source word), counted from 0, from this stage's artifact.

    Words are what stands between spaces. Raises InputError where the corpus has none: generated pairs have.
    """
    path = folder / f"{split}.alignment.jsonl"
    try:
        with path.open(encoding="utf-8") as lines:
            return [frozenset((target, source) for target, source in json.loads(line)) for line in lines]
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path}: expected alignments that embedseq saved, found something else ({error})") from error


def form_of(folder: Path, side: str) -> "Form":
    """What the lines of a side are."""
    path = folder / FORMS
    return cast("Form", read_record(path).get(side, "text")) if path.exists() else "text"


def text_sides_of(folder: Path) -> list[str]:
    """The sides of the artifact that are lines, the sources in their order, then the target."""
    found = [path.name.split(".")[1] for path in folder.glob("train.*.txt")]
    return sorted(found, key=lambda side: (side == "target", len(side), side))


def run(context: StageContext) -> None:
    """Write `<split>.<side>.txt` and `facts.json`: the number of sentences of each split.

    Where a side is not running text, `forms.json` says so; images are `<split>.source.frames.npy` with offsets. A split of which
    some sentence has several targets has them all in `<split>.references.json`. Sides with trees have them in
    `<split>.<side>.trees.jsonl`, and where it is known which words belong together, `<split>.alignment.jsonl` has a list of
    [target word, source word] for each pair. For `task: trees` the facts have the number of words, too.
    """
    from embedseq.text.corpora import open_corpus
    from embedseq.text.forms import forms_of

    settings = DataSettings.from_record(context.execution["settings"])
    corpus = open_corpus(settings, Path(context.execution["base"]))
    corpus.check()
    counts: dict[str, int] = {}
    words: Counter[str] = Counter()
    for split in corpus.splits:
        counts[split] = _write_split(corpus, split, context.output, words)
        context.progress(len(counts), len(corpus.splits), split=split, sentences=counts[split])
    write_record(context.output / "facts.json", {"sentences": counts} | ({"words": words} if settings.task == "trees" else {}))
    if forms := forms_of(settings):
        write_record(context.output / FORMS, forms)


def _write_split(corpus: "Corpus", split: str, folder: Path, words: Counter[str]) -> int:
    """Write the files of a split; how many sentences it has. Its gold words are counted in `words`."""
    from embedseq.text.frames import Frames

    references: list[tuple[str, ...]] = []
    lines = _lines(corpus)
    with ExitStack() as stack:
        files = {
            name: stack.enter_context((folder / f"{split}.{name}").open("w", encoding="utf-8", newline="\n")) for name in lines
        }

        def written() -> Iterator["Pair"]:
            for pair in corpus.pairs(split):
                for name, file in files.items():
                    file.write(lines[name](pair) + "\n")
                references.append(pair.references or (pair.text("target"),))
                words[split] += len(pair.source_tree) if pair.source_tree is not None else 0
                yield pair

        if corpus.settings.reads_images:
            Frames.write(folder / f"{split}.source", (pair.frames for pair in written() if pair.frames is not None))
        else:
            for _ in written():
                pass
    if any(len(texts) > 1 for texts in references):
        write_record(folder / f"{split}.references.json", references)
    return len(references)


def _lines(corpus: "Corpus") -> Mapping[str, Callable[["Pair"], str]]:
    """The files of a split that have a line for each of its pairs, by the end of their names, and what that line is."""
    lines: dict[str, Callable[[Pair], str]] = {f"{side}.txt": partial(_text, side) for side in corpus.text_sides}
    lines |= {f"{side}.trees.jsonl": partial(_tree, side) for side in corpus.settings.tree_sides}
    return lines | ({"alignment.jsonl": _alignment} if corpus.settings.has_alignment else {})


def _text(side: str, pair: "Pair") -> str:
    return pair.text(side)


def _tree(side: str, pair: "Pair") -> str:
    tree = pair.source_tree if side == "source" else pair.target_tree
    assert tree is not None
    return tree.line


def _alignment(pair: "Pair") -> str:
    return json.dumps(sorted(pair.alignment or ()), separators=(",", ":"))


STAGE = StageKind(name="text", version=2, run=run)
