"""Of which sides each kind of model consists. Light to import: no torch."""

from typing import Literal

from embedseq.models.settings import Kind, ModelShape

SideName = Literal["encoder", "decoder"]
SIDES_OF: dict[Kind, tuple[SideName, ...]] = {
    "encoder-decoder": ("encoder", "decoder"),
    "language-model": ("decoder",),
    "masked-language-model": ("encoder",),
    "tagger": ("encoder",),
    "classifier": ("encoder",),
}
"""Of which sides each kind of model consists."""


def kind_of_shape(shape: ModelShape) -> Kind:
    """The kind of a model; one that is not named is an encoder-decoder."""
    return shape.kind or "encoder-decoder"


def sides_of(shape: ModelShape) -> tuple[SideName, ...]:
    """The sides of a model."""
    return SIDES_OF[kind_of_shape(shape)]


def self_attending_side(side: str, kind: Kind) -> SideName:
    """Which part of a model reads the words of a side, `source` or `target`: what a language model reads it also writes."""
    return "decoder" if side == "target" or kind == "language-model" else "encoder"


def named(kind: Kind) -> str:
    """A kind in words, `an encoder-decoder`."""
    words = kind.replace("language-model", "language model").replace("masked-", "masked ")
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {words}"
