"""Each pooling against a plain loop of its equation; a pooling without a loop here fails the suite."""

import math
from collections.abc import Callable
from copy import deepcopy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from embedseq.models.interfaces import Encoded
from embedseq.models.pool import Pool, Pooled
from embedseq.models.pools import new_pool, pools
from embedseq.models.settings import PoolingSettings

Vector = list[float]


def mean(pool: Pool, states: list[Vector]) -> Vector:
    """Σ_s h_s / n."""
    return [sum(state[i] for state in states) / len(states) for i in range(len(states[0]))]


def largest(pool: Pool, states: list[Vector]) -> Vector:
    """max_s h_si."""
    return [max(state[i] for state in states) for i in range(len(states[0]))]


def last(pool: Pool, states: list[Vector]) -> Vector:
    """h_n."""
    return states[-1]


def hop_weights(pool: Pool, states: list[Vector]) -> list[Vector]:
    """A: for each hop the softmax over the states of w₂ · tanh(W₁ h), one hidden unit at a time."""
    first, second = (pool.get_parameter(name).tolist() for name in ("hidden.weight", "score.weight"))
    rows = []
    for hop in second:
        energies = [
            math.exp(sum(hop[j] * math.tanh(sum(w * x for w, x in zip(first[j], h, strict=True))) for j in range(len(first))))
            for h in states
        ]
        rows.append([energy / sum(energies) for energy in energies])
    return rows


def self_attentive(pool: Pool, states: list[Vector]) -> Vector:
    """The rows of A H, joined."""
    weights = hop_weights(pool, states)
    return [sum(a * h[i] for a, h in zip(row, states, strict=True)) for row in weights for i in range(len(states[0]))]


def likeness(weights: list[Vector]) -> float:
    """|A Aᵀ - I|², entry by entry."""
    hops = range(len(weights))
    return sum(
        (sum(a * b for a, b in zip(weights[i], weights[j], strict=True)) - (1.0 if i == j else 0.0)) ** 2
        for i in hops
        for j in hops
    )


EQUATIONS: dict[str, Callable[[Pool, list[Vector]], Vector]] = {
    "last": last,
    "max": largest,
    "mean": mean,
    "self-attentive": self_attentive,
}
NAMES = sorted(pools())
names = pytest.mark.parametrize("name", NAMES)
EXACT = {"rtol": 0, "atol": 1e-12}


def make(name: str, dim: int, hops: int = 3, penalty: float = 0.7) -> Pool:
    """A pooling in float64 with none of its weights at zero."""
    pool = new_pool(PoolingSettings(kind=name, hops=hops, hidden_dim=4, penalty=penalty), dim).double()
    with torch.no_grad():
        for weight in pool.parameters():
            weight.normal_(0.0, 0.7)
    return pool


def encoded_of(states: Tensor, valid: Tensor) -> Encoded:
    """As an encoder without an end gives it: other states below, zeros at padding, something else for a summary."""
    return Encoded(
        (torch.randn_like(states), states.masked_fill(~valid.unsqueeze(-1), 0.0)), (torch.randn_like(states[:, 0]),) * 2
    )


def pooled(pool: Pool, states: Tensor, valid: Tensor) -> Pooled:
    answer: Pooled = pool(encoded_of(states, valid), valid)
    return answer


def states_and_valid(batch: int = 4, length: int = 5, dim: int = 3) -> tuple[Tensor, Tensor]:
    """Sentences of all lengths from nothing upwards, padding behind them."""
    torch.manual_seed(1)
    lengths = torch.arange(batch).remainder(length + 1)
    return torch.randn(batch, length, dim, dtype=torch.float64), torch.arange(length) < lengths.unsqueeze(1)


def test_every_registered_pooling_has_an_equation_here() -> None:
    assert sorted(EQUATIONS) == NAMES


