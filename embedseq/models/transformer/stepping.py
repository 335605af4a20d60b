"""The Transformer's decoder reading one token after the other, with as few operations as it takes.

A step of a small model is mostly the cost of calling operations. Here what no token changes is computed once: embedded tokens and
positions are tables, queries, keys and values come from one matrix; the past has room for tokens to come, and all hypotheses of
a sentence look at one copy of its memory. This is for attention by dot products over all there is; the numbers are those of
`TransformerDecoder.step`, to the tolerance of floats.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from embedseq.models.attention.heads import Attention, Projections
from embedseq.models.attention.look import Look, MemoryLook
from embedseq.models.attention.past import ROOM, Past
from embedseq.models.attention.spans import Everywhere
from embedseq.models.embedding import EmbeddingTable
from embedseq.models.interfaces import Step
from embedseq.models.memory import Memory
from embedseq.models.output import Output
from embedseq.models.packed import linear
from embedseq.models.positions import Positions
from embedseq.models.transformer.feed_forward import FeedForward
from embedseq.models.transformer.hypotheses import Hypotheses
from embedseq.models.transformer.residual import Residual

_MARKED = 128
"""Positions that are marked once; those behind them are marked as they come."""


@dataclass(frozen=True)
class Remembered:
    """What a layer looks at in the memory: keys and values, (B, H, S, C) each; hidden (B, 1, 1, S), added to the scores: zero at
    real keys, the lowest of numbers at others. The values of these are zero."""

    keys: Tensor
    values: Tensor
    hidden: Tensor

    @staticmethod
    def of(look: Attention, memory: Memory) -> "Remembered":
        """Prepare a memory for a look; short ones are padded, as a `Past` has room."""
        prepared = look.read(memory)
        short = max(0, ROOM - prepared.valid.shape[1])
        padding = ~F.pad(prepared.valid, (0, short))[:, None, None]
        keys, values = (F.pad(each, (0, 0, 0, short)) for each in (prepared.keys, prepared.values))
        hidden = keys.new_zeros(padding.shape).masked_fill_(padding, torch.finfo(keys.dtype).min)
        return Remembered(keys, values.masked_fill(padding.transpose(2, 3), 0.0), hidden)

    def mix(self, grid: Tensor) -> Tensor:
        """The values, mixed by the softmax of the keys' products with the queries of all heads, grid (B, W, D): (B, W, D)."""
        sentences, heads, length, width = self.keys.shape
        queries = grid.view(*grid.shape[:2], heads, width).transpose(1, 2)  # (B, H, W, C)
        keys, values = (each.view(sentences * heads, length, -1) for each in (self.keys, self.values))
        scores = torch.bmm(queries.reshape(sentences * heads, -1, width), keys.transpose(1, 2))
        weights = scores.view(sentences, heads, -1, length).add_(self.hidden).softmax(dim=3)
        mixed = torch.bmm(weights.view(scores.shape), values).view(sentences, heads, -1, values.shape[2])
        return mixed.transpose(1, 2).flatten(2)

    def select(self, sentences: Tensor) -> "Remembered":
        """The sentences (N,)."""
        return Remembered(*(each.index_select(0, sentences) for each in (self.keys, self.values, self.hidden)))


@dataclass(frozen=True)
class StepState:
    """pasts: of each layer, none before the first token; memory: of each layer that looks at one; length: tokens so far.

    A state is stepped once, and selected from once: what comes of it lies in memory that it, or the one before it, has.
    """

    pasts: tuple[Past | None, ...]
    memory: tuple[Remembered | None, ...]
    hypotheses: Hypotheses
    length: int = 0

    def select(self, rows: Tensor) -> "StepState":
        """The hypotheses `rows` (N,), repeated or reordered as asked."""
        selected = self.hypotheses.select(rows)
        pasts = tuple(None if past is None else past.select(rows) for past in self.pasts)
        memory = self.memory
        if selected.kept is not None:
            memory = tuple(None if part is None else part.select(selected.kept) for part in memory)
        return StepState(pasts, memory, selected.hypotheses, self.length)


