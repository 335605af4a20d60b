"""The corpora of a run whose artifacts are there, and what to call what is in them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from embedseq.pipeline import node_names
from embedseq.pipeline.run import Run
from embedseq.text.settings import DataSettings

LABELLED = ("restoration", "tagging", "classification")
"""Tasks whose target are labels."""


@dataclass(frozen=True)
class StoredCorpus:
    """A corpus that was cut into tokens."""

    name: str
    data: DataSettings
    text: Path
    """The artifact of its text."""
    tokens: Path
    """The artifact of its tokens."""

    @property
    def sides(self) -> tuple[str, ...]:
        """All that it has, the target last."""
        return self.data.source_sides if self.data.task == "text" else (*self.data.source_sides, "target")

    def is_labels(self, side: str) -> bool:
        """Whether a side are labels."""
        return side == "target" and self.data.task in LABELLED

    def is_images(self, side: str) -> bool:
        """Whether a side are images."""
        return side != "target" and self.data.reads_images


def stored_corpora(run: Run) -> Iterator[StoredCorpus]:
    """Every corpus that was cut into tokens, in the order of the file."""
    for name, data in run.pipeline.spec.data.items():
        text, tokens = run.artifact(node_names.text_node(name)), run.artifact(node_names.tokens_node(name))
        if text is not None and tokens is not None:
            yield StoredCorpus(name, data, text, tokens)


def items_of(data: DataSettings) -> str:
    """What a corpus consists of, for people."""
    if data.reads_images:
        return "images"
    if data.task == "text":
        return "lines"
    return "texts" if data.sections or data.task == "classification" else "sentences"
