"""Scorers of numbered positions, alone and where keys are expected, against plain loops; one without a loop fails the suite."""

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from embedseq.models.attention.attend import attend
from embedseq.models.attention.heads import Attention
from embedseq.models.attention.look import Asking
from embedseq.models.attention.position_scorer import ByPosition, PositionScorer
from embedseq.models.attention.registry import position_scorers


def product(left: Tensor, right: Tensor) -> float:
    """Two vectors multiplied, one component at a time."""
    assert len(left) == len(right)
    return sum(float(left[i] * right[i]) for i in range(len(left)))


def location(scorer: PositionScorer, query: Tensor, position: int) -> float:
    """The row of W for the position, times q."""
    return product(dict(scorer.named_parameters())["score.weight"][position], query)


def concat_linear(scorer: PositionScorer, query: Tensor, position: int) -> float:
    """The row of W for the position, times [q; s], and its bias."""
    weights = dict(scorer.named_parameters())
    return product(weights["score.weight"][position], query) + float(weights["score.bias"][position])


EQUATIONS: dict[str, Callable[[PositionScorer, Tensor, int], float]] = {"concat-linear": concat_linear, "location": location}
NAMES = sorted(position_scorers())
names = pytest.mark.parametrize("name", NAMES)


def make(name: str, query_dim: int, positions: int) -> PositionScorer:
    return position_scorers()[name](query_dim, positions).double()


def randn(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


@torch.no_grad()
def weights_by_loop(name: str, scorer: PositionScorer, query: Tensor, valid: Tensor) -> Tensor:
    """The softmax over those valid keys (B, S) that have a position, one number at a time."""
    weights = torch.zeros(*query.shape[:2], valid.shape[1], dtype=torch.float64)
    for b in range(query.shape[0]):
        for t in range(query.shape[1]):
            seen = [s for s in range(min(valid.shape[1], scorer.positions)) if valid[b, s]]
            total = sum(math.exp(EQUATIONS[name](scorer, query[b, t], s)) for s in seen)
            for s in seen:
                weights[b, t, s] = math.exp(EQUATIONS[name](scorer, query[b, t], s)) / total
    return weights


@names
@settings(max_examples=40)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 6), st.integers(1, 6), st.integers(1, 3), st.data())
def test_weights_equal_the_equation_for_any_number_of_keys_and_any_mask(
    name: str, b: int, t: int, s: int, positions: int, q: int, data: st.DataObject
) -> None:
    torch.manual_seed(data.draw(st.integers(0, 2**31)))
    scorer = make(name, q, positions)
    query, keys = randn(b, t, q), randn(b, s, 2)
    valid = torch.tensor(data.draw(st.lists(st.lists(st.booleans(), min_size=s, max_size=s), min_size=b, max_size=b)))
    by_position = ByPosition(scorer)
    weights = attend(by_position(query, by_position.prepare(keys)), keys, valid.unsqueeze(1)).weights
    torch.testing.assert_close(weights, weights_by_loop(name, scorer, query, valid), rtol=0, atol=1e-13)
    assert torch.all(weights[~valid.unsqueeze(1).expand_as(weights)] == 0.0)
    assert torch.all(weights[..., positions:] == 0.0)
    reachable = valid[:, :positions].any(-1)
    torch.testing.assert_close(weights.sum(-1), reachable[:, None].expand(b, t).double(), rtol=0, atol=1e-13)


@names
def test_weights_do_not_depend_on_what_the_keys_hold(name: str) -> None:
    torch.manual_seed(1)
    look = Attention(ByPosition(make(name, 3, 4))).double()
    query, valid = randn(2, 3, 3), torch.ones(2, 6, dtype=torch.bool)
    keys, others = randn(2, 6, 5), randn(2, 6, 5)
    one, two = (look(query, look.prepare(states, valid), Asking(weights=True)) for states in (keys, others))
    assert torch.equal(one.weights, two.weights)
    assert not torch.equal(one.context, two.context)


@names
def test_a_growing_past_keeps_its_positions(name: str) -> None:
    torch.manual_seed(1)
    look = Attention(ByPosition(make(name, 3, 4))).double()
    states, valid = randn(2, 6, 3), torch.ones(2, 6, dtype=torch.bool)
    grown = look.prepare(states[:, :2], valid[:, :2]).append(look.prepare(states[:, 2:], valid[:, 2:]))
    torch.testing.assert_close(look(states, grown).context, look(states, look.prepare(states, valid)).context, rtol=0, atol=1e-14)


