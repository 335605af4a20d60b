"""Masking, normalising and mixing, against a loop over every query and key."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from embedseq.models.attention.attend import attend


def attend_by_loop(scores: Tensor, values: Tensor, valid: Tensor, factor: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Equations 5 and 6 of Bahdanau et al. (2015), one number at a time; scores, valid and factor (B, T, S)."""
    weights = torch.zeros_like(scores)
    mixed = torch.zeros(*scores.shape[:2], values.shape[-1], dtype=scores.dtype)
    for b in range(scores.shape[0]):
        for t in range(scores.shape[1]):
            keys = [s for s in range(scores.shape[2]) if valid[b, t, s]]
            total = sum(math.exp(scores[b, t, s]) for s in keys)
            for s in keys:
                weights[b, t, s] = math.exp(scores[b, t, s]) / total * (1.0 if factor is None else factor[b, t, s])
                mixed[b, t] += weights[b, t, s] * values[b, s]
    return mixed, weights


@settings(max_examples=60)
@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 5), st.integers(1, 3), st.integers(0, 2**31), st.floats(0.0, 1.0))
def test_attend_equals_the_loop_for_any_shape_and_mask(b: int, t: int, s: int, c: int, seed: int, share: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    scores = 3 * torch.randn(b, t, s, generator=generator, dtype=torch.float64)
    values = torch.randn(b, s, c, generator=generator, dtype=torch.float64)
    valid = torch.rand(b, t, s, generator=generator) < share
    seen = attend(scores, values, valid)
    mixed, weights = attend_by_loop(scores, values, valid)
    torch.testing.assert_close(seen.mixed, mixed, rtol=0, atol=1e-13)
    torch.testing.assert_close(seen.weights, weights, rtol=0, atol=1e-13)
    assert torch.all(seen.weights[~valid] == 0.0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_masked_keys_have_weight_zero_exactly_even_with_extreme_scores(dtype: torch.dtype) -> None:
    scores = torch.tensor([[[1e4, -1e4, 1e30, -1e30]]], dtype=dtype)
    seen = attend(scores, torch.eye(4, dtype=dtype)[None], torch.tensor([[[False, True, False, True]]]))
    assert seen.weights.tolist() == [[[0.0, 1.0, 0.0, 0.0]]]
    assert seen.mixed.tolist() == [[[0.0, 1.0, 0.0, 0.0]]]


def test_a_row_without_a_valid_key_gives_zeros_and_finite_gradients() -> None:
    scores = torch.randn(2, 3, 4, dtype=torch.float64, requires_grad=True)
    values = torch.randn(2, 4, 5, dtype=torch.float64, requires_grad=True)
    valid = torch.tensor([[True] * 4, [False] * 4]).unsqueeze(1)
    seen = attend(scores, values, valid)
    assert torch.all(seen.mixed[1] == 0.0)
    assert torch.all(seen.weights[1] == 0.0)
    for gradient in torch.autograd.grad(seen.mixed.sum(), (scores, values)):
        assert torch.all(torch.isfinite(gradient))
        assert torch.all(gradient[1] == 0.0)


def test_what_stands_at_a_masked_key_changes_nothing() -> None:
    scores, values = torch.randn(1, 2, 4), torch.randn(1, 4, 3)
    valid = torch.tensor([[[True, True, False, False]]])
    before = attend(scores, values, valid).mixed
    changed_scores, changed_values = scores.clone(), values.clone()
    changed_scores[..., 2:] = 1e9
    changed_values[:, 2:] = -1e9
    assert torch.equal(before, attend(changed_scores, changed_values, valid).mixed)


def test_gradients_of_attend_are_right() -> None:
    valid = torch.tensor([[[True, False, True], [False, False, False]]])
    scores = torch.randn(1, 2, 3, dtype=torch.float64, requires_grad=True)
    values = torch.randn(1, 3, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda a, b: attend(a, b, valid).mixed, (scores, values))


@settings(max_examples=30)
@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 5), st.integers(0, 2**31))
def test_a_factor_multiplies_the_weights_after_the_softmax(b: int, t: int, s: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(b, t, s, generator=generator, dtype=torch.float64)
    values = torch.randn(b, s, 2, generator=generator, dtype=torch.float64)
    factor = torch.rand(b, t, s, generator=generator, dtype=torch.float64)
    valid = torch.rand(b, t, s, generator=generator) < 0.7
    seen = attend(scores, values, valid, factor)
    mixed, weights = attend_by_loop(scores, values, valid, factor)
    torch.testing.assert_close(seen.mixed, mixed, rtol=0, atol=1e-13)
    torch.testing.assert_close(seen.weights, weights, rtol=0, atol=1e-13)
    assert torch.all(seen.weights[~valid] == 0.0)
    assert torch.all(seen.weights.sum(dim=-1) <= 1.0)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_weights_keep_the_type_of_the_scores_whatever_that_of_the_factor(dtype: torch.dtype) -> None:
    scores, values = torch.randn(1, 2, 3, dtype=dtype), torch.randn(1, 3, 2, dtype=dtype)
    seen = attend(scores, values, torch.ones(1, 2, 3, dtype=torch.bool), torch.rand(1, 2, 3, dtype=torch.float32))
    assert seen.weights.dtype == seen.mixed.dtype == dtype


def test_gradients_through_a_factor_are_right() -> None:
    valid = torch.tensor([[[True, False, True], [False, False, False]]])
    states = [torch.randn(1, 2, 3, dtype=torch.float64, requires_grad=True) for _ in range(2)]
    values = torch.randn(1, 3, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda scores, factor, v: attend(scores, v, valid, factor).mixed, (*states, values))


def test_a_key_that_scores_minus_infinity_has_no_weight_even_alone() -> None:
    scores = torch.tensor([[[0.0, -math.inf], [1.0, -math.inf]]], requires_grad=True)
    valid = torch.tensor([[[True, True], [False, True]]])
    seen = attend(scores, torch.ones(1, 2, 1), valid)
    assert seen.weights.tolist() == [[[1.0, 0.0], [0.0, 0.0]]]
    (gradient,) = torch.autograd.grad(seen.mixed.sum(), scores)
    assert torch.all(torch.isfinite(gradient))
