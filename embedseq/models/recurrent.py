"""Recurrent encoders and decoders: the Elman RNN with tanh, LSTM and GRU, in any number of layers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from embedseq.models.attention.look import Look, Prepared
from embedseq.models.embedding import EmbeddingTable
from embedseq.models.interfaces import Decoded, Decoder, Encoded, Encoder, Step
from embedseq.models.memory import Memory

Cell = Literal["rnn", "lstm", "gru"]
Hidden = tuple[Tensor, ...]
"""What a cell keeps: (h,), or (h, c) for an LSTM, each (B, D)."""
CELLS: dict[Cell, Callable[..., nn.RNNBase]] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class RecurrentLayer(nn.Module):
    """One layer in one direction: h_t = cell(x_t, h_{t-1})   (Elman 1990; Hochreiter and Schmidhuber 1997; Cho et al. 2014)."""

    def __init__(self, cell: Cell, input_dim: int, dim: int) -> None:
        super().__init__()
        self.kept = 2 if cell == "lstm" else 1
        self.recurrence = CELLS[cell](input_dim, dim, batch_first=True)

    def forward(self, inputs: Tensor, hidden: Hidden | None = None) -> tuple[Tensor, Hidden]:
        """Inputs (B, T, input_dim) to states (B, T, D) and what is kept at the end, starting from `hidden`, or from zeros."""
        start = None if hidden is None else tuple(kept.unsqueeze(0).contiguous() for kept in hidden)
        states, last = self.recurrence(inputs, start if start is None or self.kept == 2 else start[0])
        return states, tuple(kept.squeeze(0) for kept in (last if self.kept == 2 else (last,)))


@dataclass(frozen=True)
class Order:
    """Indices (B, S) that turn each sentence round within its own length, and the index (B,) of its last token."""

    backwards: Tensor
    last: Tensor

    @staticmethod
    def of(valid: Tensor) -> "Order":
        """The order of sentences with tokens at valid (B, S), all of them before the padding. Padding stays where it is."""
        lengths = valid.sum(dim=1, keepdim=True)
        position = torch.arange(valid.shape[1], device=valid.device).expand_as(valid)
        return Order(torch.where(valid, lengths - 1 - position, position), (lengths.squeeze(1) - 1).clamp(min=0))

    def turn(self, states: Tensor) -> Tensor:
        """States (B, S, D) in the other direction; turned twice they are as before."""
        return states.gather(1, self.backwards.unsqueeze(-1).expand(-1, -1, states.shape[-1]))

    def final(self, states: Tensor) -> Tensor:
        """The states (B, D) at the last tokens."""
        return states[torch.arange(len(states), device=states.device), self.last]


class BothWays(nn.Module):
    """A layer from left to right, and, if asked, another from right to left; each is then half as wide, and they are joined.

    Turning the sentences by index is exact, as padding then comes last in both directions, and as fast as packing on a CPU.
    """

    def __init__(self, cell: Cell, input_dim: int, dim: int, bidirectional: bool) -> None:
        super().__init__()
        width = dim // 2 if bidirectional else dim
        self.rightward = RecurrentLayer(cell, input_dim, width)
        self.leftward = RecurrentLayer(cell, input_dim, width) if bidirectional else None

    def forward(self, inputs: Tensor, order: Order) -> tuple[Tensor, Tensor]:
        """Inputs (B, S, input_dim) to states (B, S, D) and the final state (B, D)."""
        states, _ = self.rightward(inputs)
        final = order.final(states)
        if self.leftward is None:
            return states, final
        turned, _ = self.leftward(order.turn(inputs))
        return torch.cat((states, order.turn(turned)), dim=-1), torch.cat((final, order.final(turned)), dim=-1)


class RecurrentEncoder(Encoder):
    """L recurrent layers, in one direction or in both, with dropout between them."""

    def __init__(self, cell: Cell, dim: int, layers: int, bidirectional: bool, dropout: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(BothWays(cell, dim, dim, bidirectional) for _ in range(layers))
        self.dropout = nn.Dropout(dropout)

    def forward(self, embedded: Tensor, valid: Tensor) -> Encoded:
        order = Order.of(valid)
        real = valid.unsqueeze(-1)
        states = embedded
        layers: list[Tensor] = []
        finals: list[Tensor] = []
        for number, layer in enumerate(self.layers):
            states, final = layer(self.dropout(states) if number else states, order)
            states = states.masked_fill(~real, 0.0)
            layers.append(states)
            finals.append(final.masked_fill(~valid.any(dim=1, keepdim=True), 0.0))
        return Encoded(tuple(layers), tuple(finals))


class Bridge(nn.Module):
    """h_0 = tanh(W f + b) for every layer of the decoder, f being the memory's summary (Bahdanau et al. 2015, A.2.2).

    Layer l of the decoder starts from the summary of layer l of the encoder, or of its last layer where it has no layer l.
    An LSTM's cell starts from a second map of the same kind.
    """

    def __init__(self, dim: int, layers: int, kept: int) -> None:
        super().__init__()
        self.kept = kept
        self.maps = nn.ModuleList(nn.Linear(dim, kept * dim) for _ in range(layers))

    def forward(self, final: Sequence[Tensor]) -> tuple[Hidden, ...]:
        """Summaries (B, D), one for each encoder layer, to what each decoder layer starts from."""
        sources = [final[min(number, len(final) - 1)] for number in range(len(self.maps))]
        return tuple(torch.tanh(layer(source)).chunk(self.kept, dim=-1) for layer, source in zip(self.maps, sources, strict=True))


@dataclass(frozen=True)
class RecurrentState:
    """hidden: for each layer what its cell keeps, (B, D) each; memory: the keys and values, prepared once a sentence."""

    hidden: tuple[Hidden, ...]
    memory: Prepared

    def select(self, rows: Tensor) -> "RecurrentState":
        """The hypotheses `rows` (N,), repeated or reordered as asked."""
        hidden = tuple(tuple(kept[rows] for kept in layer) for layer in self.hidden)
        return RecurrentState(hidden, self.memory.select(rows))


class RecurrentDecoder(Decoder[RecurrentState]):
    """A recurrent language model that looks at the memory after each step   (Luong et al. 2015, equation 5, no input feeding):

    h_t = cell(y_t, h_{t-1});  c_t = look(h_t);  h~_t = tanh(W [c_t; h_t] + b);  logits_t = output(h~_t).

    No step waits for the attention of the step before, so that a known target is read in one call.
    """

    def __init__(
        self, cell: Cell, dim: int, layers: int, look: Look, embedding: EmbeddingTable, output: nn.Module, dropout: float
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.layers = nn.ModuleList(RecurrentLayer(cell, dim, dim) for _ in range(layers))
        self.bridge = Bridge(dim, layers, 2 if cell == "lstm" else 1)
        self.look = look
        self.combine = nn.Linear(2 * dim, dim)
        self.output = output
        self.dropout = nn.Dropout(dropout)

    def start(self, memory: Memory) -> RecurrentState:
        return RecurrentState(self.bridge(memory.final), self.look.read(memory))

    def _read(self, tokens: Tensor, state: RecurrentState, weights: bool) -> tuple[Decoded, RecurrentState]:
        """Read tokens (B, T) from the state on: one token for a step, all of a target under teacher forcing."""
        states = self.dropout(self.embedding(tokens))
        hidden: list[Hidden] = []
        for number, layer in enumerate(self.layers):
            states, kept = layer(self.dropout(states) if number else states, state.hidden[number])
            hidden.append(kept)
        seen = self.look(states, state.memory, weights=weights)
        attentional = torch.tanh(self.combine(torch.cat((seen.context, states), dim=-1)))
        return Decoded(self.output(self.dropout(attentional)), seen.weights), RecurrentState(tuple(hidden), state.memory)

    def step(self, tokens: Tensor, state: RecurrentState, weights: bool = False) -> Step[RecurrentState]:
        decoded, after = self._read(tokens.unsqueeze(1), state, weights)
        return Step(decoded.logits.squeeze(1), after, None if decoded.attention is None else decoded.attention.squeeze(1))

    def forward(self, tokens: Tensor, memory: Memory, weights: bool = False) -> Decoded:
        return self._read(tokens, self.start(memory), weights)[0]
