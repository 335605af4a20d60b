"""Each scorer against a plain double loop of its equation; a scorer without a loop here fails the suite."""

import math
from collections.abc import Callable
from copy import deepcopy

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from embedseq.models.attention.attend import attend
from embedseq.models.attention.registry import scorers
from embedseq.models.attention.scorer import Scorer
from embedseq.models.settings import ALIASES


def product(left: Tensor, right: Tensor) -> float:
    """Two vectors multiplied, one component at a time."""
    assert len(left) == len(right)
    return sum(float(left[i] * right[i]) for i in range(len(left)))


def dot(scorer: Scorer, query: Tensor, key: Tensor) -> float:
    """q · k."""
    return product(query, key)


def scaled_dot(scorer: Scorer, query: Tensor, key: Tensor) -> float:
    """q · k / √d."""
    return product(query, key) / math.sqrt(len(key))


def general(scorer: Scorer, query: Tensor, key: Tensor) -> float:
    """q · W k."""
    w = dict(scorer.named_parameters())["key_projection.weight"]
    return sum(float(query[i]) * product(w[i], key) for i in range(len(query)))


def additive(scorer: Scorer, query: Tensor, key: Tensor) -> float:
    """v · tanh(W q + U k), one hidden unit at a time."""
    weights = dict(scorer.named_parameters())
    w, u, v = weights["query_projection.weight"], weights["key_projection.weight"], weights["energy.weight"][0]
    return sum(float(v[unit]) * math.tanh(product(w[unit], query) + product(u[unit], key)) for unit in range(len(v)))


def tanh_sum(scorer: Scorer, query: Tensor, key: Tensor) -> float:
    """Σ tanh(W q + U k + b), one hidden unit at a time."""
    weights = dict(scorer.named_parameters())
    w, u, b = weights["query_projection.weight"], weights["key_projection.weight"], weights["key_projection.bias"]
    return sum(math.tanh(product(w[unit], query) + product(u[unit], key) + float(b[unit])) for unit in range(len(b)))


def cosine(scorer: Scorer, query: Tensor, key: Tensor) -> float:
    """exp(s) q · k / (|q| |k|)."""
    sharpness = math.exp(float(dict(scorer.named_parameters())["log_sharpness"]))
    return sharpness * product(query, key) / math.sqrt(product(query, query) * product(key, key))


EQUATIONS: dict[str, Callable[[Scorer, Tensor, Tensor], float]] = {
    "additive": additive,
    "cosine": cosine,
    "dot": dot,
    "general": general,
    "scaled-dot": scaled_dot,
    "tanh-sum": tanh_sum,
}
NAMES = sorted(scorers())


def make(name: str, query_dim: int, key_dim: int) -> Scorer:
    """A scorer in float64 with none of its weights at zero; the query is as wide as the key where the scorer wants that."""
    scorer = scorers()[name](query_width(name, query_dim, key_dim), key_dim, 4).double()
    with torch.no_grad():
        for weight in scorer.parameters():
            weight.normal_(0.0, 0.5)
    return scorer


def query_width(name: str, query_dim: int, key_dim: int) -> int:
    return key_dim if "equal-widths" in scorers()[name].about.traits else query_dim


