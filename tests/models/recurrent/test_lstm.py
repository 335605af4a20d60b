"""The LSTM that keeps little for the backward pass beside torch's own layer."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from keeping import kept_by, places
from torch import Tensor, nn
from torch.profiler import profile

from embedseq.models.recurrent import cells
from embedseq.models.recurrent.cells import RecurrentLayer
from embedseq.models.recurrent.lstm import LARGE, lstm, saves_memory

sizes = st.tuples(st.integers(1, 4), st.integers(1, 6), st.integers(1, 5), st.integers(1, 5))


def layer_and_leaves(rows: int, length: int, width: int, dim: int, seed: int = 1) -> tuple[nn.LSTM, list[Tensor]]:
    """A layer of torch's, and inputs, first state and first cell, in float64."""
    torch.manual_seed(seed)
    layer = nn.LSTM(width, dim, batch_first=True, dtype=torch.float64)
    shapes = ((rows, length, width), (rows, dim), (rows, dim))
    return layer, [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]


def theirs(layer: nn.LSTM, inputs: Tensor, state: Tensor, cell: Tensor) -> tuple[Tensor, ...]:
    states, (last, last_cell) = layer(inputs, (state.unsqueeze(0), cell.unsqueeze(0)))
    return states, last.squeeze(0), last_cell.squeeze(0)


def ours(layer: nn.LSTM, inputs: Tensor, state: Tensor, cell: Tensor) -> tuple[Tensor, ...]:
    states, (last, last_cell) = lstm(inputs, (state, cell), layer.all_weights[0])
    return states, last, last_cell


@settings(max_examples=30)
@given(sizes=sizes, seed=st.integers(0, 99), read=st.sets(st.integers(0, 2), min_size=1))
def test_states_and_all_gradients_are_those_of_torchs_layer_whichever_of_its_answers_are_read(
    sizes: tuple[int, int, int, int], seed: int, read: set[int]
) -> None:
    layer, leaves = layer_and_leaves(*sizes, seed=seed)
    found, expected = ours(layer, *leaves), theirs(layer, *leaves)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-14)
    wanted = (*leaves, *layer.parameters())
    of_found, of_expected = (
        torch.autograd.grad(sum(answers[number].sin().sum() for number in read), wanted) for answers in (found, expected)
    )
    torch.testing.assert_close(of_found, of_expected, rtol=1e-12, atol=1e-13)


def test_what_was_computed_may_be_sent_back_more_than_once() -> None:
    layer, leaves = layer_and_leaves(2, 5, 3, 4)
    total = ours(layer, *leaves)[0].square().sum()
    first = torch.autograd.grad(total, (*leaves, *layer.parameters()), retain_graph=True)
    again = torch.autograd.grad(total, (*leaves, *layer.parameters()))
    assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))


@pytest.mark.parametrize("frozen", ["inputs", "matrices"])
def test_no_product_is_formed_for_a_gradient_that_nobody_needs(frozen: str) -> None:
    layer, (inputs, state, cell) = layer_and_leaves(2, 5, 3, 4)
    for each in (inputs,) if frozen == "inputs" else (layer.weight_ih_l0, layer.weight_hh_l0):
        each.requires_grad_(False)
    total = ours(layer, inputs, state, cell)[0].sum()
    with profile() as watched:
        total.backward()
    products = sum(event.count for event in watched.key_averages() if event.key == "aten::mm")
    assert products == 5 + (2 if frozen == "inputs" else 1)


def test_in_single_precision_states_differ_from_torchs_by_its_last_digits_and_gradients_likewise() -> None:
    layer, leaves = layer_and_leaves(3, 20, 16, 24)
    single = [each.detach().float().requires_grad_() for each in leaves]
    expected = theirs(layer, *leaves)[0]
    slopes = torch.autograd.grad(expected.square().sum(), (*leaves, *layer.parameters()))
    layer.float()
    found = ours(layer, *single)[0]
    torch.testing.assert_close(found.double(), expected, rtol=0, atol=5e-7)
    for one, other in zip(torch.autograd.grad(found.square().sum(), (*single, *layer.parameters())), slopes, strict=True):
        torch.testing.assert_close(one.double(), other, rtol=0, atol=2e-6 * float(other.abs().max()))


def test_four_gates_a_cell_and_a_state_are_kept_of_a_token_and_no_copy_of_what_is_given() -> None:
    rows, length, width, dim = 3, 7, 5, 4
    layer, leaves = layer_and_leaves(rows, length, width, dim)
    given = places([*leaves, *layer.parameters()])
    kept = places(kept_by(lambda: ours(layer, *leaves)))
    further = sum(size for place, size in kept.items() if place not in given)
    assert further == 8 * rows * dim * (4 * length + 2 * (length + 1))


def test_a_layer_reads_so_where_much_is_kept_and_else_by_torchs_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    dim, rows = 128, LARGE // 128**2
    asked: list[tuple[int, ...]] = []

    def watched(inputs: Tensor, *given: Any) -> Any:
        asked.append(tuple(inputs.shape))
        return lstm(inputs, *given)

    monkeypatch.setattr(cells, "lstm", watched)
    layer, inputs = RecurrentLayer("lstm", 3, dim), torch.randn(rows, 2, 3)
    trained, (state, cell) = layer(inputs)
    with torch.no_grad():
        plain, last = layer(inputs)
    with torch.autocast("cpu", torch.bfloat16):
        assert not saves_memory(inputs, dim)
    layer(inputs[1:])
    RecurrentLayer("gru", 3, dim)(inputs)
    layer.eval()(inputs)
    assert asked == [(rows, 2, 3)]
    assert not saves_memory(torch.empty(rows, 2, 3, device="meta"), dim)
    assert not saves_memory(inputs.bfloat16(), dim)
    for one, other in zip((trained, state, cell), (plain, *last), strict=True):
        torch.testing.assert_close(one, other)
