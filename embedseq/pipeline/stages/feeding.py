"""Token ids in artifacts -> the batches that a kind of model learns from and is measured on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedseq.models.settings import Kind
from embedseq.pipeline.stages.tokens import encoded_of, frames_of, places_of, tokeniser_of, vocabulary_of

if TYPE_CHECKING:
    from embedseq.text.batches import Batches

QUOTED, LONGEST = 3, 80
"""So many sentences are quoted, so much of each."""


@dataclass(frozen=True)
class Feed:
    """What of a corpus a model reads, and how."""

    kind: Kind
    sources: tuple[str, ...]
    """The sides that it reads."""
    images: bool
    """Whether its source are images."""
    stretch: int | None
    masking: float
    """The share of tokens that a masked language model is asked for."""

    @staticmethod
    def of(spec: Mapping[str, Any], kind: Kind, masking: float) -> "Feed":
        """From the spec of a stage."""
        return Feed(kind, tuple(spec["sources"]), spec["images"], spec["stretch"], masking)


def batches_of(tokens: Path, split: str, feed: Feed, batch_tokens: int, longest: int | None = None) -> "Batches":
    """The batches of a split of the `tokens` stage's artifact; what is longer than `longest` is left out."""
    from embedseq.text.batches import TokenBatches
    from embedseq.text.label_batches import LabelBatches
    from embedseq.text.masked_batches import MaskedBatches
    from embedseq.text.text_batches import TextBatches

    if feed.kind == "encoder-decoder":
        target = encoded_of(tokens, split, "target", feed.stretch)
        if feed.images:
            return TokenBatches(frames_of(tokens, split), target, batch_tokens, longest)
        source, *further = (encoded_of(tokens, split, side, feed.stretch) for side in feed.sources)
        return TokenBatches(source, target, batch_tokens, longest, tuple(further))
    text = encoded_of(tokens, split, "source")
    if feed.kind == "language-model":
        return TextBatches(text, batch_tokens, longest)
    if feed.kind == "masked-language-model":
        return MaskedBatches(text, batch_tokens, longest, feed.masking, len(vocabulary_of(tokens, "source")))
    places = places_of(tokens, split) if feed.kind == "tagger" else None
    return LabelBatches(text, encoded_of(tokens, split, "target"), places, batch_tokens, longest)


def quoted(tokens: Path, split: str, feed: Feed, rows: Sequence[int]) -> str:
    """A sentence with what the first of some rows of a split read, for a message; empty where they are images."""
    if feed.images:
        return ""
    sentences, vocabulary = encoded_of(tokens, split, "source", feed.stretch), vocabulary_of(tokens, "source")
    tokeniser = tokeniser_of(tokens, "source")
    texts = (tokeniser.detokenise(vocabulary.tokens_of(sentences[row].tolist())) for row in rows[:QUOTED])
    named = ", ".join(f"{row + 1}: {text[:LONGEST]!r}" for row, text in zip(rows, texts, strict=False))
    return f" What is in row {named}."
