"""Files -> checked sentences: one UTF-8 file a split and side, one sentence a line."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from embedseq.pipeline.stage import StageContext, StageKind
from embedseq.pipeline.stages.records import write_record
from embedseq.text.settings import DataSettings

if TYPE_CHECKING:
    from embedseq.text.corpora import Corpus


def sentences_of(folder: Path, split: str, side: str) -> Iterator[str]:
    """The sentences of one side ("source" or "target") of one split, in order, from this stage's artifact."""
    with (folder / f"{split}.{side}.txt").open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            yield line.removesuffix("\n")


def run(context: StageContext) -> None:
    """Write `<split>.<side>.txt` and `facts.json`: the number of sentences of each split."""
    from embedseq.text.corpora import open_corpus

    settings = DataSettings.from_record(context.execution["settings"])
    corpus = open_corpus(settings, Path(context.execution["base"]))
    corpus.check()
    counts: dict[str, int] = {}
    for split in corpus.splits:
        counts[split] = _write_split(corpus, split, context.output)
        context.progress(len(counts), len(corpus.splits), split=split, sentences=counts[split])
    write_record(context.output / "facts.json", {"sentences": counts})


def _write_split(corpus: "Corpus", split: str, folder: Path) -> int:
    count = 0
    with ExitStack() as stack:
        files = {
            side: stack.enter_context((folder / f"{split}.{side}.txt").open("w", encoding="utf-8", newline="\n"))
            for side in (("source", "target") if corpus.has_target else ("source",))
        }
        for pair in corpus.pairs(split):
            files["source"].write(pair.source + "\n")
            if pair.target is not None:
                files["target"].write(pair.target + "\n")
            count += 1
    return count


STAGE = StageKind(name="text", version=1, run=run)
