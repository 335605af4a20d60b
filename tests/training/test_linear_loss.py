from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from embedseq.models.logits import DenseLogits, LinearLogits
from embedseq.training import linear_loss
from embedseq.training.loss import batch_loss


def example(rows: int = 5, dim: int = 3, tokens: int = 7, kind: torch.dtype = torch.float64, scale: float = 1.0) -> list[Tensor]:
    generator = torch.Generator().manual_seed(rows)
    shapes = ((2, rows, dim), (tokens, dim), (tokens,))
    return [(scale * torch.randn(shape, generator=generator, dtype=torch.float64)).to(kind) for shape in shapes]


def losses_and_gradients(
    parts: list[Tensor], smoothing: float, dense: bool, trained: tuple[bool, ...] = (True, True, True)
) -> tuple[list[Tensor], list[Tensor | None]]:
    """Of targets that are drawn, of which the last ones are padding; the loss is divided by 3 before the backward pass."""
    leaves = [part.detach().clone().requires_grad_(wanted) for part, wanted in zip(parts, trained, strict=True)]
    states, weight, bias = leaves
    targets = torch.randint(0, len(weight), states.shape[:2], generator=torch.Generator().manual_seed(1))
    valid = torch.ones(states.shape[:2], dtype=torch.bool)
    valid[1, states.shape[1] // 2 :] = False
    logits = LinearLogits(states, weight, bias)
    loss = batch_loss(DenseLogits(logits.dense()) if dense else logits, targets, valid, smoothing)
    if any(trained):
        (loss.smoothed / 3).backward()  # type: ignore[no-untyped-call]
    return [loss.smoothed.detach(), loss.plain], [leaf.grad for leaf in leaves]


@given(st.integers(1, 9), st.integers(1, 5), st.integers(2, 11), st.sampled_from([0.0, 0.1, 0.7]), st.integers(1, 40))
def test_losses_and_gradients_are_those_of_the_logits(rows: int, dim: int, tokens: int, smoothing: float, at_once: int) -> None:
    parts = example(rows, dim, tokens)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linear_loss, "AT_ONCE", at_once)
        found = losses_and_gradients(parts, smoothing, dense=False)
    torch.testing.assert_close(found, losses_and_gradients(parts, smoothing, dense=True), atol=1e-12, rtol=1e-12)


@pytest.mark.parametrize("trained", [(False, True, True), (True, False, True), (True, True, False), (False, False, False)])
def test_what_is_frozen_gets_no_gradient(trained: tuple[bool, ...]) -> None:
    found = losses_and_gradients(example(), 0.1, False, trained)
    torch.testing.assert_close(found, losses_and_gradients(example(), 0.1, True, trained))
    assert [gradient is not None for gradient in found[1]] == list(trained)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_where_nothing_records_no_gradient_is_computed(mode: Callable[[], AbstractContextManager[None]]) -> None:
    """The weights of a model in validation still want gradients."""
    leaves = [part.requires_grad_() for part in example(rows=200)]
    targets, valid = torch.zeros(2, 200, dtype=torch.long), torch.ones(2, 200, dtype=torch.bool)

    def products() -> tuple[list[Tensor], int]:
        with profile(activities=[ProfilerActivity.CPU]) as found:
            loss = batch_loss(LinearLogits(*leaves), targets, valid, 0.1)
        return [loss.smoothed.detach(), loss.plain], sum(each.count for each in found.key_averages() if "mm" in each.key)

    recorded, more = products()
    with mode():
        unrecorded, fewer = products()
    assert all(map(torch.equal, recorded, unrecorded))
    assert fewer == 1 < more


def test_gradients_are_had_once_and_are_no_function_of_anything() -> None:
    parts = [part.requires_grad_() for part in example()]
    targets, valid = torch.zeros(2, 5, dtype=torch.long), torch.ones(2, 5, dtype=torch.bool)
    loss = batch_loss(LinearLogits(*parts), targets, valid, 0.1).smoothed
    loss.backward(retain_graph=True)  # type: ignore[no-untyped-call]
    with pytest.raises(RuntimeError, match="compute the loss anew"):
        loss.backward()  # type: ignore[no-untyped-call]
    loss = batch_loss(LinearLogits(*parts), targets, valid, 0.1).smoothed
    (of_states,) = torch.autograd.grad(loss, parts[0], create_graph=True)
    assert not of_states.requires_grad


def test_very_unlikely_targets_have_finite_and_exact_losses() -> None:
    """Shares below the smallest float32 are 0, of which the logarithm would be infinite."""
    parts = example(kind=torch.float32, scale=60.0)
    found, _ = losses_and_gradients(parts, 0.1, dense=False)
    exact, _ = losses_and_gradients([part.double() for part in parts], 0.1, dense=True)
    assert float(exact[1]) > 1000
    torch.testing.assert_close([loss.double() for loss in found], exact, atol=0, rtol=1e-6)


def test_half_precision_is_summed_in_single() -> None:
    parts = example(40, 16, 50, torch.bfloat16)
    found, gradients = losses_and_gradients(parts, 0.1, dense=False)
    exact, of_exact = losses_and_gradients([part.double() for part in parts], 0.1, dense=True)
    assert all(loss.dtype == torch.float32 for loss in found)
    torch.testing.assert_close([loss.double() for loss in found], exact, atol=0, rtol=1e-2)
    for gradient, exactly in zip(gradients, of_exact, strict=True):
        assert gradient is not None
        assert exactly is not None
        assert float((gradient.double() - exactly).norm() / exactly.norm()) < 0.02


def test_the_bias_may_be_missing() -> None:
    states, weight, _ = example()
    targets, valid = torch.zeros(2, 5, dtype=torch.long), torch.ones(2, 5, dtype=torch.bool)
    found = batch_loss(LinearLogits(states, weight, None), targets, valid, 0.1)
    expected = batch_loss(LinearLogits(states, weight, torch.zeros(len(weight), dtype=torch.float64)), targets, valid, 0.1)
    assert float(found.smoothed) == float(expected.smoothed)


@settings(max_examples=20)
@given(st.integers(1, 30))
def test_of_padding_no_row_is_kept(rows: int) -> None:
    states, weight, bias = example(rows)
    valid = torch.rand(2, rows, generator=torch.Generator().manual_seed(rows)) < 0.5
    chosen = LinearLogits(states, weight, bias).at(valid)
    assert torch.equal(chosen.states, states[valid])
