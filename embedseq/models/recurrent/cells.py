"""Recurrent cells by name, and one layer of them in one direction: a whole sequence in one call, or token by token."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from embedseq.models.device import multiplies_bfloat16
from embedseq.models.packed import linear, pays
from embedseq.models.recurrent.lstm import lstm, saves_memory

Cell = Literal["rnn", "rnn-relu", "lstm", "gru"]
Hidden = tuple[Tensor, ...]
"""What a cell keeps: (h,), or (h, c) for an LSTM, each (B, D)."""
Rule = Callable[[Tensor, Tensor, Hidden], Hidden]
"""What is kept after a token, from W x + b, U h + c and what was kept before it. The gates stand in torch's order."""


def _rnn(from_input: Tensor, from_state: Tensor, hidden: Hidden) -> Hidden:
    return (torch.tanh(from_input + from_state),)


def _rnn_relu(from_input: Tensor, from_state: Tensor, hidden: Hidden) -> Hidden:
    return (torch.relu(from_input + from_state),)


def _lstm(from_input: Tensor, from_state: Tensor, hidden: Hidden) -> Hidden:
    enter, forget, new, out = (from_input + from_state).chunk(4, dim=1)
    cell = torch.sigmoid(forget) * hidden[1] + torch.sigmoid(enter) * torch.tanh(new)
    return torch.sigmoid(out) * torch.tanh(cell), cell


def _gru(from_input: Tensor, from_state: Tensor, hidden: Hidden) -> Hidden:
    reset, update, new = from_input.chunk(3, dim=1)
    state_reset, state_update, state_new = from_state.chunk(3, dim=1)
    new = torch.tanh(new + torch.sigmoid(reset + state_reset) * state_new)
    return (torch.lerp(new, hidden[0], torch.sigmoid(update + state_update)),)


@dataclass(frozen=True)
class CellKind:
    """sequence: torch's layer for whole sequences; token: torch's function for one token, and rule: what that does beside its two
    products; kept: the vectors that a cell keeps."""

    sequence: Callable[..., nn.RNNBase]
    token: Callable[..., Any]
    rule: Rule
    kept: int = 1


CELLS: dict[Cell, CellKind] = {
    "rnn": CellKind(nn.RNN, torch.rnn_tanh_cell, _rnn),
    "rnn-relu": CellKind(partial(nn.RNN, nonlinearity="relu"), torch.rnn_relu_cell, _rnn_relu),
    "lstm": CellKind(nn.LSTM, torch.lstm_cell, _lstm, kept=2),
    "gru": CellKind(nn.GRU, torch.gru_cell, _gru),
}


class RecurrentLayer(nn.Module):
    """h_t = cell(x_t, h_{t-1})   (Elman 1990; Hochreiter and Schmidhuber 1997; Cho et al. 2014; with ReLU: Le et al. 2015)."""

    def __init__(self, cell: Cell, input_dim: int, dim: int) -> None:
        super().__init__()
        self.kind = CELLS[cell]
        self.recurrence = self.kind.sequence(input_dim, dim, batch_first=True)

    def forward(self, inputs: Tensor, hidden: Hidden | None = None) -> tuple[Tensor, Hidden]:
        """Inputs (B, T, input_dim) to states (B, T, D) and what is kept at the end, starting from `hidden`, or from zeros."""
        if hidden is not None and inputs.shape[1] == 1:
            hidden = self.step(inputs.squeeze(1), hidden)
            return hidden[0].unsqueeze(1), hidden
        if self.kind.kept == 2 and _cannot_halve(inputs):
            half = torch.get_autocast_dtype("cpu")
            precise = None if hidden is None else tuple(kept.float() for kept in hidden)
            with torch.autocast("cpu", enabled=False):
                states, last = self.forward(inputs.float(), precise)
            return states.to(half), tuple(kept.to(half) for kept in last)
        if self.kind.kept == 2 and self.training and saves_memory(inputs, self.recurrence.hidden_size):
            (weights,) = self.recurrence.all_weights
            zeros = inputs.new_zeros(len(inputs), self.recurrence.hidden_size)
            state, cell = (zeros, zeros) if hidden is None else hidden
            return lstm(inputs, (state, cell), weights)
        start = None if hidden is None else tuple(kept.unsqueeze(0).contiguous() for kept in hidden)
        states, last = self.recurrence(inputs, start if start is None or self.kind.kept == 2 else start[0])
        return states, tuple(kept.squeeze(0) for kept in (last if self.kind.kept == 2 else (last,)))

    def step(self, inputs: Tensor, hidden: Hidden) -> Hidden:
        """Inputs (B, input_dim) of one token, and what was kept before it, to what is kept after it; h comes first."""
        (weights,) = self.recurrence.all_weights
        if self.kind.kept == 2:
            return tuple(self.kind.token(inputs, hidden, *weights))
        return (self.kind.token(inputs, hidden[0], *weights),)

    def packed(self) -> nn.Module:
        """What takes its place in steps (`models/packed.py`)."""
        (weights,) = self.recurrence.all_weights
        return _PackedLayer(self) if any(pays(matrix) for matrix in weights[:2]) else self

    def last_cell(self, inputs: Tensor, states: Tensor, valid: Tensor) -> Tensor:
        """c_n = Σ_t i_t g_t Π_{u > t} f_u: an LSTM's cell (B, D) after its last real token, from c_t = f_t c_{t-1} + i_t g_t.

        torch tells the cell after the padding alone. The gates of all tokens follow from inputs (B, S, input_dim) and states
        (B, S, D), which started from zeros, so that no second pass through time is needed.
        """
        ((from_input, from_state, input_bias, state_bias),) = self.recurrence.all_weights
        before = F.pad(states[:, :-1], (0, 0, 1, 0))
        gates = F.linear(inputs, from_input, input_bias) + F.linear(before, from_state, state_bias)
        enter, forget, new, _ = gates.chunk(4, dim=-1)
        padding = ~valid.unsqueeze(-1)
        kept = F.logsigmoid(forget).masked_fill(padding, 0.0)
        kept_later = kept.flip(1).cumsum(1).flip(1) - kept
        entered = (torch.sigmoid(enter) * torch.tanh(new)).masked_fill(padding, 0.0)
        return (entered * kept_later.exp()).sum(dim=1)


def _cannot_halve(inputs: Tensor) -> bool:
    """Whether an autocast asks torch's LSTM for what it has not got: a processor's instructions for half precision."""
    return inputs.device.type == "cpu" and torch.is_autocast_enabled("cpu") and not multiplies_bfloat16()


class _PackedLayer(nn.Module):
    """The layer of the same weights, token by token with packed matrices: torch's functions for one token take none."""

    def __init__(self, layer: RecurrentLayer) -> None:
        super().__init__()
        ((from_input, from_state, input_bias, state_bias),) = layer.recurrence.all_weights
        self.from_input, self.from_state = linear(from_input, input_bias), linear(from_state, state_bias)
        self.rule = layer.kind.rule

    def forward(self, inputs: Tensor, hidden: Hidden) -> tuple[Tensor, Hidden]:
        """As that of the layer."""
        states = []
        for read in self.from_input(inputs).unbind(dim=1):
            hidden = self.rule(read, self.from_state(hidden[0]), hidden)
            states.append(hidden[0])
        return torch.stack(states, dim=1), hidden
