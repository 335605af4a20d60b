"""The attention of PyTorch's translation tutorial, against its equations."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from embedseq.models.attention.concat_linear import ConcatLinearAttention


def inputs() -> tuple[Tensor, Tensor, Tensor]:
    """Query, state and values of two sentences."""
    query, state, values = (torch.randn(2, length, width, dtype=torch.float64) for length, width in ((1, 3), (1, 2), (5, 4)))
    return query, state, values


def test_the_module_has_the_tutorials_shapes() -> None:
    attention = ConcatLinearAttention(query_dim=32, state_dim=32, value_dim=64, positions=32, output_dim=32)
    seen = attention(torch.randn(1, 1, 32), torch.randn(1, 1, 32), torch.randn(1, 32, 64))
    assert seen.output.shape == (1, 1, 32)
    assert seen.weights.shape == (1, 32)
    torch.testing.assert_close(seen.weights.sum(), torch.tensor(1.0))


@torch.no_grad()
def test_the_module_equals_the_tutorials_equations() -> None:
    torch.manual_seed(1)
    attention = ConcatLinearAttention(3, 2, 4, positions=5, output_dim=6).double()
    score, combine = (attention.get_submodule(name) for name in ("scorer.positions.score", "combine"))
    assert isinstance(score, nn.Linear)
    assert isinstance(combine, nn.Linear)
    query, state, values = inputs()
    seen = attention(query, state, values)
    for b in range(2):
        joined = torch.cat((query[b, 0], state[b, 0]))
        scores = [float(sum(score.weight[p, i] * joined[i] for i in range(5)) + score.bias[p]) for p in range(5)]
        weights = [math.exp(one) / sum(map(math.exp, scores)) for one in scores]
        context = torch.stack([weights[p] * values[b, p] for p in range(5)]).sum(0)
        output = F.linear(torch.cat((query[b, 0], context)), combine.weight, combine.bias)
        torch.testing.assert_close(seen.weights[b], torch.tensor(weights, dtype=torch.float64), rtol=0, atol=1e-14)
        torch.testing.assert_close(seen.output[b, 0], output, rtol=0, atol=1e-13)


def test_the_module_gives_masked_values_no_weight_and_shorter_memories_fewer_weights() -> None:
    torch.manual_seed(1)
    attention = ConcatLinearAttention(3, 2, 4, positions=5, output_dim=6).double()
    query, state, values = inputs()
    valid = torch.arange(5) < torch.tensor([[3], [5]])
    seen = attention(query, state, values, valid)
    assert torch.all(seen.weights[~valid] == 0.0)
    torch.testing.assert_close(seen.weights.sum(-1), torch.ones(2, dtype=torch.float64), rtol=0, atol=1e-14)
    alone = attention(query[:1], state[:1], values[:1, :3])
    assert alone.weights.shape == (1, 3)
    torch.testing.assert_close(alone.weights, seen.weights[:1, :3], rtol=0, atol=1e-14)
    torch.testing.assert_close(alone.output, seen.output[:1], rtol=0, atol=1e-14)
