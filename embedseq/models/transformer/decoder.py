"""The Transformer's decoder."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import Tensor, nn

from embedseq.models.attention.look import Asking, Look, Prepared
from embedseq.models.embedding import EmbeddingTable
from embedseq.models.interfaces import Decoded, Decoder, Step
from embedseq.models.memory import Memory
from embedseq.models.penalty import total
from embedseq.models.positions import Positions
from embedseq.models.transformer.feed_forward import FeedForward
from embedseq.models.transformer.residual import Residual, final_norm
from embedseq.models.transformer.shape import LayerShape
from embedseq.text.vocabulary import PAD


@dataclass(frozen=True)
class LayerRead:
    """states: (B, T, D); past: keys and values up to the last of them; weights: (B, T, H, S) over the memory, if asked for;
    penalty: that of the layer's two attentions, where one of them has one."""

    states: Tensor
    past: Prepared
    weights: Tensor | None
    penalty: Tensor | None


class DecoderLayer(nn.Module):
    """Self-attention over the past, a look at the memory, then the feed-forward network, each within its residual."""

    def __init__(self, shape: LayerShape, look: Look) -> None:
        super().__init__()
        self.attention = shape.new_self_attention()
        self.attention_residual = Residual(shape)
        self.look = look
        self.look_residual = Residual(shape, reads=look.asks)
        self.feed_forward = FeedForward(shape)
        self.feed_forward_residual = Residual(shape)

    def forward(self, states: Tensor, past: Prepared | None, memory: Prepared, asking: Asking) -> LayerRead:
        """Read states (B, T, D), which come after the past."""
        real = torch.ones(states.shape[:2], dtype=torch.bool, device=states.device) if asking.real is None else asking.real
        entered = self.attention_residual.enter(states)
        present = self.attention.prepare(entered, real, asking.first)
        past = present if past is None else past.append(present)
        itself = self.attention(entered, past, replace(asking, causal=True, weights=False))
        states = self.attention_residual.join(states, itself.context)
        seen = self.look(self.look_residual.enter(states), memory, asking)
        states = self.look_residual.join(states, seen.context)
        change = self.feed_forward(self.feed_forward_residual.enter(states))
        penalty = total((itself.penalty, seen.penalty))
        return LayerRead(self.feed_forward_residual.join(states, change), past, seen.weights, penalty)


@dataclass(frozen=True)
class TransformerState:
    """past: for each layer the keys and values of the tokens so far, none before the first; memory: for each layer those of the
    source, projected once a sentence; length: the number of tokens so far."""

    past: tuple[Prepared | None, ...]
    memory: tuple[Prepared, ...]
    length: int

    def select(self, rows: Tensor) -> "TransformerState":
        """The hypotheses `rows` (N,), repeated or reordered as asked."""
        past = tuple(None if layer is None else layer.select(rows) for layer in self.past)
        return TransformerState(past, tuple(layer.select(rows) for layer in self.memory), self.length)


class TransformerDecoder(Decoder[TransformerState]):
    """One layer for each `look`, over embeddings with positions, and a final norm, if there is one."""

    def __init__(
        self, shape: LayerShape, looks: Sequence[Look], embedding: EmbeddingTable, positions: Positions, output: nn.Module
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.positions = positions
        self.dropout = nn.Dropout(shape.dropout)
        self.layers = nn.ModuleList(DecoderLayer(shape, look) for look in looks)
        self.norm = final_norm(shape)
        self.output = output

    def start(self, memory: Memory) -> TransformerState:
        looks = [cast(DecoderLayer, layer).look for layer in self.layers]
        return TransformerState((None,) * len(looks), tuple(look.read(memory) for look in looks), 0)

    def _read(self, tokens: Tensor, state: TransformerState, weights: bool) -> tuple[Decoded, TransformerState]:
        """Read tokens (B, T) from the state on: one for a step, all of a target under teacher forcing."""
        states = self.dropout(self.positions(self.embedding(tokens), state.length))
        asking = Asking(first=state.length, real=tokens != PAD, weights=weights)
        reads: list[LayerRead] = []
        for layer, past, memory in zip(self.layers, state.past, state.memory, strict=True):
            reads.append(layer(states, past, memory, asking))
            states = reads[-1].states
        logits = self.output(self.dropout(self.norm(states)))
        attention = [read.weights for read in reads if read.weights is not None]
        decoded = Decoded(logits, torch.cat(attention, dim=2) if attention else None, total(read.penalty for read in reads))
        return decoded, TransformerState(tuple(read.past for read in reads), state.memory, state.length + tokens.shape[1])

    def step(self, tokens: Tensor, state: TransformerState, weights: bool = False) -> Step[TransformerState]:
        decoded, after = self._read(tokens.unsqueeze(1), state, weights)
        attention = None if decoded.attention is None else decoded.attention.squeeze(1)
        return Step(decoded.logits.squeeze(1), after, attention, decoded.penalty)

    def forward(self, tokens: Tensor, memory: Memory, weights: bool = False) -> Decoded:
        return self._read(tokens, self.start(memory), weights)[0]