@names
@settings(max_examples=40)
@given(st.integers(1, 3), st.integers(1, 5), st.integers(1, 4), st.integers(1, 3), st.data())
def test_any_shape_and_any_mask_equals_the_equation(
    name: str, batch: int, length: int, dim: int, hops: int, data: st.DataObject
) -> None:
    torch.manual_seed(data.draw(st.integers(0, 2**31)))
    pool, states = make(name, dim, hops), torch.randn(batch, length, dim, dtype=torch.float64)
    valid = torch.tensor(
        data.draw(st.lists(st.lists(st.booleans(), min_size=length, max_size=length), min_size=batch, max_size=batch))
    )
    found = pooled(pool, states, valid)
    assert found.vector.shape == (batch, pool.width)
    for row in range(batch):
        real = states[row][valid[row]].tolist()
        expected = EQUATIONS[name](pool, real) if real else [0.0] * pool.width
        torch.testing.assert_close(found.vector[row], torch.tensor(expected, dtype=torch.float64), **EXACT)


@settings(max_examples=40)
@given(st.integers(1, 3), st.integers(1, 5), st.integers(1, 4), st.data())
def test_the_hops_and_their_penalty_equal_the_equation_for_any_mask(
    batch: int, length: int, hops: int, data: st.DataObject
) -> None:
    torch.manual_seed(data.draw(st.integers(0, 2**31)))
    pool, states = make("self-attentive", 3, hops, penalty=0.7), torch.randn(batch, length, 3, dtype=torch.float64)
    valid = torch.tensor(
        data.draw(st.lists(st.lists(st.booleans(), min_size=length, max_size=length), min_size=batch, max_size=batch))
    )
    found = pooled(pool, states, valid)
    assert found.weights is not None
    assert found.penalty is not None
    expected = 0.0
    for row in range(batch):
        assert torch.all(found.weights[row, :, ~valid[row]] == 0.0)
        if real := states[row][valid[row]].tolist():
            weights = hop_weights(pool, real)
            torch.testing.assert_close(found.weights[row][:, valid[row]], torch.tensor(weights, dtype=torch.float64), **EXACT)
            expected += 0.7 * likeness(weights)
    assert found.penalty.item() == pytest.approx(expected, abs=1e-12)


@names
def test_masked_positions_have_weight_zero_and_the_others_one_together(name: str) -> None:
    states, valid = states_and_valid()
    weights = pooled(make(name, 3), states, valid).weights
    if weights is not None:
        assert torch.all(weights.masked_select(~valid.unsqueeze(1)) == 0.0)
        torch.testing.assert_close(weights.sum(-1), valid.any(-1, keepdim=True).double().expand(4, 3), **EXACT)


@names
def test_a_sentence_alone_and_in_a_batch_of_64_with_any_padding_gives_the_same(name: str) -> None:
    states, valid = states_and_valid(64, 8)
    torch.manual_seed(2)
    noise = 1e3 * torch.randn(states.shape, dtype=torch.float64)
    padded = torch.where(valid.unsqueeze(-1), states, noise)
    pool = make(name, 3)
    together = pool(Encoded((padded,), (padded[:, 0],)), valid)
    penalties = []
    for row, length in enumerate(valid.sum(-1).tolist()):
        if length:
            alone = pooled(pool, states[row : row + 1, :length], valid[row : row + 1, :length])
            torch.testing.assert_close(alone.vector[0], together.vector[row], **EXACT)
            penalties.append(alone.penalty)
        else:
            assert torch.all(together.vector[row] == 0.0)
    there = [penalty for penalty in penalties if penalty is not None]
    assert (together.penalty is None) == (there == [])
    if there:
        torch.testing.assert_close(together.penalty, torch.stack(there).sum(), **EXACT)


@names
@settings(max_examples=25)
@given(st.permutations(range(5)), st.integers(1, 5), st.integers(0, 99))
def test_the_order_of_the_states_matters_just_where_the_pooling_says_so(
    name: str, order: list[int], length: int, seed: int
) -> None:
    torch.manual_seed(seed)
    pool, states = make(name, 3), torch.randn(1, 5, 3, dtype=torch.float64)
    valid = (torch.arange(5) < length).unsqueeze(0)
    moved = [place for place in order if place < length]
    turned = torch.cat((states[:, moved], states[:, length:]), dim=1)
    before, after = pooled(pool, states, valid), pooled(pool, turned, valid)
    same = not pools()[name].about.ordered or moved[-1] == length - 1
    assert torch.allclose(before.vector, after.vector, **EXACT) == same
    if before.weights is not None and after.weights is not None:
        torch.testing.assert_close(before.weights[..., moved], after.weights[..., :length], **EXACT)
        torch.testing.assert_close(before.penalty, after.penalty, **EXACT)


