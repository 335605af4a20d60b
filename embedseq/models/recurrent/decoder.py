"""The recurrent decoder."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from embedseq.models.attention.coverage import Coverage, Covered
from embedseq.models.attention.look import Asking, Look, MemoryLook, Prepared, Seen
from embedseq.models.copying import Copyable, Copying
from embedseq.models.dropout import Dropout
from embedseq.models.embedding import EmbeddingTable
from embedseq.models.interfaces import Decoded, Decoder, Read
from embedseq.models.logits import DenseLogits, Logits
from embedseq.models.memory import Memory
from embedseq.models.output import Output
from embedseq.models.penalty import total
from embedseq.models.positions import Positions
from embedseq.models.recurrent.bridge import BRIDGES
from embedseq.models.recurrent.cells import CELLS, Hidden, RecurrentLayer
from embedseq.models.recurrent.joining import Joining
from embedseq.models.recurrent.self_attention import SelfAttention
from embedseq.models.recurrent.shape import RecurrentShape
from embedseq.models.recurrent.state import RecurrentState
from embedseq.models.sentences import Sentences
from embedseq.text.vocabulary import PAD


@dataclass(frozen=True)
class _Recurred:
    """layers: (B, T, D) that came out of each; hidden: what the cells keep at the end; past and penalty: the self-attention's."""

    layers: tuple[Tensor, ...]
    hidden: tuple[Hidden, ...]
    past: Prepared | None = None
    penalty: Tensor | None = None

    @property
    def states(self) -> Tensor:
        """(B, T, D) that came out of them all."""
        return self.layers[-1]


@dataclass(frozen=True)
class _Stretch:
    """Some steps in one.

    attentional: (B, T, D), which the output reads; layers: those of all layers, the attentional ones last, where there is a look.
    weights: (B, T, H, S) over the memory, where they are asked for; looked: (B, T, S), their mean over the heads, where anything
    wants it; reading: (B, T, 3 D), where tokens may be copied; state: that after it; lengths: those of `Seen`.
    """

    attentional: Tensor
    layers: tuple[Tensor, ...]
    weights: Tensor | None
    looked: Tensor | None
    reading: Tensor | None
    penalty: Tensor | None
    state: RecurrentState
    lengths: tuple[int, ...]


