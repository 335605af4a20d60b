"""Positions against their equations."""

import math
from collections.abc import Callable

import pytest
import torch

from embedseq.errors import RequestError
from embedseq.models.positions import Learned, Positions, PositionsName, Sinusoidal, Unmarked, positions_of
from embedseq.models.seq2seq import Seq2Seq

NAMES: tuple[PositionsName, ...] = ("sinusoidal", "learned", "rotary", "none")
Build = Callable[..., Seq2Seq]


def positions(name: PositionsName, dim: int = 8) -> Positions:
    torch.manual_seed(3)
    return positions_of(name, dim, max_positions=9)


@pytest.mark.parametrize("dim", [6, 7, 1])
def test_sinusoids_equal_their_equation(dim: int) -> None:
    added = Sinusoidal()(torch.zeros(1, 5, dim, dtype=torch.float64), first=3)[0]
    for place in range(5):
        for i in range(dim):
            angle = (place + 3) / 10_000 ** (2 * (i // 2) / dim)
            assert added[place, i].item() == pytest.approx(math.sin(angle) if i % 2 == 0 else math.cos(angle), abs=1e-12)


@torch.no_grad()
def test_learned_positions_are_the_rows_of_their_table_times_the_root_of_the_width() -> None:
    learned = Learned(9, 5).double()
    embedded = torch.randn(2, 4, 5, dtype=torch.float64)
    marked = learned(embedded, first=3)
    for place in range(4):
        row = learned.table.weight[3 + place] * 5**0.5
        torch.testing.assert_close(marked[:, place], embedded[:, place] + row, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_positions_are_the_same_one_by_one(name: PositionsName) -> None:
    embedded = torch.randn(2, 6, 8)
    module = positions(name)
    together = module(embedded)
    for place in range(6):
        assert torch.equal(module(embedded[:, place : place + 1], place)[:, 0], together[:, place])


@pytest.mark.parametrize("name", ["rotary", "none"])
def test_rotary_positions_and_none_leave_embeddings_alone(name: PositionsName) -> None:
    assert isinstance(positions(name), Unmarked)
    embedded = torch.randn(2, 6, 8)
    assert torch.equal(positions(name)(embedded, 4), embedded)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_the_dtype_and_the_device_of_the_embeddings_stay(name: PositionsName, dtype: torch.dtype) -> None:
    assert positions(name).to(dtype)(torch.randn(2, 6, 8, dtype=dtype)).dtype == dtype
    assert positions(name).to("meta")(torch.randn(2, 6, 8, device="meta")).device.type == "meta"


def test_a_sentence_longer_than_the_table_is_refused_with_what_to_do() -> None:
    learned = positions("learned")
    assert learned(torch.zeros(1, 9, 8)).shape == (1, 9, 8)
    with pytest.raises(
        RequestError,
        match=r"has 11 tokens or more, .* learned positions for 9: shorten it, or train with max_positions of 11 or more",
    ):
        learned(torch.zeros(1, 11, 8))
    with pytest.raises(RequestError, match="has 10 tokens or more"):
        learned(torch.zeros(1, 1, 8), first=9)


@pytest.mark.parametrize("name", NAMES)
def test_only_learned_positions_come_to_an_end(name: PositionsName) -> None:
    assert positions(name).longest == (9 if name == "learned" else None)


def test_only_positions_that_were_seen_get_a_gradient() -> None:
    learned = Learned(9, 4).double()
    embedded = torch.randn(1, 3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda each: learned(each, 2), (embedded,))
    learned(embedded, 2).sum().backward()
    seen = learned.table.weight.grad.ne(0.0).any(dim=1)
    assert seen.tolist() == [False, False, True, True, True, False, False, False, False]


def test_learned_positions_begin_as_long_as_the_rows_of_words(build: Build) -> None:
    model = build(architecture="transformer", positions="learned", max_positions=500, dim=64)
    tables = [model.get_parameter(f"{side}.positions.table.weight") for side in ("encoder", "decoder")]
    for table in tables:
        assert table.norm(dim=1).mean().item() == pytest.approx(1.0, abs=0.03)
        assert table.mean().item() == pytest.approx(0.0, abs=0.005)
    assert not torch.equal(*tables)


def test_a_model_with_learned_positions_refuses_longer_targets_step_by_step_and_at_once(build: Build) -> None:
    model = build(architecture="transformer", positions="learned", max_positions=4)
    source = torch.full((1, 4), 5)
    memory = model.encode(source, source != 0)
    with pytest.raises(RequestError, match="has 5 tokens or more"):
        model.decoder(torch.full((1, 5), 5), memory)
    state = model.start(memory)
    for _ in range(4):
        state = model.step(torch.tensor([5]), state).state
    with pytest.raises(RequestError, match="has 5 tokens or more"):
        model.step(torch.tensor([5]), state)
