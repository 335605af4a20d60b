"""The sides of a shape with nothing left to inherit. Light to import: no torch."""

from dataclasses import dataclass

from embedseq.models.kinds import SideName
from embedseq.models.settings import Architecture, ModelShape, SelfAttentionSettings


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


def looks_back_alone(shape: ModelShape, side: SideName) -> bool:
    """Whether words see none behind them in the self-attention of a side: in a decoder, and in an encoder that reads one way."""
    return side == "decoder" or (encoder_side(shape).architecture != "transformer" and not shape.bidirectional)


def self_attention_of(shape: ModelShape, side: SideName) -> SelfAttentionSettings | None:
    """How a side looks at itself, None where it does not.

    A bare name has as many heads as `heads` says in a Transformer, else one.
    """
    settings = getattr(shape, side).self_attention
    settings = shape.self_attention if settings is None else settings
    transformer = (encoder_side(shape) if side == "encoder" else decoder_side(shape)).architecture == "transformer"
    if isinstance(settings, SelfAttentionSettings):
        return settings
    if settings == "none" or (settings is None and not transformer):
        return None
    return SelfAttentionSettings(scorer=settings or "scaled-dot", heads=shape.heads if transformer else 1)
