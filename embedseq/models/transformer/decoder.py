"""The Transformer's decoder."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import torch
from torch import Tensor, nn

from embedseq.models.attention.look import Asking, Kept, MemoryLook, Prepared, Seen
from embedseq.models.copying import Copyable, Copying
from embedseq.models.dropout import Dropout
from embedseq.models.embedding import EmbeddingTable
from embedseq.models.interfaces import Decoded, Decoder, Read, Stepper
from embedseq.models.logits import DenseLogits, Logits
from embedseq.models.memory import Memory
from embedseq.models.output import Output
from embedseq.models.packed import packed
from embedseq.models.penalty import total
from embedseq.models.positions import Positions
from embedseq.models.sentences import Sentences
from embedseq.models.transformer.feed_forward import FeedForward
from embedseq.models.transformer.residual import Residual, final_norm
from embedseq.models.transformer.serial import Joined
from embedseq.models.transformer.shape import LayerShape
from embedseq.models.transformer.stepping import SteppedLayer, TransformerSteps, stepped_attention
from embedseq.text.vocabulary import PAD


@dataclass(frozen=True)
class LayerRead:
    """states: (B, T, D); past: keys and values up to the last of them; seen: what the look at the memory saw, if there is one;
    penalty: that of the layer's attentions, where one of them has one."""

    states: Tensor
    past: Prepared
    seen: Seen | None
    penalty: Tensor | None


class DecoderLayer(nn.Module):
    """Self-attention over the past, a look at the memory, if there is one, then the feed-forward network, each within its
    residual."""

    def __init__(self, shape: LayerShape, look: MemoryLook[Any] | None) -> None:
        super().__init__()
        self.attention = shape.new_self_attention()
        self.attention_residual = Residual(shape)
        self.look = look
        self.look_residual = None if look is None else _residual(shape, look)
        self.feed_forward = FeedForward(shape)
        self.feed_forward_residual = Residual(shape)

    def forward(self, states: Tensor, past: Prepared | None, memory: Kept | None, asking: Asking) -> LayerRead:
        """Read states (B, T, D), which come after the past."""
        real = torch.ones(states.shape[:2], dtype=torch.bool, device=states.device) if asking.real is None else asking.real
        entered = self.attention_residual.enter(states)
        present = self.attention.prepare(entered, real, asking.first)
        past = present if past is None else past.append(present)
        itself = self.attention(entered, past, replace(asking, causal=True, weights=False))
        states = self.attention_residual.join(states, itself.context)
        seen: Seen | None = None
        if self.look is not None and self.look_residual is not None and memory is not None:
            seen = self.look(self.look_residual.enter(states), memory, asking)
            states = self.look_residual.join(states, seen.context if seen.joined is None else seen.joined)
        change = self.feed_forward(self.feed_forward_residual.enter(states))
        penalty = total((itself.penalty, None if seen is None else seen.penalty))
        return LayerRead(self.feed_forward_residual.join(states, change), past, seen, penalty)

    def stepped(self) -> SteppedLayer | None:
        """Itself for one token a row, with the weights as they are now; None where its attentions are not of that kind."""
        own, look = stepped_attention(self.attention), stepped_attention(self.look)
        if own is None or (look is None) != (self.look is None):
            return None
        look_residual = cast(Residual | None, self.look_residual)
        return SteppedLayer(own, self.attention_residual, look, look_residual, self.feed_forward, self.feed_forward_residual)


def _residual(shape: LayerShape, look: MemoryLook[Any]) -> Residual | Joined:
    return Joined() if look.joins else Residual(shape, reads=look.asks)


