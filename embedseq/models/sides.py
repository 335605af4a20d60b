"""From a shape to the parts of a model: encoders, decoders and what joins them."""

from typing import Any

from torch import nn

from embedseq.models.attention.combining import Mean, SecondAttention
from embedseq.models.attention.compose import Place, compose
from embedseq.models.attention.fixed import FixedContext
from embedseq.models.attention.look import Look, MemoryLook
from embedseq.models.attention.several import Several
from embedseq.models.embedding import EmbeddingTable
from embedseq.models.interfaces import Decoder, Encoder
from embedseq.models.kinds import SideName
from embedseq.models.output import Output
from embedseq.models.positions import Positions, positions_of
from embedseq.models.recurrent import (
    ALONE,
    Cell,
    Joining,
    RecurrentDecoder,
    RecurrentEncoder,
    RecurrentShape,
    RecurrentState,
    query_width,
)
from embedseq.models.resolved import attention_of, traits_of
from embedseq.models.resolved_sides import decoder_side, encoder_side, self_attention_of
from embedseq.models.settings import ModelShape
from embedseq.models.transformer import LayerShape, TransformerDecoder, TransformerEncoder, TransformerState
from embedseq.models.transformer.feed_forward import usual_width
from embedseq.models.transformer.serial import Serial


def _layer_shape(shape: ModelShape, side: SideName) -> LayerShape:
    self_attention = self_attention_of(shape, side)
    assert self_attention is not None, "a Transformer without self-attention is illegal"
    return LayerShape(
        shape.dim,
        shape.feed_forward or usual_width(shape.dim, shape.activation),
        shape.dropout,
        self_attention,
        rotary=shape.positions == "rotary",
        norm=shape.norm,
        normalisation=shape.normalisation,
        activation=shape.activation,
    )


def _transformer_positions(shape: ModelShape) -> Positions:
    return positions_of(shape.positions or "sinusoidal", shape.dim, shape.max_positions)


def new_encoder(shape: ModelShape) -> Encoder:
    """The encoder of a shape."""
    side = encoder_side(shape)
    if side.architecture == "transformer":
        return TransformerEncoder(_layer_shape(shape, "encoder"), side.layers, _transformer_positions(shape))
    return RecurrentEncoder(
        _recurrent_shape(shape, side.architecture, side.layers),
        shape.bidirectional,
        _recurrent_positions(shape),
        _own_look(shape, "encoder"),
        gives_cells=shape.bridge == "final" and decoder_side(shape).architecture == "lstm",
    )


def new_decoder(
    shape: ModelShape, target: EmbeddingTable, output: Output, sources: int = 1
) -> Decoder[RecurrentState] | Decoder[TransformerState]:
    """The decoder of a shape, which reads the `target` table, looks at so many sources and ends in `output`."""
    side = decoder_side(shape)
    if side.architecture == "transformer":
        looks = [_look(shape, sources) for _ in range(side.layers)]
        layer, positions = _layer_shape(shape, "decoder"), _transformer_positions(shape)
        return TransformerDecoder(layer, looks, target, positions, output, copies=_copies(shape))
    return RecurrentDecoder(
        _recurrent_shape(shape, side.architecture, side.layers),
        _joining(shape),
        _look(shape, sources),
        _own_look(shape, "decoder"),
        target,
        _recurrent_positions(shape),
        output,
    )


def _recurrent_shape(shape: ModelShape, cell: Cell, layers: int) -> RecurrentShape:
    return RecurrentShape(cell, shape.dim, layers, shape.dropout, shape.residual)


def _recurrent_positions(shape: ModelShape) -> Positions:
    return positions_of(shape.positions or "none", shape.dim, shape.max_positions)


def _joining(shape: ModelShape) -> Joining:
    attention = attention_of(shape)
    if _has_no_memory(shape):
        return ALONE
    if attention is None:
        return Joining(shape.bridge)
    return Joining(
        shape.bridge,
        attention.query,
        attention.when,
        feeds=attention.input_feeding,
        combines="combines" in traits_of(attention.scorer),
        coverage=attention.coverage_loss if attention.coverage else None,
        copies=_copies(shape),
    )


def _has_no_memory(shape: ModelShape) -> bool:
    return shape.kind == "language-model"


def _copies(shape: ModelShape) -> bool:
    attention = attention_of(shape)
    return attention is not None and attention.copying and not _has_no_memory(shape)


def _own_look(shape: ModelShape, side: SideName) -> Look | None:
    """How a recurrent side looks at its own states, None where it does not."""
    settings = self_attention_of(shape, side)
    place = Place(shape.dim, shape.dim, shape.dim, projected=False, rotary=shape.positions == "rotary")
    return None if settings is None else compose(settings, place)


def _look(shape: ModelShape, sources: int) -> MemoryLook[Any] | None:
    """One way of looking from decoder to encoders, None where there is no encoder.

    A Transformer's is multi-head, with projections, even with one head. A recurrent decoder's single attention has none: the
    encoder's states are its keys and values. Of a fixed-length context a recurrent decoder makes its own projection.
    """
    attention = attention_of(shape)
    transformer = decoder_side(shape).architecture == "transformer"
    if _has_no_memory(shape):
        return None
    if attention is None:
        return FixedContext(nn.Linear(shape.dim, shape.dim) if transformer else nn.Identity())
    place = Place(query_width(attention.query, shape.dim), shape.dim, shape.dim, projected=transformer)
    if sources == 1 or attention.memories == "flat":
        return compose(attention, place)
    looks = [compose(attention, place) for _ in range(sources)]
    if attention.memories == "serial":
        return Serial(_layer_shape(shape, "decoder"), looks)
    return Several(looks, Mean() if attention.memories == "parallel" else SecondAttention(place.query_dim, shape.dim, sources))
