"""Coverage against its equations."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from embedseq.models.attention.coverage import Coverage
from embedseq.models.attention.looked import mean_over_heads


@settings(max_examples=40)
@given(
    batch=st.integers(1, 3), heads=st.integers(1, 3), length=st.integers(1, 5), steps=st.integers(1, 4), seed=st.integers(0, 99)
)
def test_the_coverage_is_the_sum_of_what_was_looked_at_and_its_loss_that_of_looking_again(
    batch: int, heads: int, length: int, steps: int, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    weights = torch.rand(batch, steps, heads, length, dtype=torch.float64, generator=generator).softmax(-1)
    real = torch.rand(batch, steps, generator=generator) < 0.7
    coverage, covered, penalty = Coverage(loss=0.5), torch.zeros(batch, length, dtype=torch.float64), 0.0
    for t in range(steps):
        step = coverage(covered, mean_over_heads(weights[:, t : t + 1]), real[:, t : t + 1])
        covered, penalty = step.coverage, penalty + step.penalty.item()
    expected = 0.0
    for b, t, s in itertools.product(range(batch), range(steps), range(length)):
        looked = [sum(weights[b, r, h, s].item() for h in range(heads)) / heads for r in range(t + 1)]
        expected += 0.5 * min(looked[t], sum(looked[:t])) * real[b, t].item()
        if t == steps - 1:
            assert covered[b, s].item() == pytest.approx(sum(looked), abs=1e-13)
    assert penalty == pytest.approx(expected, abs=1e-12)


def test_a_head_that_looks_at_nothing_is_not_counted() -> None:
    weights = torch.tensor([[[[0.25, 0.75], [0.0, 0.0]]], [[[0.0, 0.0], [0.0, 0.0]]]])
    looked = mean_over_heads(weights)
    covered = Coverage(loss=1.0)(torch.zeros(2, 2), looked, torch.ones(2, 1, dtype=torch.bool))
    assert covered.coverage.tolist() == looked.squeeze(1).tolist() == [[0.25, 0.75], [0.0, 0.0]]


def test_a_head_that_looks_at_one_memory_alone_is_counted_there_alone() -> None:
    weights = torch.tensor([[0.25, 0.25, 0.0, 0.0], [0.0, 0.0, 0.5, 0.0], [0.0, 0.0, 0.0, 0.0]])
    assert mean_over_heads(weights, (2, 2)).tolist() == [0.25, 0.25, 0.5, 0.0]
    assert mean_over_heads(weights, (4,)).tolist() == mean_over_heads(weights).tolist() == [0.125, 0.125, 0.25, 0.0]


def test_without_a_weight_there_is_no_loss() -> None:
    looked = torch.ones(1, 1, 2) / 2
    assert Coverage(loss=0.0)(torch.ones(1, 2), looked, torch.ones(1, 1, dtype=torch.bool)).penalty is None


def test_scores_know_nothing_of_it_at_first_and_its_gradients_are_right() -> None:
    coverage = Coverage(loss=1.0).double()
    before, weights = (torch.rand(shape, dtype=torch.float64, requires_grad=True) for shape in ((2, 3), (2, 1, 2, 3)))
    assert coverage.bias(before).shape == (2, 1, 1, 3)
    assert torch.all(coverage.bias(before) == 0.0)
    torch.nn.init.constant_(coverage.gain, -0.7)
    real = torch.tensor([[True], [False]])

    def results(gain: torch.Tensor, before: torch.Tensor, weights: torch.Tensor) -> tuple[torch.Tensor, ...]:
        covered = coverage(before, mean_over_heads(weights), real)
        return coverage.bias(before), covered.coverage, covered.penalty

    assert torch.autograd.gradcheck(results, (coverage.gain, before, weights))
