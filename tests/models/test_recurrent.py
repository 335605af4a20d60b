"""Recurrent layers against torch's own and against the equations of the cells."""

from typing import get_args

import pytest
import torch
from torch import Tensor, nn

from embedseq.models.recurrent import CELLS, Bridge, Cell, Order, RecurrentEncoder, RecurrentLayer
from embedseq.text.batches import pad

CELL_NAMES: tuple[Cell, ...] = get_args(Cell)
D = 5


def cell_by_equation(cell: Cell, layer: RecurrentLayer, x: Tensor, hidden: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """One step of Elman (1990), Hochreiter and Schmidhuber (1997) with forget gate, or Cho et al. (2014), gate by gate."""
    weights = dict(layer.recurrence.named_parameters())
    inner = (weights["weight_ih_l0"] @ x + weights["bias_ih_l0"]).chunk({"rnn": 1, "lstm": 4, "gru": 3}[cell])
    outer = (weights["weight_hh_l0"] @ hidden[0] + weights["bias_hh_l0"]).chunk(len(inner))
    if cell == "rnn":
        return (torch.tanh(inner[0] + outer[0]),)
    if cell == "lstm":
        enter, forget, new, leave = (a + b for a, b in zip(inner, outer, strict=True))
        c = torch.sigmoid(forget) * hidden[1] + torch.sigmoid(enter) * torch.tanh(new)
        return torch.sigmoid(leave) * torch.tanh(c), c
    reset, update = torch.sigmoid(inner[0] + outer[0]), torch.sigmoid(inner[1] + outer[1])
    new = torch.tanh(inner[2] + reset * outer[2])
    return ((1 - update) * new + update * hidden[0],)


@pytest.mark.parametrize("cell", CELL_NAMES)
@torch.no_grad()
def test_a_layer_equals_the_equations_of_its_cell(cell: Cell) -> None:
    torch.manual_seed(1)
    layer = RecurrentLayer(cell, 3, D).double()
    inputs = torch.randn(2, 4, 3, dtype=torch.float64)
    start = tuple(torch.randn(2, D, dtype=torch.float64) for _ in range(layer.kept))
    states, last = layer(inputs, start)
    for row in range(2):
        hidden = tuple(kept[row] for kept in start)
        for t in range(4):
            hidden = cell_by_equation(cell, layer, inputs[row, t], hidden)
            torch.testing.assert_close(states[row, t], hidden[0], rtol=0, atol=1e-13)
        for ours, theirs in zip(last, hidden, strict=True):
            torch.testing.assert_close(ours[row], theirs, rtol=0, atol=1e-13)


@pytest.mark.parametrize("cell", CELL_NAMES)
@torch.no_grad()
def test_step_by_step_equals_all_at_once(cell: Cell) -> None:
    torch.manual_seed(1)
    layer = RecurrentLayer(cell, 3, D).double()
    inputs = torch.randn(2, 6, 3, dtype=torch.float64)
    together, last = layer(inputs)
    hidden = None
    for t in range(6):
        state, hidden = layer(inputs[:, t : t + 1], hidden)
        torch.testing.assert_close(state[:, 0], together[:, t], rtol=0, atol=1e-14)
    assert hidden is not None
    for ours, theirs in zip(hidden, last, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-14)


@pytest.mark.parametrize("cell", CELL_NAMES)
@pytest.mark.parametrize("bidirectional", [True, False])
@torch.no_grad()
def test_the_encoder_equals_torchs_with_packed_sentences(cell: Cell, bidirectional: bool) -> None:
    torch.manual_seed(1)
    dim, layers = 8, 2
    encoder = RecurrentEncoder(cell, dim, layers, bidirectional, dropout=0.0).double()
    width = dim // 2 if bidirectional else dim
    theirs = CELLS[cell](dim, width, num_layers=layers, bidirectional=bidirectional, batch_first=True).double()
    for name, weight in theirs.named_parameters():
        kind, _, rest = name.rpartition("_l")
        direction = "leftward" if rest.endswith("_reverse") else "rightward"
        weight.copy_(encoder.get_parameter(f"layers.{rest[0]}.{direction}.recurrence.{kind}_l0"))
    _, valid = pad([[4] * length for length in (3, 6, 1)])
    embedded = torch.randn(3, 6, dim, dtype=torch.float64)
    packed = nn.utils.rnn.pack_padded_sequence(embedded, valid.sum(1), batch_first=True, enforce_sorted=False)
    states, last = theirs(packed)
    expected, _ = nn.utils.rnn.pad_packed_sequence(states, batch_first=True)
    encoded = encoder(embedded, valid)
    torch.testing.assert_close(encoded.layers[-1], expected, rtol=0, atol=1e-13)
    final = last[0] if cell == "lstm" else last
    finals = final.unflatten(0, (layers, -1)).transpose(1, 2).flatten(-2)
    torch.testing.assert_close(torch.stack(encoded.final), finals, rtol=0, atol=1e-13)


def test_turning_reverses_each_sentence_within_its_length_and_twice_is_nothing() -> None:
    tokens, valid = pad([[4, 5, 6], [7], []])
    order = Order.of(valid)
    states = tokens.unsqueeze(-1).double()
    assert order.turn(states).squeeze(-1).tolist() == [[6, 5, 4], [7, 0, 0], [0, 0, 0]]
    assert torch.equal(order.turn(order.turn(states)), states)
    assert order.final(states).squeeze(-1).tolist() == [6, 7, 0]


def test_the_bridge_uses_the_layer_below_and_the_last_where_there_is_none() -> None:
    bridge = Bridge(4, 3, kept=2)
    final = (torch.randn(2, 4), torch.randn(2, 4))
    starts = bridge(final)
    for number, source in enumerate((final[0], final[1], final[1])):
        expected = torch.tanh(bridge.maps[number](source))
        torch.testing.assert_close(torch.cat(starts[number], dim=-1), expected)
