"""What a recurrent decoder starts from."""

from typing import get_args

import pytest
import torch

from embedseq.models.memory import Memory
from embedseq.models.recurrent.bridge import BRIDGES, BridgeName, LearnedBridge

B, D = 2, 4


def memory(layers: int, with_cells: bool = False) -> Memory:
    torch.manual_seed(1)
    final, means, cells = (tuple(torch.randn(B, D) for _ in range(layers)) for _ in range(3))
    return Memory(torch.randn(B, 3, D), torch.ones(B, 3, dtype=torch.bool), final, means, cells if with_cells else ())


def test_every_name_is_a_bridge() -> None:
    assert set(BRIDGES) == set(get_args(BridgeName))


@pytest.mark.parametrize("kept", [1, 2])
def test_the_learned_bridge_maps_the_layer_below_and_the_last_where_there_is_none(kept: int) -> None:
    bridge, given = LearnedBridge(D, 3, kept), memory(2)
    starts = bridge(given)
    for number, source in enumerate((given.final[0], given.final[1], given.final[1])):
        expected = torch.tanh(bridge.maps[number](source))
        assert len(starts[number]) == kept
        torch.testing.assert_close(torch.cat(starts[number], dim=-1), expected)


@pytest.mark.parametrize(("name", "field"), [("final", "final"), ("mean", "means")])
def test_the_final_and_the_mean_bridge_hand_over_as_it_is(name: BridgeName, field: str) -> None:
    given = memory(2, with_cells=True)
    vectors = getattr(given, field)
    starts = BRIDGES[name](D, 3, 1)(given)
    assert [len(start) for start in starts] == [1, 1, 1]
    assert all(torch.equal(start[0], vectors[layer]) for start, layer in zip(starts, (0, 1, 1), strict=True))
    assert list(BRIDGES[name](D, 3, 1).parameters()) == []


def test_an_lstm_goes_on_from_the_last_cells_of_an_lstm_and_starts_them_from_zero_after_others() -> None:
    for with_cells in (True, False):
        given = memory(2, with_cells)
        starts = BRIDGES["final"](D, 2, 2)(given)
        for layer, (h, c) in enumerate(starts):
            assert torch.equal(h, given.final[layer])
            assert torch.equal(c, given.cells[layer] if with_cells else torch.zeros(B, D))
    assert all(torch.all(c == 0.0) for _, c in BRIDGES["mean"](D, 2, 2)(memory(2, with_cells=True)))


@pytest.mark.parametrize("kept", [1, 2])
def test_without_a_bridge_all_begins_with_zeros(kept: int) -> None:
    starts = BRIDGES["none"](D, 3, kept)(memory(2, with_cells=True))
    assert [len(start) for start in starts] == [kept] * 3
    assert all(torch.equal(vector, torch.zeros(B, D)) for start in starts for vector in start)
