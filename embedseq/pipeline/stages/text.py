"""Files -> checked sentences: one UTF-8 file a split and side, one sentence a line."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, cast

from embedseq.pipeline.stage import StageContext, StageKind
from embedseq.pipeline.stages.records import read_record, write_record
from embedseq.text.settings import DataSettings

if TYPE_CHECKING:
    from embedseq.text.corpora import Corpus
    from embedseq.text.forms import Form
    from embedseq.text.splits import Pair

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
    some sentence has several targets has them all in `<split>.references.json`.
    """
    from embedseq.text.corpora import open_corpus
    from embedseq.text.forms import forms_of

    settings = DataSettings.from_record(context.execution["settings"])
    corpus = open_corpus(settings, Path(context.execution["base"]))
    corpus.check()
    counts: dict[str, int] = {}
    for split in corpus.splits:
        counts[split] = _write_split(corpus, split, context.output)
        context.progress(len(counts), len(corpus.splits), split=split, sentences=counts[split])
    write_record(context.output / "facts.json", {"sentences": counts})
    if forms := forms_of(settings):
        write_record(context.output / FORMS, forms)


def _write_split(corpus: "Corpus", split: str, folder: Path) -> int:
    from embedseq.text.frames import Frames

    references: list[tuple[str, ...]] = []
    with ExitStack() as stack:
        files = {
            side: stack.enter_context((folder / f"{split}.{side}.txt").open("w", encoding="utf-8", newline="\n"))
            for side in corpus.text_sides
        }

        def written() -> Iterator["Pair"]:
            for pair in corpus.pairs(split):
                for side, file in files.items():
                    file.write(pair.text(side) + "\n")
                references.append(pair.references or (pair.text("target"),))
                yield pair

        if corpus.settings.reads_images:
            Frames.write(folder / f"{split}.source", (pair.frames for pair in written() if pair.frames is not None))
        else:
            for _ in written():
                pass
    if any(len(texts) > 1 for texts in references):
        write_record(folder / f"{split}.references.json", references)
    return len(references)


STAGE = StageKind(name="text", version=2, run=run)
