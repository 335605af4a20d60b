"""An LSTM over whole sentences that keeps little for the backward pass."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

LARGE = 2**22
"""Rows times squared width from which on `lstm` takes hardly longer than torch's layer (`benchmarks/kernels.py`)."""


def saves_memory(inputs: Tensor, dim: int) -> bool:
    """Whether `lstm` should train on inputs (B, T, ·) with states of width `dim`, rather than torch's own layer.

    On a CPU torch's layer is hardly faster, but keeps several times as much for the backward pass, and something of each shape of
    a batch for as long as the program runs (`benchmarks/memory.py`). Small batches of narrow states need little memory, and its
    layer is faster there. Where an autocast halves what is multiplied, the layer knows how.
    """
    there = inputs.device.type == "cpu" and inputs.dtype in (torch.float32, torch.float64)
    return there and torch.is_grad_enabled() and not torch.is_autocast_enabled("cpu") and len(inputs) * dim * dim >= LARGE


def lstm(inputs: Tensor, start: tuple[Tensor, Tensor], weights: Sequence[Tensor]) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """h_t = o tanh(c_t) with c_t = f c_{t-1} + i g   (Hochreiter and Schmidhuber 1997, with the gate f of Gers et al. 2000).

    inputs (B, T, I), T at least 1; start: h_0 and c_0, (B, D); weights: those of a layer of torch's, with its order of gates
    -> all h_t (B, T, D), and the last h and c, (B, D)
    """
    from_input, from_state, input_bias, state_bias = weights
    states, cell = _Lstm.apply(inputs, *start, from_input, from_state, input_bias + state_bias)  # type: ignore[no-untyped-call]
    return states, (states[:, -1], cell)


class _Lstm(torch.autograd.Function):
    """Of a token are kept four gates, a cell and a state. tanh(x) = 2 σ(2x) - 1, so that one call squashes all gates, of which g
    stands last and is twice as large before: torch's logistic function takes a fraction of the time of its tanh. The error of
    such a tanh is 10⁻⁷ in float32, however small x is."""

    @staticmethod
    def forward(
        context: Any, inputs: Tensor, state: Tensor, cell: Tensor, from_input: Tensor, from_state: Tensor, bias: Tensor
    ) -> tuple[Tensor, Tensor]:
        """inputs (B, T, I), state and cell (B, D), weights (4 D, ·) -> states (B, T, D), the last cell (B, D)."""
        rows, length, _ = inputs.shape
        gates = torch.addmm(_arranged(bias), _by_time(inputs), _arranged(from_input).t()).view(length, rows, -1)
        states, cells = (first.new_empty(length + 1, *first.shape) for first in (state, cell))
        states[0], cells[0] = state, cell
        recurrence = _arranged(from_state).t()
        for step, squashed in enumerate(gates):
            squashed.addmm_(states[step], recurrence).sigmoid_()
            enter, forget, leave, new = squashed.chunk(4, dim=1)
            new.mul_(2).sub_(1)
            torch.mul(forget, cells[step], out=cells[step + 1]).addcmul_(enter, new)
            tanh(cells[step + 1], states[step + 1]).mul_(leave)
        context.save_for_backward(inputs, from_input, from_state, gates, states, cells)
        return states[1:].transpose(0, 1), cells[-1].clone()

    @staticmethod
    @once_differentiable
    def backward(context: Any, of_states: Tensor, of_cell: Tensor) -> tuple[Tensor | None, ...]:
        """of_states (B, T, D), of_cell (B, D), that of the last -> those of all that `forward` reads."""
        inputs, from_input, from_state, gates, states, cells = context.saved_tensors
        of_state, of_cell = torch.zeros_like(of_cell), of_cell.clone()
        of_gates, squashed = torch.empty_like(gates), torch.empty_like(of_cell)
        recurrence = _arranged(from_state)  # arranged anew, as the others are, rather than kept
        for step in reversed(range(len(gates))):
            enter, forget, leave, new = gates[step].chunk(4, dim=1)
            of_enter, of_forget, of_leave, of_new = of_gates[step].chunk(4, dim=1)
            of_state += of_states[:, step]
            tanh(cells[step + 1], squashed)
            torch.mul(of_state, squashed, out=of_leave)
            of_state *= leave
            of_cell += of_state.addcmul_(of_state, squashed.square_(), value=-1)
            torch.mul(of_cell, new, out=of_enter)
            torch.mul(of_cell, cells[step], out=of_forget)
            torch.mul(of_cell, enter, out=of_new)
            of_new.addcmul_(of_new, torch.square(new, out=squashed), value=-1).mul_(0.5)
            logistic, of_logistic = (each[step].narrow(1, 0, 3 * of_cell.shape[1]) for each in (gates, of_gates))
            of_logistic *= logistic
            of_logistic.addcmul_(of_logistic, logistic, value=-1)
            of_cell *= forget
            torch.mm(of_gates[step], recurrence, out=of_state)
        flat = of_gates.flatten(0, 1)
        of_inputs = of_from_input = of_from_state = None
        if context.needs_input_grad[0]:
            of_inputs = (flat @ _arranged(from_input)).view(*gates.shape[:2], -1).transpose(0, 1)
        if context.needs_input_grad[3]:
            of_from_input = _restored(flat.t() @ _by_time(inputs))
        if context.needs_input_grad[4]:
            of_from_state = _restored(flat.t() @ states[:-1].flatten(0, 1))
        return of_inputs, of_state, of_cell, of_from_input, of_from_state, _restored(flat.sum(dim=0))


def _by_time(states: Tensor) -> Tensor:
    """(B, T, D) to (T · B, D)."""
    return states.transpose(0, 1).flatten(0, 1)


def tanh(values: Tensor, into: Tensor) -> Tensor:
    """tanh(values), written `into` memory of the same shape."""
    return torch.mul(values, 2, out=into).sigmoid_().mul_(2).sub_(1)


def _arranged(weight: Tensor) -> Tensor:
    """The gates i, f, g, o of a matrix (4 D, ·), or of a bias, as i, f, o, 2 g."""
    enter, forget, new, leave = weight.chunk(4)
    return torch.cat((enter, forget, leave, 2 * new))


def _restored(gradient: Tensor) -> Tensor:
    """The gradient by a matrix that was `_arranged`, as that by the matrix itself."""
    enter, forget, leave, new = gradient.chunk(4)
    return torch.cat((enter, forget, 2 * new, leave))
