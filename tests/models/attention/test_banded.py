"""Blocks against the masks that they stand for: the same contexts and gradients, at a cost linear in length."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from embedseq.models.attention.attend import attend
from embedseq.models.attention.banded import BLOCK, LEAST, WIDTHS, Band, banded
from embedseq.models.attention.heads import Attention, Projections
from embedseq.models.attention.look import Asking, Prepared
from embedseq.models.attention.position_scorer import ByPosition
from embedseq.models.attention.registry import position_scorers, scorers
from embedseq.models.attention.rotary import Rotary
from embedseq.models.attention.scorer import Scorer
from embedseq.models.attention.spans import Window

NAMES = sorted(scorers())
DIM = 4


def masked(scorer: Scorer, query: Tensor, prepared: Prepared, band: Band) -> Tensor:
    """The same with one mask over all pairs, which is filled by its definition."""
    length = query.shape[-2]
    allowed = torch.zeros(length, length, dtype=torch.bool)
    for t in range(length):
        for s in range(length):
            allowed[t, s] = abs(s - t) <= band.width and (s <= t or not band.causal)
    return attend(scorer(query, prepared.keys), prepared.values, prepared.valid[:, None, None] & allowed).mixed


def compare(name: str, sizes: tuple[int, int, int], band: Band, seed: int, shared: bool = False) -> None:
    """Contexts and all gradients of both, for sizes (B, H, T); with shared keys all heads have one."""
    torch.manual_seed(seed)
    b, h, t = sizes
    scorer = scorers()[name](DIM, DIM, 3).double()
    states = [torch.randn(b, heads, t, DIM, dtype=torch.float64, requires_grad=True) for heads in (h, 1 if shared else h)]
    valid = torch.rand(b, t) < 0.7
    by = torch.randn(b, h, t, DIM, dtype=torch.float64)
    leaves = (*states, *scorer.parameters())
    results = []
    for mixing in (masked, banded):
        mixed = mixing(scorer, states[0], Prepared(scorer.prepare(states[1]), states[1], valid), band)
        results.append((mixed, *torch.autograd.grad((mixed * by).sum(), leaves)))
    for expected, seen in zip(*results, strict=True):
        torch.testing.assert_close(seen, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 40), st.integers(0, 20), st.booleans(), st.integers(0, 2**31))
def test_blocks_equal_a_mask(name: str, b: int, h: int, t: int, width: int, causal: bool, seed: int) -> None:
    compare(name, (b, h, t), Band(width, causal), seed)


@pytest.mark.parametrize("length", [1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK - 1, 3 * BLOCK, 3 * BLOCK + 1])
@pytest.mark.parametrize("width", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 60])
@pytest.mark.parametrize("causal", [False, True])
def test_blocks_equal_a_mask_at_the_edges_of_blocks(length: int, width: int, causal: bool) -> None:
    compare("scaled-dot", (2, 2, length), Band(width, causal), 1)


@pytest.mark.parametrize("name", NAMES)
def test_heads_may_share_their_keys(name: str) -> None:
    compare(name, (2, 3, 37), Band(3), 1, shared=True)


def test_gradients_through_blocks_are_right() -> None:
    torch.manual_seed(1)
    scorer = scorers()["scaled-dot"](2, 2, 2).double()
    valid = torch.rand(2, 18) < 0.7
    states = [torch.randn(2, 1, 18, 2, dtype=torch.float64, requires_grad=True) for _ in range(3)]
    assert torch.autograd.gradcheck(lambda q, k, v: banded(scorer, q, Prepared(k, v, valid), Band(2)), states)


def test_rows_without_a_valid_key_give_zeros_and_finite_gradients() -> None:
    torch.manual_seed(1)
    scorer = scorers()["additive"](DIM, DIM, 3)
    states = torch.randn(2, 1, 40, DIM, requires_grad=True)
    valid = torch.arange(40) < torch.tensor([[10], [0]])
    mixed = banded(scorer, states, Prepared(scorer.prepare(states), states, valid), Band(3))
    assert torch.all(mixed[0, :, 13:] == 0.0)
    assert torch.all(mixed[1] == 0.0)
    (gradient,) = torch.autograd.grad(mixed.sum(), states)
    assert torch.all(torch.isfinite(gradient))
    assert torch.all(gradient[1] == 0.0)


def windowed(width: int, heads: int = 2, dim: int = 8, scorer: Scorer | None = None) -> Attention:
    """A self-attention with rotary positions."""
    share = dim // heads
    inner = scorers()["scaled-dot"](share, share, share) if scorer is None else scorer
    return Attention(inner, heads, Projections(dim, dim, dim), Window(width), Rotary(share))


class Sizes(TorchDispatchMode):
    """Watches how many elements the largest tensor has that any operation makes."""

    def __init__(self) -> None:
        super().__init__()
        self.largest = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for tensor in made if isinstance(made, tuple | list) else [made]:
            if isinstance(tensor, Tensor):
                self.largest = max(self.largest, tensor.numel())
        return made


def largest_tensor(attention: Attention, length: int, asking: Asking) -> int:
    states = torch.randn(1, length, 8)
    prepared = attention.prepare(states, torch.ones(1, length, dtype=torch.bool))
    with Sizes() as sizes, torch.no_grad():
        attention(states, prepared, asking)
    return sizes.largest


@pytest.mark.parametrize("causal", [False, True])
def test_a_window_over_a_long_sequence_costs_what_its_length_is(causal: bool) -> None:
    attention, asking = windowed(5), Asking(causal=causal)
    at_once, twice = (largest_tensor(attention, length, asking) for length in (512, 1024))
    assert twice == 2 * at_once
    assert twice < 1024 * 1024 / 4


def test_short_sequences_take_the_plain_path_and_long_ones_blocks() -> None:
    long = LEAST + 5 * WIDTHS
    assert largest_tensor(windowed(5), long - 1, Asking()) == 2 * (long - 1) ** 2
    assert largest_tensor(windowed(5), long, Asking()) < long**2


@pytest.mark.parametrize("asking", [Asking(weights=True), Asking(allowed=torch.ones(512, 512) > 0), Asking(bias=torch.zeros(1))])
def test_what_blocks_cannot_answer_takes_the_plain_path(asking: Asking) -> None:
    assert largest_tensor(windowed(5), 512, asking) == 2 * 512**2


@pytest.mark.parametrize("causal", [False, True])
def test_a_long_sequence_sees_the_same_on_both_paths(causal: bool) -> None:
    torch.manual_seed(1)
    attention, states = windowed(3).double(), torch.randn(2, 203, 8, dtype=torch.float64)
    prepared = attention.prepare(states, torch.arange(203) < torch.tensor([[203], [70]]))
    plain = attention(states, prepared, Asking(causal=causal, weights=True))
    blocks = attention(states, prepared, Asking(causal=causal))
    torch.testing.assert_close(blocks.context, plain.context, rtol=0, atol=1e-13)


def test_steps_over_a_growing_past_equal_the_whole_in_blocks() -> None:
    torch.manual_seed(1)
    attention, states = windowed(4).double(), torch.randn(2, 180, 8, dtype=torch.float64)
    valid = torch.ones(2, 180, dtype=torch.bool)
    whole = attention(states, attention.prepare(states, valid), Asking(causal=True)).context
    past = attention.prepare(states[:, :0], valid[:, :0])
    for t in range(180):
        now = slice(t, t + 1)
        past = past.append(attention.prepare(states[:, now], valid[:, now], t))
        step = attention(states[:, now], past, Asking(first=t, causal=True)).context
        torch.testing.assert_close(step, whole[:, now], rtol=0, atol=1e-13)


def test_queries_that_stand_elsewhere_than_their_keys_take_the_plain_path() -> None:
    torch.manual_seed(1)
    attention, states = windowed(3).double(), torch.randn(1, 160, 8, dtype=torch.float64)
    prepared = attention.prepare(states, torch.ones(1, 160, dtype=torch.bool))
    plain = attention(states, prepared, Asking(first=2, weights=True))
    assert torch.equal(attention(states, prepared, Asking(first=2)).context, plain.context)


@pytest.mark.parametrize("name", sorted(position_scorers()))
def test_a_scorer_of_positions_is_never_cut_into_blocks(name: str) -> None:
    torch.manual_seed(1)
    attention = windowed(3, scorer=ByPosition(position_scorers()[name](4, 300))).double()
    states = torch.randn(2, 256, 8, dtype=torch.float64)
    prepared = attention.prepare(states, torch.ones(2, 256, dtype=torch.bool))
    assert torch.equal(attention(states, prepared).context, attention(states, prepared, Asking(weights=True)).context)


def test_blocks_keep_the_type_and_the_device_of_what_they_get() -> None:
    for dtype in (torch.float32, torch.float64, torch.bfloat16):
        states = torch.randn(1, 200, 8, dtype=dtype)
        attention = windowed(3).to(dtype)
        assert attention(states, attention.prepare(states, torch.ones(1, 200) > 0)).context.dtype == dtype
    states, attention = torch.empty(1, 200, 8, device="meta"), windowed(3).to("meta")
    shown = attention(states, attention.prepare(states, torch.ones(1, 200, dtype=torch.bool, device="meta")))
    assert shown.context.shape == (1, 200, 8)


def test_blocks_under_autocast_are_near_to_blocks_without() -> None:
    torch.manual_seed(1)
    states, attention, valid = torch.randn(1, 200, 8), windowed(3), torch.ones(1, 200, dtype=torch.bool)
    exact = attention(states, attention.prepare(states, valid)).context
    with torch.autocast("cpu", torch.bfloat16):
        rough = attention(states, attention.prepare(states, valid)).context
    torch.testing.assert_close(rough.float(), exact, rtol=0, atol=0.05)
