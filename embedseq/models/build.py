"""From settings to a model."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from embedseq.models.attention.compose import Place, compose
from embedseq.models.attention.fixed import FixedContext
from embedseq.models.attention.look import Look
from embedseq.models.embedding import Alignment, As, EmbeddingTable, Float32, Slots
from embedseq.models.initialisation import initialise
from embedseq.models.interfaces import Decoder, Encoder
from embedseq.models.legality import check_shape
from embedseq.models.output import TiedOutput
from embedseq.models.positions import Positions, positions_of
from embedseq.models.recurrent import (
    Cell,
    Joining,
    RecurrentDecoder,
    RecurrentEncoder,
    RecurrentShape,
    RecurrentState,
    query_width,
)
from embedseq.models.resolved import (
    SideName,
    Widths,
    attention_of,
    decoder_side,
    encoder_side,
    self_attention_of,
    table_widths,
    traits_of,
)
from embedseq.models.seq2seq import Seq2Seq
from embedseq.models.settings import HandOff, ModelShape, SideHandOffs
from embedseq.models.transformer import LayerShape, TransformerDecoder, TransformerEncoder, TransformerState
from embedseq.models.transformer.feed_forward import usual_width
from embedseq.seeds import stream


@dataclass(frozen=True)
class Sizes:
    """Tokens in the source and in the target vocabulary, special ones included."""

    source: int
    target: int


@dataclass(frozen=True)
class HandedOver:
    """The embeddings laid out by the rows of the vocabularies; None on a side that starts random."""

    source: Alignment | None = None
    target: Alignment | None = None


def build_seq2seq(shape: ModelShape, sizes: Sizes, handoffs: HandedOver, seed: int) -> Seq2Seq:
    """A model with all its weights as they are before training. torch's own random state is left as it was.

    Raises RequestError where the shape is not legal, or where it asks for a hand-off and no vectors come, or the reverse.
    """
    _check_handoffs(shape, handoffs)
    widths = Widths(_width(handoffs.source), _width(handoffs.target))
    check_shape(shape, widths)
    source_width, target_width = table_widths(shape, widths)
    with torch.random.fork_rng(devices=[]):  # torch's constructors draw weights, which are overwritten below
        source = _table(hand_off(shape, "source"), handoffs.source, sizes.source, source_width, shape.dim)
        target = _table(hand_off(shape, "target"), handoffs.target, sizes.target, target_width, shape.dim)
        output = TiedOutput(target, sizes.target) if shape.tie_output else nn.Linear(shape.dim, sizes.target)
        model = Seq2Seq(source, _encoder(shape), _decoder(shape, target, output), shape.dropout)
    initialise(model, seed)
    source.fill(stream(seed, "initialise", "source.rows"), handoffs.source)
    target.fill(stream(seed, "initialise", "target.rows"), handoffs.target)
    model.set_epoch(1)
    return model


@dataclass(frozen=True)
class _Layout:
    """Which rows have a vector, with no vectors in them yet."""

    matrix: Float32
    has_vector: np.ndarray[tuple[int], np.dtype[np.bool_]]


def restore_seq2seq(shape: ModelShape, weights: Mapping[str, Tensor]) -> Seq2Seq:
    """A trained model from the `state_dict` of another of the same shape; it needs no vocabularies and no embeddings."""
    layouts: dict[str, _Layout | None] = {}
    for side, place in (("source", "source"), ("target", "decoder.embedding")):
        has_vector = (weights[f"{place}.vector_slot"] > 0).numpy(force=True)
        width = weights[f"{place}.trained"].shape[1]
        handed = hand_off(shape, side) is not None
        layouts[side] = _Layout(np.zeros((len(has_vector), width), np.float32), has_vector) if handed else None
    sizes = Sizes(len(weights["source.vector_slot"]), len(weights["decoder.embedding.vector_slot"]))
    model = build_seq2seq(shape, sizes, HandedOver(layouts["source"], layouts["target"]), seed=0)
    model.load_state_dict(dict(weights))
    return model


def hand_off(shape: ModelShape, side: str) -> HandOff | None:
    """How trained vectors enter the side `source` or `target`, None where it starts random."""
    embedding = shape.embedding
    if isinstance(embedding, SideHandOffs):
        chosen = embedding.source if side == "source" else embedding.target
        return chosen if isinstance(chosen, HandOff) else None
    return embedding if isinstance(embedding, HandOff) and side == "source" else None


def _check_handoffs(shape: ModelShape, handoffs: HandedOver) -> None:
    for side, vectors in (("source", handoffs.source), ("target", handoffs.target)):
        asked = hand_off(shape, side)
        if asked is not None and vectors is None:
            raise ValueError(f"the shape hands '{asked.from_}' over to the {side} side, but no vectors were given for it")
        if asked is None and vectors is not None:
            raise ValueError(f"vectors were given for the {side} side, but the shape starts it random")


def _width(alignment: Alignment | None) -> int | None:
    return None if alignment is None else int(alignment.matrix.shape[1])


def _table(handed: HandOff | None, alignment: Alignment | None, tokens: int, width: int, dim: int) -> EmbeddingTable:
    as_: As | None = None if handed is None else handed.as_
    return EmbeddingTable(width, dim, Slots.of(tokens, alignment), as_, 1 if handed is None else handed.from_epoch)


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


def _encoder(shape: ModelShape) -> Encoder:
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


def _decoder(shape: ModelShape, target: EmbeddingTable, output: nn.Module) -> Decoder[RecurrentState] | Decoder[TransformerState]:
    side = decoder_side(shape)
    if side.architecture == "transformer":
        looks = [_look(shape) for _ in range(side.layers)]
        return TransformerDecoder(_layer_shape(shape, "decoder"), looks, target, _transformer_positions(shape), output)
    return RecurrentDecoder(
        _recurrent_shape(shape, side.architecture, side.layers),
        _joining(shape),
        _look(shape),
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
    if attention is None:
        return Joining(shape.bridge)
    return Joining(
        shape.bridge,
        attention.query,
        attention.when,
        feeds=attention.input_feeding,
        combines="combines" in traits_of(attention.scorer),
        coverage=attention.coverage_loss if attention.coverage else None,
    )


def _own_look(shape: ModelShape, side: SideName) -> Look | None:
    """How a recurrent side looks at its own states, None where it does not."""
    settings = self_attention_of(shape, side)
    place = Place(shape.dim, shape.dim, shape.dim, projected=False, rotary=shape.positions == "rotary")
    return None if settings is None else compose(settings, place)


def _look(shape: ModelShape) -> Look:
    """One way of looking from decoder to encoder.

    A Transformer's is multi-head, with projections, even with one head. A recurrent decoder's single attention has none: the
    encoder's states are its keys and values. Of a fixed-length context a recurrent decoder makes its own projection.
    """
    attention = attention_of(shape)
    transformer = decoder_side(shape).architecture == "transformer"
    if attention is None:
        return FixedContext(nn.Linear(shape.dim, shape.dim) if transformer else nn.Identity())
    return compose(attention, Place(query_width(attention.query, shape.dim), shape.dim, shape.dim, projected=transformer))
