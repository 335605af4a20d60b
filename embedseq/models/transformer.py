"""The Transformer (Vaswani et al. 2017) with the norm before each sub-layer and one after the last (Xiong et al. 2020)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from embedseq.models.attention.heads import MultiHead
from embedseq.models.attention.look import Look, Prepared
from embedseq.models.attention.scorers.scaled_dot import ScaledDot
from embedseq.models.attention.spans import causal
from embedseq.models.embedding import EmbeddingTable
from embedseq.models.interfaces import Decoded, Decoder, Encoded, Encoder, Step
from embedseq.models.memory import Memory
from embedseq.models.positions import Sinusoidal

Activation = Literal["relu", "gelu"]
ACTIVATIONS: dict[Activation, Callable[[Tensor], Tensor]] = {"relu": F.relu, "gelu": F.gelu}


@dataclass(frozen=True)
class LayerShape:
    """What all layers of a Transformer share: width D, heads H, the feed-forward's inner width, dropout and activation."""

    dim: int
    heads: int
    feed_forward: int
    dropout: float
    activation: Activation = "relu"

    def self_attention(self) -> MultiHead:
        """A new multi-head scaled dot product, as every layer has for itself."""
        width = self.dim // self.heads
        return MultiHead(self.dim, self.heads, ScaledDot(width, width, width))


class FeedForward(nn.Module):
    """FFN(x) = W2 activation(W1 x + b1) + b2   (Vaswani et al. 2017, equation 2)."""

    def __init__(self, shape: LayerShape) -> None:
        super().__init__()
        self.inner = nn.Linear(shape.dim, shape.feed_forward)
        self.outer = nn.Linear(shape.feed_forward, shape.dim)
        self.activation = ACTIVATIONS[shape.activation]

    def forward(self, states: Tensor) -> Tensor:  # (B, T, D) -> (B, T, D)
        mapped: Tensor = self.outer(self.activation(self.inner(states)))
        return mapped


class EncoderLayer(nn.Module):
    """x + attention(norm(x)), then x + feed-forward(norm(x))."""

    def __init__(self, shape: LayerShape) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(shape.dim)
        self.attention = shape.self_attention()
        self.feed_forward_norm = nn.LayerNorm(shape.dim)
        self.feed_forward = FeedForward(shape)
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, states: Tensor, valid: Tensor) -> Tensor:  # (B, S, D), (B, S) -> (B, S, D)
        normed = self.attention_norm(states)
        states = states + self.dropout(self.attention(normed, self.attention.prepare(normed, valid)).context)
        mapped: Tensor = states + self.dropout(self.feed_forward(self.feed_forward_norm(states)))
        return mapped


class TransformerEncoder(Encoder):
    """L layers over embeddings with positions. The final norm belongs to the last layer's states."""

    def __init__(self, shape: LayerShape, layers: int) -> None:
        super().__init__()
        self.positions = Sinusoidal()
        self.dropout = nn.Dropout(shape.dropout)
        self.layers = nn.ModuleList(EncoderLayer(shape) for _ in range(layers))
        self.norm = nn.LayerNorm(shape.dim)

    def forward(self, embedded: Tensor, valid: Tensor) -> Encoded:
        padding = ~valid.unsqueeze(-1)
        states = self.positions(embedded)
        layers: list[Tensor] = []
        for number, layer in enumerate(self.layers):
            states = layer(states, valid)
            last = number == len(self.layers) - 1
            layers.append((self.norm(states) if last else states).masked_fill(padding, 0.0))
        lengths = valid.sum(dim=1, keepdim=True).clamp(min=1)
        return Encoded(tuple(layers), tuple(layer.sum(dim=1) / lengths for layer in layers))


class DecoderLayer(nn.Module):
    """x + attention(norm(x)) over the past, then x + look(norm(x)) at the memory, then x + feed-forward(norm(x))."""

    def __init__(self, shape: LayerShape, look: Look) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(shape.dim)
        self.attention = shape.self_attention()
        self.look_norm = nn.LayerNorm(shape.dim) if look.asks else nn.Identity()
        self.look = look
        self.feed_forward_norm = nn.LayerNorm(shape.dim)
        self.feed_forward = FeedForward(shape)
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, states: Tensor, past: Prepared | None, memory: Prepared, span: Tensor | None, weights: bool) -> "LayerRead":
        """Read states (B, T, D) that come after the past; span (T, T) where there are several and no past."""
        normed = self.attention_norm(states)
        present = self.attention.prepare(normed, torch.ones(states.shape[:2], dtype=torch.bool, device=states.device))
        past = present if past is None else past.append(present)
        states = states + self.dropout(self.attention(normed, past, span).context)
        seen = self.look(self.look_norm(states), memory, weights=weights)
        states = states + self.dropout(seen.context)
        return LayerRead(states + self.dropout(self.feed_forward(self.feed_forward_norm(states))), past, seen.weights)


@dataclass(frozen=True)
class LayerRead:
    """states: (B, T, D); past: keys and values up to the last of them; weights: (B, T, H, S) over the memory, if asked for."""

    states: Tensor
    past: Prepared
    weights: Tensor | None


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
    """One layer for each `look`, over embeddings with positions, and a final norm."""

    def __init__(self, shape: LayerShape, looks: list[Look], embedding: EmbeddingTable, output: nn.Module) -> None:
        super().__init__()
        self.embedding = embedding
        self.positions = Sinusoidal()
        self.dropout = nn.Dropout(shape.dropout)
        self.layers = nn.ModuleList(DecoderLayer(shape, look) for look in looks)
        self.norm = nn.LayerNorm(shape.dim)
        self.output = output

    def start(self, memory: Memory) -> TransformerState:
        looks = [cast(DecoderLayer, layer).look for layer in self.layers]
        return TransformerState((None,) * len(looks), tuple(look.read(memory) for look in looks), 0)

    def _read(self, tokens: Tensor, state: TransformerState, weights: bool) -> tuple[Decoded, TransformerState]:
        """Read tokens (B, T) from the state on: one token for a step; all of a target, from the start, under teacher forcing."""
        states = self.dropout(self.positions(self.embedding(tokens), state.length))
        span = causal(tokens.shape[1], tokens.device) if tokens.shape[1] > 1 else None
        past: list[Prepared] = []
        attention: list[Tensor] = []
        for layer, before, memory in zip(self.layers, state.past, state.memory, strict=True):
            read = layer(states, before, memory, span, weights)
            states = read.states
            past.append(read.past)
            attention.extend(() if read.weights is None else (read.weights,))
        logits = self.output(self.dropout(self.norm(states)))
        after = TransformerState(tuple(past), state.memory, state.length + tokens.shape[1])
        return Decoded(logits, torch.cat(attention, dim=2) if attention else None), after

    def step(self, tokens: Tensor, state: TransformerState, weights: bool = False) -> Step[TransformerState]:
        decoded, after = self._read(tokens.unsqueeze(1), state, weights)
        return Step(decoded.logits.squeeze(1), after, None if decoded.attention is None else decoded.attention.squeeze(1))

    def forward(self, tokens: Tensor, memory: Memory, weights: bool = False) -> Decoded:
        return self._read(tokens, self.start(memory), weights)[0]
