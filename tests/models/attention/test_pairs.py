"""A hidden layer for every pair, a part of the pairs at a time, and nothing of it kept."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from keeping import kept_by, places
from torch import Tensor

from embedseq.models.attention import pairs
from embedseq.models.attention.pairs import over_pairs


def by_definition(query: Tensor, keys: Tensor, weight: Tensor) -> Tensor:
    return torch.tanh(query.unsqueeze(-2) + keys.unsqueeze(-3)) @ weight


def leaves(*shapes: tuple[int, ...]) -> list[Tensor]:
    return [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]


@settings(max_examples=40)
@given(
    sizes=st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 5), st.integers(1, 5), st.integers(1, 4)),
    shared=st.sampled_from(["queries", "keys", "nothing"]),
    at_once=st.integers(1, 300),
)
def test_scores_and_gradients_are_those_of_the_definition_however_many_are_computed_at_once(
    sizes: tuple[int, int, int, int, int], shared: str, at_once: int
) -> None:
    rows, heads, queries, keys, width = sizes
    given = leaves(
        (rows, 1 if shared == "queries" else heads, queries, width),
        (rows, 1 if shared == "keys" else heads, keys, width),
        (width,),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairs, "AT_ONCE", at_once)
        found, expected = over_pairs(*given), by_definition(*given)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-14 * width * 8)
        slopes = torch.randn_like(expected)
        of_found = torch.autograd.grad(found, given, slopes)
    torch.testing.assert_close(of_found, torch.autograd.grad(expected, given, slopes), rtol=1e-12, atol=1e-12)


def test_without_a_weight_all_components_count_alike() -> None:
    query, keys, ones = *leaves((2, 3, 4), (2, 5, 4)), torch.ones(4, dtype=torch.float64)
    torch.testing.assert_close(over_pairs(query, keys), by_definition(query, keys, ones), rtol=0, atol=1e-14)
    of_query = torch.autograd.grad(over_pairs(query, keys).square().sum(), query)
    torch.testing.assert_close(of_query, torch.autograd.grad(by_definition(query, keys, ones).square().sum(), query))


def test_no_more_than_the_numbers_allowed_are_computed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "AT_ONCE", 5 * 4 * 2)
    sizes = [hidden.numel() for _, _, hidden in pairs._blocks(torch.randn(3, 7, 4), torch.randn(3, 5, 4))]
    assert sizes == 3 * [40, 40, 40, 20]
    monkeypatch.setattr(pairs, "AT_ONCE", 2 * 7 * 5 * 4)
    sizes = [hidden.numel() for _, _, hidden in pairs._blocks(torch.randn(3, 7, 4), torch.randn(3, 5, 4))]
    assert sizes == [280, 140]


def test_nothing_but_what_is_given_is_kept_for_the_backward_pass() -> None:
    given = leaves((2, 30, 4), (2, 20, 4), (4,))
    assert places(kept_by(lambda: over_pairs(*given))) == places(given)


def test_half_precision_loses_no_more_than_its_own_rounding_and_keeps_no_copy() -> None:
    torch.manual_seed(1)
    given = [torch.randn(shape).bfloat16().requires_grad_() for shape in ((2, 3, 512), (2, 20, 512), (512,))]
    assert places(kept_by(lambda: over_pairs(*given))) == places(given)
    scores, expected = over_pairs(*given), by_definition(*(each.double() for each in given))
    torch.testing.assert_close(scores.double(), expected, rtol=2**-8, atol=1e-4)
    for one, other in zip(*(torch.autograd.grad(each.sum(), given) for each in (scores, expected)), strict=True):
        torch.testing.assert_close(one.double(), other.double(), rtol=2**-7, atol=2e-3)


def test_in_single_precision_scores_differ_from_the_definition_by_its_last_digits() -> None:
    torch.manual_seed(1)
    for scale in (0.01, 1.0, 10.0):
        query, keys, weight = (scale * torch.randn(2, 3, 64), scale * torch.randn(2, 5, 64), torch.randn(64))
        expected = by_definition(query.double(), keys.double(), weight.double())
        torch.testing.assert_close(over_pairs(query, keys, weight).double(), expected, rtol=0, atol=5e-6)


def test_gradients_may_be_asked_for_more_than_once() -> None:
    given = leaves((2, 3, 4), (2, 5, 4), (4,))
    total = over_pairs(*given).square().sum()
    first = torch.autograd.grad(total, given, retain_graph=True)
    assert all(torch.equal(one, other) for one, other in zip(first, torch.autograd.grad(total, given), strict=True))


def test_no_queries_or_no_keys_give_no_scores_and_no_slopes() -> None:
    for shapes in (((2, 0, 4), (2, 5, 4)), ((2, 3, 4), (2, 0, 4)), ((0, 3, 4), (0, 5, 4))):
        query, keys = leaves(*shapes)
        scores = over_pairs(query, keys)
        assert scores.shape == (shapes[0][0], shapes[0][1], shapes[1][1])
        of_query, of_keys = torch.autograd.grad(scores.sum(), (query, keys))
        assert not of_query.any()
        assert not of_keys.any()
