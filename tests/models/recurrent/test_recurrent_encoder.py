"""The recurrent encoder against torch's own, and its residuals and its self-attention against loops."""

import math
from typing import get_args

import pytest
import torch
from equations import cell_by_equation, softmax_by_hand, zeros
from torch import Tensor, nn

from embedseq.models.attention.heads import Attention
from embedseq.models.attention.scorers.scaled_dot import ScaledDot
from embedseq.models.positions import Sinusoidal, Unmarked
from embedseq.models.recurrent.cells import CELLS, Cell
from embedseq.models.recurrent.encoder import RecurrentEncoder
from embedseq.models.recurrent.shape import RecurrentShape
from embedseq.text.batches import pad

D, LAYERS = 8, 2
every_cell = pytest.mark.parametrize("cell", get_args(Cell))
every_direction = pytest.mark.parametrize("bidirectional", [True, False])


def make(
    cell: Cell = "gru", bidirectional: bool = True, residual: bool = False, attends: bool = False, gives_cells: bool = False
) -> RecurrentEncoder:
    torch.manual_seed(1)
    look = Attention(ScaledDot(D, D, D)) if attends else None
    shape = RecurrentShape(cell, D, LAYERS, residual=residual)
    return RecurrentEncoder(shape, bidirectional, Unmarked(), look, gives_cells).double().eval()


def some_sentences() -> tuple[Tensor, Tensor]:
    _, valid = pad([[4] * length for length in (3, 6, 1)])
    return torch.randn(3, 6, D, dtype=torch.float64, generator=torch.Generator().manual_seed(2)), valid


@every_cell
@every_direction
@torch.no_grad()
def test_the_encoder_equals_torchs_with_packed_sentences(cell: Cell, bidirectional: bool) -> None:
    encoder = make(cell, bidirectional, gives_cells=True)
    width = D // 2 if bidirectional else D
    theirs = CELLS[cell].sequence(D, width, num_layers=LAYERS, bidirectional=bidirectional, batch_first=True).double()
    for name, weight in theirs.named_parameters():
        kind, _, rest = name.rpartition("_l")
        direction = "leftward" if rest.endswith("_reverse") else "rightward"
        weight.copy_(encoder.get_parameter(f"layers.{rest[0]}.{direction}.recurrence.{kind}_l0"))
    embedded, valid = some_sentences()
    packed = nn.utils.rnn.pack_padded_sequence(embedded, valid.sum(1), batch_first=True, enforce_sorted=False)
    states, last = theirs(packed)
    expected, _ = nn.utils.rnn.pad_packed_sequence(states, batch_first=True)
    encoded = encoder(embedded, valid)
    torch.testing.assert_close(encoded.layers[-1], expected, rtol=0, atol=1e-13)
    kept = last if cell == "lstm" else (last,)
    joined = [vectors.unflatten(0, (LAYERS, -1)).transpose(1, 2).flatten(-2) for vectors in kept]
    torch.testing.assert_close(torch.stack(encoded.final), joined[0], rtol=0, atol=1e-13)
    if cell == "lstm":
        torch.testing.assert_close(torch.stack(encoded.cells), joined[1], rtol=0, atol=1e-13)
    else:
        assert encoded.cells == ()


def test_an_lstm_gives_its_cells_only_where_they_are_wanted() -> None:
    assert make("lstm")(*some_sentences()).cells == ()


@every_cell
@torch.no_grad()
def test_a_residual_adds_a_layers_input_from_the_second_layer_on(cell: Cell) -> None:
    encoder = make(cell, bidirectional=False, residual=True)
    embedded, valid = some_sentences()
    encoded = encoder(embedded, valid)
    for row, length in enumerate(valid.sum(1).tolist()):
        hidden = [zeros(cell, D) for _ in range(LAYERS)]
        for t in range(length):
            states = embedded[row, t]
            for layer in range(LAYERS):
                weights = dict(encoder.get_submodule(f"layers.{layer}.rightward.recurrence").named_parameters())
                hidden[layer] = cell_by_equation(cell, weights, states, hidden[layer])
                states = hidden[layer][0] + states if layer else hidden[layer][0]
                torch.testing.assert_close(encoded.layers[layer][row, t], states, rtol=0, atol=1e-13)
        for layer in range(LAYERS):
            torch.testing.assert_close(encoded.final[layer][row], hidden[layer][0], rtol=0, atol=1e-13)