@names
def test_gradients_are_right_also_beside_a_sentence_without_a_token(name: str) -> None:
    states, valid = states_and_valid(3, 3)
    pool = make(name, 3, hops=2)
    weights = dict(pool.named_parameters())

    def answer(states: Tensor, *values: Tensor) -> tuple[Tensor, ...]:
        encoded = Encoded((states,), (states[:, 0],))
        found = torch.func.functional_call(pool, dict(zip(weights, values, strict=True)), (encoded, valid))
        return (found.vector,) if found.penalty is None else (found.vector, found.penalty)

    assert torch.autograd.gradcheck(answer, (states.requires_grad_(), *weights.values()))


@names
def test_where_nothing_is_valid_all_is_zero_and_gradients_are_finite(name: str) -> None:
    pool, states = make(name, 3), torch.randn(2, 4, 3, dtype=torch.float64, requires_grad=True)
    valid = torch.zeros(2, 4, dtype=torch.bool)
    found = pool(Encoded((states,), (states[:, 0],)), valid)
    assert torch.all(found.vector == 0.0)
    total = found.vector.sum() + (0.0 if found.penalty is None else found.penalty)
    assert total.item() == 0.0
    for gradient in torch.autograd.grad(total, (states, *pool.parameters()), allow_unused=True):
        assert gradient is None or torch.all(torch.isfinite(gradient))


@names
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_gives_the_same_vector_to_its_own_precision(name: str, dtype: torch.dtype) -> None:
    torch.manual_seed(1)
    pool = new_pool(PoolingSettings(kind=name, hops=2), 32).to(dtype)
    states, valid = torch.randn(3, 7, 32).to(dtype), torch.arange(7) < torch.tensor([[7], [3], [0]])
    found, exact = pooled(pool, states, valid), pooled(deepcopy(pool).double(), states.double(), valid)
    assert found.vector.dtype == dtype
    torch.testing.assert_close(found.vector.double(), exact.vector, rtol=0, atol=8 * torch.finfo(dtype).eps)
    if found.weights is not None:
        assert torch.all(found.weights.masked_select(~valid.unsqueeze(1)) == 0.0)


@names
def test_autocast_gives_vectors_and_gradients_close_to_those_in_full(name: str) -> None:
    torch.manual_seed(1)
    pool = new_pool(PoolingSettings(kind=name, hops=2), 16)
    states, valid = torch.randn(3, 7, 16), torch.arange(7) < torch.tensor([[7], [3], [0]])
    answers = []
    for enabled in (True, False):
        given_states = states.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            found = pool(Encoded((given_states,), (given_states[:, 0],)), valid)
        (gradient,) = torch.autograd.grad(found.vector.float().square().sum(), given_states)
        answers.append((found.vector.float(), gradient, None if found.penalty is None else found.penalty.item()))
    (vector, gradient, penalty), (full, full_gradient, full_penalty) = answers
    torch.testing.assert_close(vector, full, rtol=0, atol=0.03)
    torch.testing.assert_close(gradient, full_gradient, rtol=0, atol=0.1)
    if penalty is not None:
        assert penalty == pytest.approx(full_penalty, rel=0.03)


@names
def test_a_pooling_has_shapes_without_numbers(name: str) -> None:
    with torch.device("meta"):
        pool = new_pool(PoolingSettings(kind=name, hops=2), 4)
        states, valid = torch.empty(3, 5, 4), torch.ones(3, 5, dtype=torch.bool)
    found = pool(Encoded((states,), (states[:, 0],)), valid)
    assert found.vector.shape == (3, pool.width)
    assert found.vector.device.type == "meta"
    assert found.weights is None or found.weights.shape == (3, 2, 5)