class RecurrentDecoder(Decoder[RecurrentState]):
    """A recurrent language model that looks at a memory after each step or before it; y_t is the embedded token, s_t the state:

    alone    s_t = cell(y_t, s_{t-1});  logits_t = output(s_t)         (Mikolov et al. 2010, with any cell)
    after    s_t = cell(y_t, s_{t-1});  c_t = look(s_t)                (Luong et al. 2015, section 3)
    before   c_t = look(s_{t-1});  s_t = cell([y_t; c_t], s_{t-1})     (Bahdanau et al. 2015, section 3.1)
    both     h~_t = tanh(W [c_t; s_t] + b);  logits_t = output(h~_t)   (Luong et al. 2015, equations 5 and 6)

    With input feeding the cell reads h~_{t-1}, too. What asks may also be y_t, or both. Where token and context are combined, the
    cell reads relu(W [y_t; c_t] + b) in their place. With self-attention s_t is joined with the decoder's own past before
    anything reads it, and what the cells keep stays their own. With copying a source token may take the place of what the output
    says (`Copying`).

    Bahdanau et al. have a maxout layer, and PyTorch's tutorial the state alone, where h~_t is here: decoders that differ in when
    and with what they ask do not also differ in their output.
    """

    def __init__(
        self,
        shape: RecurrentShape,
        joining: Joining,
        look: MemoryLook[Any] | None,
        self_attention: Look | None,
        embedding: EmbeddingTable,
        positions: Positions,
        output: Output,
    ) -> None:
        """Without a `look` there is no memory, and nothing to be joined."""
        super().__init__()
        joining.check(look)
        dim = shape.dim
        reads_context = joining.when == "before" and not joining.combines
        self.joining = joining
        self.residual = shape.residual
        self.embedding = embedding
        self.positions = positions
        self.layers = nn.ModuleList(
            RecurrentLayer(shape.cell, dim if number else dim * (1 + reads_context + joining.feeds), dim)
            for number in range(shape.layers)
        )
        self.bridge = BRIDGES[joining.bridge](dim, shape.layers, CELLS[shape.cell].kept)
        self.look = look
        self.coverage = None if joining.coverage is None else Coverage(joining.coverage)
        self.self_attention = None if self_attention is None else SelfAttention(self_attention, dim)
        self.entry = nn.Linear(2 * dim, dim) if joining.combines else None
        self.combine = None if look is None else nn.Linear(2 * dim, dim)
        self.copying = Copying(dim) if joining.copies else None
        self.output = output
        self.dropout = Dropout(shape.dropout)

    def start(self, memory: Memory) -> RecurrentState:
        hidden: tuple[Hidden, ...] = self.bridge(memory)
        prepared = None if self.look is None else self.look.read(memory)
        last = hidden[-1][0]
        fed = torch.zeros_like(last) if self.joining.feeds else None
        coverage = None if self.coverage is None or prepared is None else last.new_zeros(prepared.valid.shape)
        copyable = None if self.copying is None else Copyable.of(memory)
        return RecurrentState(hidden, prepared, Sentences.of(memory), last, fed, coverage, copyable)

    def read(self, tokens: Tensor, state: RecurrentState, weights: bool = False) -> Read[RecurrentState]:
        """Read tokens (B, T) from the state on: in one stretch, or one by one where a step waits for the step before."""
        embedded = self.dropout(self.positions(self.embedding(tokens), state.length))
        real = tokens != PAD
        length = tokens.shape[1]
        stride = 1 if self.joining.waits else length
        stretches: list[_Stretch] = []
        for first in range(0, length, stride):
            some = slice(first, first + stride)
            stretches.append(self._advance(embedded[:, some], real[:, some], state, weights))
            state = stretches[-1].state
        states = torch.cat([stretch.attentional for stretch in stretches], dim=1)
        predicted: Logits = self.output.logits(self.dropout(states))
        looked = _joined(stretch.looked for stretch in stretches)
        reading = _joined(stretch.reading for stretch in stretches)
        if self.copying is not None and reading is not None and looked is not None and state.copyable is not None:
            predicted = DenseLogits(self.copying(predicted.dense(), reading, looked, state.copyable))
        attention = _joined(stretch.weights for stretch in stretches)
        layers = (
            tuple(torch.cat(layer, dim=1) for layer in zip(*(each.layers for each in stretches), strict=True)) if weights else ()
        )
        penalty = total(each.penalty for each in stretches)
        return Read(Decoded(predicted, attention, penalty, stretches[0].lengths, layers), state)

    def _advance(self, embedded: Tensor, real: Tensor, state: RecurrentState, weights: bool) -> _Stretch:
        """Read embedded (B, T, D), of which real (B, T) are no padding; T is 1 where a step waits for the one before."""
        if self.joining.when == "before":
            seen = self._see(self.joining.ask(embedded, state.last.unsqueeze(1)), real, state, weights)
            recurred = self._recur(self._inputs(embedded, seen, state), real, state)
        else:
            recurred = self._recur(self._inputs(embedded, None, state), real, state)
            seen = self._see(self.joining.ask(embedded, recurred.states), real, state, weights)
        attentional, reading = recurred.states, None
        if seen is not None and self.combine is not None:
            both = torch.cat((seen.context, recurred.states), dim=-1)
            attentional = torch.tanh(self.combine(both))
            reading = None if self.copying is None else torch.cat((both, embedded), dim=-1)
        looked = seen.looked if seen is not None and (self.coverage is not None or self.copying is not None) else None
        covered = self._cover(looked, real, state)
        after = replace(
            state,
            hidden=recurred.hidden,
            last=recurred.states[:, -1],
            fed=attentional[:, -1] if self.joining.feeds else None,
            coverage=None if covered is None else covered.coverage,
            past=recurred.past,
            length=state.length + embedded.shape[1],
        )
        penalty = total(part.penalty for part in (seen, recurred, covered) if part is not None)
        kept = seen.weights if seen is not None and weights else None
        layers = recurred.layers if seen is None else (*recurred.layers, attentional)
        return _Stretch(attentional, layers, kept, looked, reading, penalty, after, () if seen is None else seen.lengths)

    def _inputs(self, embedded: Tensor, seen: Seen | None, state: RecurrentState) -> Tensor:
        """What the first cell reads, beginning with embedded (B, T, D)."""
        read = [embedded] if seen is None else [embedded, seen.context]
        if self.entry is not None:
            read = [torch.relu(self.entry(torch.cat(read, dim=-1)))]
        if state.fed is not None:
            read.append(state.fed.unsqueeze(1))
        return torch.cat(read, dim=-1)

    def _recur(self, inputs: Tensor, real: Tensor, state: RecurrentState) -> _Recurred:
        """Inputs (B, T, ·) through all layers and the self-attention."""
        states, layers, hidden = inputs, list[Tensor](), []
        for number, layer in enumerate(self.layers):
            below = states
            states, kept = layer(self.dropout(below) if number else below, state.hidden[number])
            if number and self.residual:
                states = states + below
            layers.append(states)
            hidden.append(kept)
        if self.self_attention is None:
            return _Recurred(tuple(layers), tuple(hidden))
        recalled = self.self_attention(states, real, state.past, Asking(first=state.length, causal=True, real=real))
        return _Recurred((*layers[:-1], recalled.states), tuple(hidden), recalled.past, recalled.penalty)

    def _see(self, query: Tensor, real: Tensor, state: RecurrentState, weights: bool) -> Seen | None:
        """Look at the memory, where there is one, with query (B, T, ·)."""
        if self.look is None or state.memory is None:
            return None
        bias = None if self.coverage is None or state.coverage is None else self.coverage.bias(state.coverage)
        wanted = weights or self.coverage is not None or self.copying is not None
        seen: Seen = self.look(query, state.memory, Asking(first=state.length, real=real, bias=bias, weights=wanted))
        return seen

    def _cover(self, looked: Tensor | None, real: Tensor, state: RecurrentState) -> Covered | None:
        """The coverage with what was just looked at, (B, T, S), in it, where there is coverage."""
        if self.coverage is None or state.coverage is None or looked is None:
            return None
        covered: Covered = self.coverage(state.coverage, looked, real)
        return covered


def _joined(parts: Iterable[Tensor | None]) -> Tensor | None:
    """Parts (B, ·, …) one after the other in time; None where there are none."""
    there = [part for part in parts if part is not None]
    return torch.cat(there, dim=1) if there else None