@every_direction
@torch.no_grad()
def test_self_attention_joins_a_state_with_what_it_sees(bidirectional: bool) -> None:
    embedded, valid = some_sentences()
    plain, encoder = make(bidirectional=bidirectional), make(bidirectional=bidirectional, attends=True)
    encoder.load_state_dict(plain.state_dict() | {k: v for k, v in encoder.state_dict().items() if "self_attention" in k})
    before, encoded = plain(embedded, valid), encoder(embedded, valid)
    weight, bias = (encoder.get_parameter(f"self_attention.combine.{name}") for name in ("weight", "bias"))
    for row, length in enumerate(valid.sum(1).tolist()):
        states = before.layers[-1][row, :length]
        for t in range(length):
            seen = states if bidirectional else states[: t + 1]
            weights = softmax_by_hand([states[t] @ key / math.sqrt(D) for key in seen])
            context = sum(weight * value for weight, value in zip(weights, seen, strict=True))
            expected = torch.tanh(weight @ torch.cat((context, states[t])) + bias)
            torch.testing.assert_close(encoded.layers[-1][row, t], expected, rtol=0, atol=1e-13)
        first, last = encoded.layers[-1][row, 0], encoded.layers[-1][row, length - 1]
        ends = torch.cat((last[: D // 2], first[D // 2 :])) if bidirectional else last
        assert torch.equal(encoded.final[-1][row], ends)
    assert torch.equal(encoded.layers[0], before.layers[0])
    assert torch.equal(encoded.final[0], before.final[0])
    assert torch.all(encoded.layers[-1][~valid] == 0.0)


@every_cell
@torch.no_grad()
def test_an_encoder_in_one_direction_never_sees_a_later_token(cell: Cell) -> None:
    embedded, valid = some_sentences()
    encoder = make(cell, bidirectional=False, residual=True, attends=True)
    changed = embedded.clone()
    changed[:, 4:] += 1.0
    before, after = encoder(embedded, valid).layers[-1], encoder(changed, valid).layers[-1]
    torch.testing.assert_close(before[:, :4], after[:, :4], rtol=0, atol=0)
    assert not torch.allclose(before[1, 4:], after[1, 4:])


@every_cell
@every_direction
@torch.no_grad()
def test_padding_and_the_batch_never_change_a_state(cell: Cell, bidirectional: bool) -> None:
    embedded, valid = some_sentences()
    valid = torch.cat((valid, torch.zeros(1, 6, dtype=torch.bool)))
    embedded = torch.cat((embedded, embedded[:1]))
    encoder = make(cell, bidirectional, residual=True, attends=True, gives_cells=True)
    together = encoder(torch.where(valid.unsqueeze(-1), embedded, 7.0), valid)
    for row, length in enumerate(valid.sum(1).tolist()[:3]):
        alone = encoder(embedded[row : row + 1, :length], valid[row : row + 1, :length])
        for ours, theirs in zip(alone.layers, together.layers, strict=True):
            torch.testing.assert_close(ours[0], theirs[row, :length], rtol=0, atol=1e-13)
        for ours, theirs in zip((*alone.final, *alone.cells), (*together.final, *together.cells), strict=True):
            torch.testing.assert_close(ours[0], theirs[row], rtol=0, atol=1e-13)
    for layer in together.layers:
        assert torch.all(layer[~valid] == 0.0)
    for vector in (*together.final, *together.cells):
        assert torch.all(vector[3] == 0.0)


@torch.no_grad()
def test_positions_are_added_to_the_embeddings() -> None:
    embedded, valid = some_sentences()
    unmarked = make()
    marked = RecurrentEncoder(RecurrentShape("gru", D, LAYERS), True, Sinusoidal()).double().eval()
    marked.load_state_dict(unmarked.state_dict())
    for ours, theirs in zip(marked(embedded, valid).layers, unmarked(Sinusoidal()(embedded), valid).layers, strict=True):
        assert torch.equal(ours, theirs)


def test_dropout_falls_between_the_layers_alone() -> None:
    embedded, valid = some_sentences()
    torch.manual_seed(1)
    encoder = RecurrentEncoder(RecurrentShape("gru", D, LAYERS, dropout=0.5), True, Unmarked()).double().train()
    first, second = encoder(embedded, valid), encoder(embedded, valid)
    assert torch.equal(first.layers[0], second.layers[0])
    assert not torch.equal(first.layers[1], second.layers[1])