@torch.no_grad()
def scores_by_loop(name: str, scorer: Scorer, query: Tensor, keys: Tensor) -> Tensor:
    scores = torch.empty(query.shape[0], query.shape[1], keys.shape[1], dtype=torch.float64)
    for b in range(query.shape[0]):
        for t in range(query.shape[1]):
            for s in range(keys.shape[1]):
                scores[b, t, s] = EQUATIONS[name](scorer, query[b, t], keys[b, s])
    return scores


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.integers(1, 4), st.integers(1, 4), st.data())
def test_scores_and_attention_equal_the_equation(name: str, b: int, t: int, s: int, q: int, k: int, data: st.DataObject) -> None:
    torch.manual_seed(data.draw(st.integers(0, 2**31)))
    scorer = make(name, q, k)
    query = torch.randn(b, t, query_width(name, q, k), dtype=torch.float64)
    keys, values = torch.randn(b, s, k, dtype=torch.float64), torch.randn(b, s, 2, dtype=torch.float64)
    lengths = torch.tensor(data.draw(st.lists(st.integers(0, s), min_size=b, max_size=b)))
    valid = (torch.arange(s) < lengths[:, None]).unsqueeze(1)
    scores = scorer(query, scorer.prepare(keys))
    expected = scores_by_loop(name, scorer, query, keys)
    torch.testing.assert_close(scores, expected, rtol=0, atol=1e-12)
    seen, by_loop = attend(scores, values, valid), attend(expected, values, valid)
    torch.testing.assert_close(seen.mixed, by_loop.mixed, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_gradients_of_a_scorer_are_right(name: str) -> None:
    torch.manual_seed(1)
    scorer = make(name, 3, 2)
    query = torch.randn(2, 2, query_width(name, 3, 2), dtype=torch.float64, requires_grad=True)
    keys = torch.randn(2, 3, 2, dtype=torch.float64, requires_grad=True)
    weights = dict(scorer.named_parameters())

    def scored(query: Tensor, keys: Tensor, *values: Tensor) -> Tensor:
        given_weights = dict(zip(weights, values, strict=True))
        parts = torch.func.functional_call(_Whole(scorer), {f"scorer.{n}": v for n, v in given_weights.items()}, (query, keys))
        assert isinstance(parts, Tensor)
        return parts

    assert torch.autograd.gradcheck(scored, (query, keys, *weights.values()))


class _Whole(torch.nn.Module):
    """Prepare and score in one call, so that gradients reach all the weights."""

    def __init__(self, scorer: Scorer) -> None:
        super().__init__()
        self.scorer = scorer

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        scores: Tensor = self.scorer(query, self.scorer.prepare(keys))
        return scores


@pytest.mark.parametrize("name", NAMES)
def test_a_scorer_takes_heads_as_a_leading_dimension(name: str) -> None:
    torch.manual_seed(1)
    scorer = make(name, 4, 4)
    query, keys = torch.randn(2, 3, 5, 4, dtype=torch.float64), torch.randn(2, 3, 6, 4, dtype=torch.float64)
    together = scorer(query, scorer.prepare(keys))
    for head in range(3):
        torch.testing.assert_close(together[:, head], scorer(query[:, head], scorer.prepare(keys[:, head])), rtol=0, atol=1e-14)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_gives_the_same_scores_to_its_own_precision(name: str, dtype: torch.dtype) -> None:
    torch.manual_seed(1)
    scorer = scorers()[name](64, 64, 64).to(dtype)
    query, keys = (8 * torch.randn(2, 5, 64)).to(dtype), (8 * torch.randn(2, 7, 64)).to(dtype)
    scores = scorer(query, scorer.prepare(keys))
    assert scores.dtype == dtype
    exact = deepcopy(scorer).double()
    expected = exact(query.double(), exact.prepare(keys.double()))
    error = (scores.double() - expected).abs().max() / expected.abs().max()
    assert error < 8 * torch.finfo(dtype).eps


@pytest.mark.parametrize("name", NAMES)
def test_autocast_gives_finite_scores_and_gradients_close_to_those_in_full(name: str) -> None:
    torch.manual_seed(1)
    scorer = scorers()[name](16, 16, 16)
    query, keys = torch.randn(2, 5, 16, requires_grad=True), torch.randn(2, 7, 16, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        scores = scorer(query, scorer.prepare(keys))
    expected = scorer(query, scorer.prepare(keys))
    torch.testing.assert_close(scores.float(), expected, rtol=0, atol=0.03 * float(expected.detach().abs().max()))
    given = (query, keys, *scorer.parameters())
    for gradient in torch.autograd.grad(scores.float().square().sum(), given):
        assert torch.all(torch.isfinite(gradient))
        assert torch.any(gradient != 0.0)


@pytest.mark.parametrize("name", NAMES)
def test_a_scorer_has_shapes_without_numbers(name: str) -> None:
    scorer = scorers()[name](4, 4, 3).to("meta")
    keys = torch.empty(2, 3, 6, 4, device="meta")
    scores = scorer(torch.empty(2, 3, 5, 4, device="meta"), scorer.prepare(keys))
    assert scores.shape == (2, 3, 5, 6)
    assert scores.device.type == "meta"


@pytest.mark.parametrize("name", NAMES)
def test_what_was_prepared_apart_may_be_joined(name: str) -> None:
    torch.manual_seed(1)
    scorer = make(name, 4, 4)
    query, keys = torch.randn(2, 3, 4, dtype=torch.float64), torch.randn(2, 6, 4, dtype=torch.float64)
    joined = torch.cat((scorer.prepare(keys[:, :2]), scorer.prepare(keys[:, 2:])), dim=-2)
    torch.testing.assert_close(scorer(query, joined), scorer(query, scorer.prepare(keys)), rtol=0, atol=1e-14)


def concat(query: Tensor, keys: Tensor, layer: nn.Linear, v: Tensor) -> Tensor:
    """Luong's v · tanh(W [q; k]), with the layer on each query joined with each key."""
    pairs = torch.cat(
        (
            query.unsqueeze(-2).expand(*query.shape[:-1], keys.shape[-2], -1),
            keys.unsqueeze(-3).expand(*query.shape[:-1], *keys.shape[-2:]),
        ),
        dim=-1,
    )
    return torch.tanh(layer(pairs)) @ v


def additive_with(weight: Tensor, v: Tensor, query_dim: int) -> Scorer:
    """The additive scorer whose two matrices are the left and the right part of `weight`."""
    scorer = scorers()["additive"](query_dim, weight.shape[1] - query_dim, len(v)).double()
    scorer.load_state_dict(
        {
            "query_projection.weight": weight[:, :query_dim],
            "key_projection.weight": weight[:, query_dim:],
            "energy.weight": v[None],
        }
    )
    return scorer


def test_luongs_concat_is_the_additive_scorer_and_is_counted_once() -> None:
    assert ALIASES["concat"] == "additive"
    assert "concat" not in scorers()
    torch.manual_seed(1)
    layer, v = nn.Linear(3 + 2, 4, bias=False, dtype=torch.float64), torch.randn(4, dtype=torch.float64)
    query, keys = torch.randn(2, 3, 3, dtype=torch.float64), torch.randn(2, 5, 2, dtype=torch.float64)
    scorer = additive_with(layer.weight, v, 3)
    torch.testing.assert_close(scorer(query, scorer.prepare(keys)), concat(query, keys, layer, v), rtol=0, atol=1e-14)


def test_a_bias_inside_concat_is_one_more_component_of_the_keys_that_is_always_one() -> None:
    torch.manual_seed(1)
    layer, v = nn.Linear(3 + 2, 4, dtype=torch.float64), torch.randn(4, dtype=torch.float64)
    query, keys = torch.randn(2, 3, 3, dtype=torch.float64), torch.randn(2, 5, 2, dtype=torch.float64)
    expected = concat(query, keys, layer, v)
    scorer = additive_with(torch.cat((layer.weight, layer.bias[:, None]), dim=1), v, 3)
    extended = torch.cat((keys, torch.ones_like(keys[..., :1])), dim=-1)
    torch.testing.assert_close(scorer(query, scorer.prepare(extended)), expected, rtol=0, atol=1e-14)
    without = additive_with(layer.weight, v, 3)
    gap = torch.softmax(without(query, without.prepare(keys)), -1) - torch.softmax(expected, -1)
    assert gap.abs().max() > 1e-3, "the softmax does not cancel a bias inside the tanh"


def test_tanh_sum_is_the_sum_of_a_tanh_layer_on_the_joined_query_and_key() -> None:
    torch.manual_seed(1)
    layer = nn.Linear(3 + 2, 4, dtype=torch.float64)
    query, keys = torch.randn(2, 3, 3, dtype=torch.float64), torch.randn(2, 5, 2, dtype=torch.float64)
    scorer = scorers()["tanh-sum"](3, 2, 4).double()
    scorer.load_state_dict(
        {
            "query_projection.weight": layer.weight[:, :3],
            "key_projection.weight": layer.weight[:, 3:],
            "key_projection.bias": layer.bias,
        }
    )
    expected = concat(query, keys, layer, torch.ones(4, dtype=torch.float64))
    torch.testing.assert_close(scorer(query, scorer.prepare(keys)), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize(("query_size", "key_size"), [(1.0, 1.0), (1e-30, 1e-37), (1e30, 3e38), (1e-38, 1e38)])
def test_the_cosine_is_right_for_the_shortest_and_the_longest_vectors(query_size: float, key_size: float) -> None:
    scorer = scorers()["cosine"](3, 3, 1)
    query = torch.tensor([[3.0, 0.0, 4.0]]) / 5 * query_size
    keys = torch.tensor([[0.6, 0.0, 0.8], [0.8, 0.0, -0.6], [-0.6, 0.0, -0.8], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]) * key_size
    scores = scorer(query, scorer.prepare(keys))
    torch.testing.assert_close(scores, torch.tensor([[1.0, 0.0, -1.0, 0.0, 0.6]]), rtol=0, atol=1e-6)


def test_the_cosine_with_a_vector_of_zeros_is_zero_with_finite_gradients() -> None:
    torch.manual_seed(1)
    scorer = scorers()["cosine"](3, 3, 1)
    query = torch.stack((torch.zeros(3), torch.randn(3))).requires_grad_()
    keys = torch.stack((torch.randn(3), torch.zeros(3))).requires_grad_()
    scores = scorer(query, scorer.prepare(keys))
    assert scores[0].tolist() == [0.0, 0.0]
    assert scores[1, 1] == 0.0
    assert scores[1, 0] != 0.0
    for gradient in torch.autograd.grad(scores.sum(), (query, keys)):
        assert gradient.abs().max() < 10.0


def test_a_new_cosine_has_a_sharpness_of_one_and_may_learn_any_other() -> None:
    torch.manual_seed(1)
    scorer = scorers()["cosine"](3, 3, 1)
    query, keys = torch.randn(2, 3), torch.randn(4, 3)
    bare = F.cosine_similarity(query[:, None], keys[None], dim=-1)
    torch.testing.assert_close(scorer(query, scorer.prepare(keys)), bare)
    with torch.no_grad():
        scorer.get_parameter("log_sharpness").fill_(math.log(20.0))
    torch.testing.assert_close(scorer(query, scorer.prepare(keys)), 20 * bare)


def test_every_registered_scorer_has_an_equation_here() -> None:
    assert sorted(EQUATIONS) == NAMES
