"""What a shape means with nothing left to inherit: its attention, the widths of its tables. Its sides are in `resolved_sides`."""

from dataclasses import dataclass

from embedseq.models.attention.registry import position_scorers, scorers
from embedseq.models.attention.scorer import Trait
from embedseq.models.resolved_sides import decoder_side
from embedseq.models.settings import ALIASES, AttentionSettings, ModelShape


def attention_of(shape: ModelShape) -> AttentionSettings | None:
    """The attention from decoder to encoder, None for a fixed-length context.

    A bare name is one attention in a recurrent decoder, and as many heads as the self-attention has in a Transformer. It comes
    with what its scorer needs: concat-linear asks with the last token and the state before the step.
    """
    if isinstance(shape.attention, AttentionSettings):
        return shape.attention
    if shape.attention == "none":
        return None
    traits = traits_of(shape.attention)
    return AttentionSettings(
        scorer=shape.attention,
        heads=shape.heads if decoder_side(shape).architecture == "transformer" else 1,
        query="joined" if "joined-query" in traits else "state",
        when="before" if "combines" in traits else "after",
    )


def traits_of(scorer: str) -> frozenset[Trait]:
    """The traits of a scorer by its name or another name of it."""
    name = ALIASES.get(scorer, scorer)
    about = position_scorers()[name].about if name in position_scorers() else scorers()[name].about
    return about.traits


@dataclass(frozen=True)
class Widths:
    """The lengths of the word vectors that are handed over on each side, None where none are."""

    source: int | None = None
    target: int | None = None


def table_widths(shape: ModelShape, handed: Widths) -> tuple[int, int]:
    """The lengths of the vectors in the source and the target table.

    Vectors that are handed over keep theirs; a random table beside them gets the same.
    """
    other = shape.embedding_dim or handed.source or handed.target or shape.dim
    return handed.source or other, handed.target or other