@names
def test_a_query_that_reaches_no_position_sees_nothing_and_gives_finite_gradients(name: str) -> None:
    torch.manual_seed(1)
    scorer = ByPosition(make(name, 3, 2))
    query, values = randn(1, 2, 3).requires_grad_(), randn(1, 4, 2).requires_grad_()
    valid = torch.tensor([[[False, False, True, True], [True, False, True, True]]])
    seen = attend(scorer(query, scorer.prepare(values)), values, valid)
    assert seen.weights.tolist() == [[[0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]]]
    assert torch.all(seen.mixed[0, 0] == 0.0)
    for gradient in torch.autograd.grad(seen.mixed.sum(), (query, values, *scorer.parameters())):
        assert torch.all(torch.isfinite(gradient))


@names
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_keys_without_a_position_have_weight_zero_exactly_in_half_precision(name: str, dtype: torch.dtype) -> None:
    torch.manual_seed(1)
    scorer = ByPosition(position_scorers()[name](8, 3)).to(dtype)
    query, values = (20 * torch.randn(2, 4, 8)).to(dtype), torch.randn(2, 6, 8).to(dtype)
    valid = torch.tensor([[[True, True, True, True, False, False]], [[False] * 6]])
    seen = attend(scorer(query, scorer.prepare(values)), values, valid)
    assert torch.all(seen.weights[..., 3:] == 0.0)
    assert torch.all(seen.weights[1] == 0.0)
    torch.testing.assert_close(seen.weights[0].float().sum(-1), torch.ones(4), rtol=0, atol=0.01)


@names
@pytest.mark.parametrize("keys", [2, 3, 5])
def test_gradients_of_a_position_scorer_are_right(name: str, keys: int) -> None:
    torch.manual_seed(1)
    scorer = ByPosition(make(name, 3, 3))
    query, values = randn(2, 2, 3).requires_grad_(), randn(2, keys, 2).requires_grad_()
    weights = dict(scorer.named_parameters())
    valid = torch.ones(2, 1, keys, dtype=torch.bool)
    valid[1, 0, 1:] = False

    def mixed(query: Tensor, values: Tensor, *given_weights: Tensor) -> Tensor:
        replaced = dict(zip(weights, given_weights, strict=True))
        scores = torch.func.functional_call(scorer, replaced, (query, scorer.prepare(values)))
        return attend(scores, values, valid).mixed

    assert torch.autograd.gradcheck(mixed, (query, values, *weights.values()))


@names
def test_a_position_scorer_takes_heads_as_a_leading_dimension(name: str) -> None:
    torch.manual_seed(1)
    scorer = ByPosition(make(name, 3, 4))
    query, keys = randn(2, 3, 5, 3), randn(2, 3, 6, 3)
    together = scorer(query, scorer.prepare(keys))
    assert together.shape == (2, 3, 5, 6)
    for head in range(3):
        alone = scorer(query[:, head], scorer.prepare(keys[:, head]))
        torch.testing.assert_close(together[:, head], alone, rtol=0, atol=1e-14)


@names
def test_a_position_scorer_works_under_autocast_and_without_numbers(name: str) -> None:
    scorer = ByPosition(position_scorers()[name](4, 3))
    query, keys = torch.randn(2, 5, 4), torch.randn(2, 6, 4)
    with torch.autocast("cpu", torch.bfloat16):
        seen = attend(scorer(query, scorer.prepare(keys)), keys, torch.ones(2, 1, 6, dtype=torch.bool))
    torch.testing.assert_close(seen.weights.float().sum(-1), torch.ones(2, 5), rtol=0, atol=0.01)
    scorer = scorer.to("meta")
    assert scorer(query.to("meta"), scorer.prepare(keys.to("meta"))).shape == (2, 5, 6)


def test_every_registered_position_scorer_has_an_equation_here() -> None:
    assert sorted(EQUATIONS) == NAMES


def test_every_position_scorer_weighs_a_fixed_number_of_positions() -> None:
    assert all("fixed-length" in member.about.traits for member in position_scorers().values())


def test_concat_linear_is_location_with_a_bias_and_says_that_it_wants_a_joined_query_and_a_layer_after_it() -> None:
    torch.manual_seed(1)
    location, concat_linear = make("location", 3, 4), make("concat-linear", 3, 4)
    with torch.no_grad():
        concat_linear.get_parameter("score.weight").copy_(location.get_parameter("score.weight"))
    query = randn(2, 5, 3)
    expected = location(query) + concat_linear.get_parameter("score.bias")
    torch.testing.assert_close(concat_linear(query), expected, rtol=0, atol=1e-14)
    assert concat_linear.about.traits - location.about.traits == {"joined-query", "combines"}