@dataclass(frozen=True)
class TransformerState:
    """past: for each layer the keys and values of the tokens so far, none before the first; memory: for each layer what was
    prepared of it once a sentence, none in a decoder that looks at none; sentences: whose memory that is; length: the number of
    tokens so far; copyable: the source's tokens, where they may be copied."""

    past: tuple[Prepared | None, ...]
    memory: tuple[Kept | None, ...]
    sentences: Sentences
    length: int
    copyable: Copyable | None = None

    def select(self, rows: Tensor) -> "TransformerState":
        """The hypotheses `rows` (N,), repeated or reordered as asked."""
        past = tuple(None if layer is None else layer.select(rows) for layer in self.past)
        sentences = self.sentences.select(rows)
        if sentences.same_as(self.sentences):
            return replace(self, past=past)
        memory = tuple(None if layer is None else layer.select(rows) for layer in self.memory)
        copyable = None if self.copyable is None else self.copyable.select(rows)
        return TransformerState(past, memory, sentences, self.length, copyable)


class TransformerDecoder(Decoder[TransformerState]):
    """One layer for each `look`, over embeddings with positions, and a final norm, if there is one.

    Layers without a look make a language model (Radford et al. 2018). With copying a source token may take the place of what the
    output says (`Copying`): the attention and the context are then those of the last layer, the state what the output reads.
    """

    def __init__(
        self,
        shape: LayerShape,
        looks: Sequence[MemoryLook[Any] | None],
        embedding: EmbeddingTable,
        positions: Positions,
        output: Output,
        copies: bool = False,
    ) -> None:
        super().__init__()
        if copies and (looks[-1] is None or not looks[-1].asks):
            raise ValueError("copying needs an attention in the last layer: nothing else points to a token")
        self.embedding = embedding
        self.positions = positions
        self.dropout = Dropout(shape.dropout)
        self.layers = nn.ModuleList(DecoderLayer(shape, look) for look in looks)
        self.norm = final_norm(shape)
        self.output = output
        self.copying = Copying(shape.dim) if copies else None

    def start(self, memory: Memory) -> TransformerState:
        looks = [cast(DecoderLayer, layer).look for layer in self.layers]
        prepared = tuple(None if look is None else look.read(memory) for look in looks)
        copyable = None if self.copying is None else Copyable.of(memory)
        return TransformerState((None,) * len(looks), prepared, Sentences.of(memory), 0, copyable)

    def stepper(self) -> Stepper:
        layers = [layer for layer in (cast(DecoderLayer, each).stepped() for each in self.layers) if layer is not None]
        if self.copying is not None or len(layers) < len(self.layers):
            return packed(self)
        return TransformerSteps(layers, self.embedding, self.positions, self.norm, self.output)

    def read(self, tokens: Tensor, state: TransformerState, weights: bool = False) -> Read[TransformerState]:
        embedded = self.dropout(self.positions(self.embedding(tokens), state.length))
        asking = Asking(first=state.length, real=tokens != PAD, weights=weights)
        last = asking if self.copying is None else replace(asking, weights=True)
        askings = [asking] * (len(self.layers) - 1) + [last]
        states, reads = embedded, list[LayerRead]()
        for layer, past, memory, its_asking in zip(self.layers, state.past, state.memory, askings, strict=True):
            reads.append(layer(states, past, memory, its_asking))
            states = reads[-1].states
        states = self.norm(states)
        predicted: Logits = self.output.logits(self.dropout(states))
        seen = reads[-1].seen
        looked = None if self.copying is None or seen is None else seen.looked
        if self.copying is not None and seen is not None and looked is not None and state.copyable is not None:
            reading = torch.cat((seen.context, states, embedded), dim=-1)
            predicted = DenseLogits(self.copying(predicted.dense(), reading, looked, state.copyable))
        pasts = tuple(read.past for read in reads)
        after = replace(state, past=pasts, length=state.length + tokens.shape[1])
        attention = _attention(reads) if weights else None
        layers = (*(read.states for read in reads[:-1]), states) if weights else ()
        lengths = () if seen is None else seen.lengths
        return Read(Decoded(predicted, attention, total(read.penalty for read in reads), lengths, layers), after)


def _attention(reads: Sequence[LayerRead]) -> Tensor | None:
    """The weights (B, T, H, S) of all layers, the first layer's heads first; None where there are none."""
    weights = [read.seen.weights for read in reads if read.seen is not None and read.seen.weights is not None]
    return torch.cat(weights, dim=2) if weights else None
