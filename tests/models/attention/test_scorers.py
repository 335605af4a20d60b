"""Each scorer against a plain double loop of its equation; a scorer without a loop here fails the suite."""

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from embedseq.models.attention.attend import attend
from embedseq.models.attention.registry import scorers
from embedseq.models.attention.scorer import Scorer


def additive(scorer: Scorer, query: Tensor, key: Tensor) -> float:
    """v · tanh(W q + U k), one hidden unit at a time."""
    weights = dict(scorer.named_parameters())
    w, u, v = weights["query_projection.weight"], weights["key_projection.weight"], weights["energy.weight"][0]
    total = 0.0
    for unit in range(len(v)):
        inner = sum(float(w[unit, i] * query[i]) for i in range(len(query))) + sum(
            float(u[unit, i] * key[i]) for i in range(len(key))
        )
        total += float(v[unit]) * math.tanh(inner)
    return total


def scaled_dot(scorer: Scorer, query: Tensor, key: Tensor) -> float:
    """q · k / √d."""
    return sum(float(query[i] * key[i]) for i in range(len(key))) / math.sqrt(len(key))


EQUATIONS: dict[str, Callable[[Scorer, Tensor, Tensor], float]] = {"additive": additive, "scaled-dot": scaled_dot}
NAMES = sorted(scorers())


def make(name: str, query_dim: int, key_dim: int) -> Scorer:
    """A scorer in float64; the query is as wide as the key where the scorer wants that."""
    member = scorers()[name]
    return member(key_dim if "equal-widths" in member.about.traits else query_dim, key_dim, 4).double()


@torch.no_grad()
def scores_by_loop(name: str, scorer: Scorer, query: Tensor, keys: Tensor) -> Tensor:
    scores = torch.empty(query.shape[0], query.shape[1], keys.shape[1], dtype=torch.float64)
    for b in range(query.shape[0]):
        for t in range(query.shape[1]):
            for s in range(keys.shape[1]):
                scores[b, t, s] = EQUATIONS[name](scorer, query[b, t], keys[b, s])
    return scores


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.integers(1, 4), st.integers(1, 4), st.data())
def test_scores_and_attention_equal_the_equation(name: str, b: int, t: int, s: int, q: int, k: int, data: st.DataObject) -> None:
    torch.manual_seed(data.draw(st.integers(0, 2**31)))
    scorer = make(name, q, k)
    query = torch.randn(b, t, k if "equal-widths" in scorer.about.traits else q, dtype=torch.float64)
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
    query_dim = 2 if "equal-widths" in scorer.about.traits else 3
    query = torch.randn(2, 2, query_dim, dtype=torch.float64, requires_grad=True)
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


def test_every_registered_scorer_has_an_equation_here() -> None:
    assert sorted(EQUATIONS) == NAMES
