"""Which shapes can be built, and why the others cannot: read off the settings and the members' traits before anything is made."""

from dataclasses import dataclass

from embedseq.errors import Problems, RequestError
from embedseq.models.attention.registry import scorers
from embedseq.models.settings import Architecture, AttentionSettings, ModelShape


@dataclass(frozen=True)
class Side:
    """An encoder or a decoder with nothing left to inherit."""

    architecture: Architecture
    layers: int


def encoder_side(shape: ModelShape) -> Side:
    """The encoder of a shape."""
    return Side(shape.encoder.architecture or shape.architecture, shape.encoder.layers or shape.layers)


def decoder_side(shape: ModelShape) -> Side:
    """The decoder of a shape."""
    return Side(shape.decoder.architecture or shape.architecture, shape.decoder.layers or shape.layers)


def attention_of(shape: ModelShape) -> AttentionSettings | None:
    """The attention from decoder to encoder, None for a fixed-length context.

    A bare name is one attention in a recurrent decoder, and as many heads as the self-attention has in a Transformer.
    """
    if isinstance(shape.attention, AttentionSettings):
        return shape.attention
    if shape.attention == "none":
        return None
    return AttentionSettings(
        scorer=shape.attention, heads=shape.heads if decoder_side(shape).architecture == "transformer" else 1
    )


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


def check_shape(shape: ModelShape, handed: Widths) -> None:
    """Raise RequestError with all the reasons for which this shape cannot be built."""
    problems = [*_width_problems(shape, handed), *_attention_problems(shape)]
    if len(problems) == 1:
        raise RequestError(problems[0])
    if problems:
        raise Problems(problems)


def _width_problems(shape: ModelShape, handed: Widths) -> list[str]:
    problems = []
    encoder, decoder = encoder_side(shape), decoder_side(shape)
    if encoder.architecture != "transformer" and shape.bidirectional and shape.dim % 2:
        problems.append(
            f"a bidirectional encoder joins two halves, and dim is {shape.dim}: choose an even dim, or bidirectional: false"
        )
    if "transformer" in (encoder.architecture, decoder.architecture) and shape.dim % shape.heads:
        problems.append(f"the Transformer's {shape.heads} heads cannot share a dim of {shape.dim}: heads must divide dim")
    for side, width in (("source", handed.source), ("target", handed.target)):
        if width is not None and shape.embedding_dim not in (None, width):
            problems.append(
                f"embedding_dim is {shape.embedding_dim}, but the {side} vectors handed over have {width} numbers: "
                f"leave embedding_dim out, or set it to {width}"
            )
    return problems


def _attention_problems(shape: ModelShape) -> list[str]:
    attention = attention_of(shape)
    if attention is None:
        return []
    problems = []
    traits = scorers()[attention.scorer].about.traits
    if shape.dim % attention.heads:
        problems.append(
            f"the attention's {attention.heads} heads cannot share a dim of {shape.dim}: attention.heads must divide dim"
        )
    if attention.hidden_dim is not None and "hidden" not in traits:
        problems.append(f"the scorer '{attention.scorer}' has no inner width: leave attention.hidden_dim out")
    elif attention.hidden_dim is not None and attention.hidden_dim % attention.heads:
        problems.append(
            f"the attention's {attention.heads} heads cannot share a hidden_dim of {attention.hidden_dim}: "
            "attention.heads must divide hidden_dim"
        )
    return problems
