"""One recurrent layer: a sequence at once, token by token, the equations of the cells, and torch's own modules."""

from typing import get_args

import pytest
import torch
from equations import cell_by_equation
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from embedseq.models.recurrent.cells import CELLS, Cell, RecurrentLayer

CELL_NAMES: tuple[Cell, ...] = get_args(Cell)
TORCHS = {"rnn": nn.RNN, "rnn-relu": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
D = 5
every_cell = pytest.mark.parametrize("cell", CELL_NAMES)


def layer_and_start(cell: Cell) -> tuple[RecurrentLayer, torch.Tensor, tuple[torch.Tensor, ...]]:
    torch.manual_seed(1)
    layer = RecurrentLayer(cell, 3, D).double()
    start = tuple(torch.randn(2, D, dtype=torch.float64) for _ in range(CELLS[cell].kept))
    return layer, torch.randn(2, 6, 3, dtype=torch.float64), start


@every_cell
@torch.no_grad()
def test_a_layer_equals_the_equations_of_its_cell(cell: Cell) -> None:
    layer, inputs, start = layer_and_start(cell)
    weights = dict(layer.recurrence.named_parameters())
    states, last = layer(inputs, start)
    for row in range(2):
        hidden = tuple(kept[row] for kept in start)
        for t in range(6):
            hidden = cell_by_equation(cell, weights, inputs[row, t], hidden)
            torch.testing.assert_close(states[row, t], hidden[0], rtol=0, atol=1e-13)
        for ours, theirs in zip(last, hidden, strict=True):
            torch.testing.assert_close(ours[row], theirs, rtol=0, atol=1e-13)


@every_cell
@torch.no_grad()
def test_steps_equal_torchs_module_over_the_whole_sequence(cell: Cell) -> None:
    layer, inputs, start = layer_and_start(cell)
    options = {"nonlinearity": "relu"} if cell == "rnn-relu" else {}
    theirs = TORCHS[cell](3, D, batch_first=True, **options).double()
    theirs.load_state_dict(layer.recurrence.state_dict())
    before = tuple(kept.unsqueeze(0) for kept in start)
    expected, last = theirs(inputs, before if cell == "lstm" else before[0])
    hidden = start
    for t in range(6):
        hidden = layer.step(inputs[:, t], hidden)
        torch.testing.assert_close(hidden[0], expected[:, t], rtol=0, atol=1e-14)
    for ours, whole in zip(hidden, last if cell == "lstm" else (last,), strict=True):
        torch.testing.assert_close(ours, whole.squeeze(0), rtol=0, atol=1e-14)


@every_cell
@torch.no_grad()
def test_a_sequence_may_be_read_in_pieces_of_any_length(cell: Cell) -> None:
    layer, inputs, _ = layer_and_start(cell)
    together, last = layer(inputs)
    hidden, pieces = None, []
    for first, end in ((0, 1), (1, 2), (2, 5), (5, 6)):
        states, hidden = layer(inputs[:, first:end], hidden)
        pieces.append(states)
    torch.testing.assert_close(torch.cat(pieces, dim=1), together, rtol=0, atol=1e-14)
    assert hidden is not None
    for ours, theirs in zip(hidden, last, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-14)


@settings(max_examples=25)
@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=4), seed=st.integers(0, 99))
@torch.no_grad()
def test_the_last_cell_is_that_of_the_last_real_token(lengths: list[int], seed: int) -> None:
    torch.manual_seed(seed)
    layer = RecurrentLayer("lstm", 3, D).double()
    valid = torch.arange(max(lengths)) < torch.tensor(lengths).unsqueeze(1)
    inputs = 3.0 * torch.randn(len(lengths), max(lengths), 3, dtype=torch.float64)
    cells = layer.last_cell(inputs, layer(inputs)[0], valid)
    for row, length in enumerate(lengths):
        _, (_, expected) = layer(inputs[row : row + 1, :length])
        torch.testing.assert_close(cells[row : row + 1], expected, rtol=0, atol=1e-13)


def test_the_last_cell_of_nothing_is_zero_and_its_gradients_are_right() -> None:
    torch.manual_seed(1)
    layer = RecurrentLayer("lstm", 2, 2).double()
    valid = torch.tensor([[True, True, False], [False, False, False]])
    inputs = torch.randn(2, 3, 2, dtype=torch.float64, requires_grad=True)
    assert torch.all(layer.last_cell(inputs, layer(inputs)[0], valid)[1] == 0.0)
    assert torch.autograd.gradcheck(lambda read: layer.last_cell(read, layer(read)[0], valid), inputs)


@pytest.mark.parametrize("started", [False, True])
def test_where_a_processor_cannot_halve_an_lstm_is_computed_before_an_autocast_halves_it(
    started: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """torch's layer fails there."""
    monkeypatch.setattr("embedseq.models.recurrent.cells.multiplies_bfloat16", lambda: False)
    layer, inputs, start = layer_and_start("lstm")
    layer, inputs = layer.float(), inputs.bfloat16()
    hidden = tuple(each.bfloat16() for each in start) if started else None
    expected, last = layer(inputs.float(), None if hidden is None else tuple(each.float() for each in hidden))
    with torch.autocast("cpu", torch.bfloat16):
        states, kept = layer(inputs, hidden)
    assert torch.equal(states, expected.bfloat16())
    assert all(torch.equal(one, other.bfloat16()) for one, other in zip(kept, last, strict=True))
    states.sum().backward()
    assert all(parameter.grad is not None for parameter in layer.parameters())