class SteppedLayer:
    """A layer of the decoder for one token a row."""

    def __init__(
        self,
        attention: Attention,
        attention_residual: Residual,
        look: Attention | None,
        look_residual: Residual | None,
        feed_forward: FeedForward,
        feed_forward_residual: Residual,
    ) -> None:
        self.heads, self.look = attention.heads, look
        self.attention_residual, self.feed_forward_residual = attention_residual.stepped(), feed_forward_residual.stepped()
        self.look_residual = None if look_residual is None else look_residual.stepped()
        self.feed_forward = feed_forward.stepped()
        query, query_bias = _scaled_query(attention)
        own = _projections(attention)
        further = [part for part in (own.key, own.value) if part is not None]
        weight = torch.cat([query, *(part.weight for part in further)])  # (3 D, D)
        self.reading = linear(weight, torch.cat([query_bias, *(part.bias for part in further)]))
        self.joining = _of(own.output)
        self.looking = None if look is None else (linear(*_scaled_query(look)), _of(_projections(look).output))

    def read(self, states: Tensor, past: Past | None, memory: Remembered | None, rows: Hypotheses) -> tuple[Tensor, Past]:
        """States (R, D) of the newest tokens through the layer, and the past with them in it."""
        dim = states.shape[1]
        joined = self.reading(self.attention_residual.enter(states))  # (R, 3 D)
        newest = joined[:, dim:]
        past = Past.of(newest, self.heads) if past is None else past.append(newest)
        change = self.joining(past.mix(joined[:, :dim]))
        states = self.attention_residual.join(states, change)
        if self.looking is not None and self.look_residual is not None and memory is not None:
            asking, joining = self.looking
            queries = asking(self.look_residual.enter(states))
            context = rows.gather(memory.mix(rows.spread(queries)))
            states = self.look_residual.join(states, joining(context))
        change = self.feed_forward(self.feed_forward_residual.enter(states))
        return self.feed_forward_residual.join(states, change), past


class TransformerSteps:
    """All layers, between the tables of embedded tokens and positions and the output."""

    def __init__(
        self, layers: Sequence[SteppedLayer], embedding: EmbeddingTable, positions: Positions, norm: Any, output: Output
    ) -> None:
        self.layers, self.positions, self.norm, self.output = layers, positions, norm.forward, output
        self.multiply = linear(*output.weights())
        self.table: Tensor = embedding(torch.arange(len(embedding.trained_slot), device=embedding.trained_slot.device))
        marked = _MARKED if positions.longest is None else min(_MARKED, positions.longest)
        self.marks: Tensor = positions(self.table.new_zeros(marked, self.table.shape[1]))

    def start(self, memory: Memory) -> StepState:
        """The state before the first token, a row for each sentence of the memory."""
        remembered = tuple(None if layer.look is None else Remembered.of(layer.look, memory) for layer in self.layers)
        hypotheses = Hypotheses.one_each(len(memory.valid), memory.valid.device)
        return StepState((None,) * len(self.layers), remembered, hypotheses)

    def step(self, tokens: Tensor, state: StepState) -> Step[StepState]:
        """Read the last tokens (R,) of all rows, and predict the next ones. Raises RequestError behind the last position."""
        states = self._embed(tokens, state.length)
        pasts = []
        for layer, past, memory in zip(self.layers, state.pasts, state.memory, strict=True):
            states, longer = layer.read(states, past, memory, state.hypotheses)
            pasts.append(longer)
        logits = self.multiply(self.output.reads(self.norm(states)))
        return Step(logits, StepState(tuple(pasts), state.memory, state.hypotheses, state.length + 1))

    def _embed(self, tokens: Tensor, place: int) -> Tensor:
        """Tokens (R,) at a place to what the first layer reads, (R, D)."""
        embedded = self.table.index_select(0, tokens)
        if place < len(self.marks):
            return embedded + self.marks[place]
        marked: Tensor = self.positions(embedded.unsqueeze(1), place)
        return marked[:, 0]


def stepped_attention(look: Look | MemoryLook[Any] | None) -> Attention | None:
    """An attention that a stepped layer can do: projected dot products with all keys. None for any other way of looking."""
    if not isinstance(look, Attention) or look.scorer.dot_scale is None or look.rotary is not None:
        return None
    projected = look.projections is not None and look.projections.key is not None
    return look if projected and isinstance(look.span, Everywhere) else None


def _scaled_query(attention: Attention) -> tuple[Tensor, Tensor]:
    """The projection of queries, with the scale of the scores in it."""
    query, scale = _projections(attention).query, attention.scorer.dot_scale
    if scale is None:
        raise ValueError("an attention that is no dot product cannot be stepped")
    return query.weight * scale, query.bias * scale


def _of(mapping: nn.Linear) -> Callable[[Tensor], Tensor]:
    return linear(mapping.weight, mapping.bias)


def _projections(attention: Attention) -> Projections:
    if attention.projections is None:
        raise ValueError("an attention without projections cannot be stepped")
    return attention.projections
