"""What the hops of self-attentive pooling and their penalty are for."""

import pytest
import torch
from torch import Tensor, nn

from embedseq.models.interfaces import Encoded
from embedseq.models.pool import Pool, Pooled
from embedseq.models.pools import new_pool
from embedseq.models.settings import PoolingSettings

SHARP = 1e3


def self_attentive(hops: int, penalty: float = 1.0) -> Pool:
    torch.manual_seed(1)
    return new_pool(PoolingSettings(hops=hops, penalty=penalty), 4).double()


def pooled(pool: Pool, states: Tensor) -> Pooled:
    answer: Pooled = pool(Encoded((states,), (states[:, 0],)), torch.ones(states.shape[:2], dtype=torch.bool))
    return answer


def one_hot() -> Tensor:
    """Two sentences of four states, each of which is one component."""
    return torch.eye(4, dtype=torch.float64).repeat(2, 1, 1)


def pointing(places: list[int]) -> Pool:
    """Each hop looks at one component alone."""
    pool = self_attentive(len(places))
    nn.init.eye_(pool.get_parameter("hidden.weight"))
    with torch.no_grad():
        pool.get_parameter("score.weight").copy_(SHARP * torch.eye(4, dtype=torch.float64)[places])
    return pool


def test_hops_that_each_look_at_a_token_of_their_own_cost_nothing() -> None:
    found = pooled(pointing([0, 2, 3]), one_hot())
    assert found.penalty is not None
    assert found.penalty.item() == pytest.approx(0.0, abs=1e-12)
    torch.testing.assert_close(found.vector, one_hot()[:, [0, 2, 3]].flatten(1), rtol=0, atol=1e-12)


def test_hops_that_look_at_the_same_token_cost_two_a_pair_and_sentence() -> None:
    found = pooled(pointing([1, 1, 1]), one_hot())
    assert found.penalty is not None
    assert found.penalty.item() == pytest.approx(2 * 2 * 3)


def test_with_equal_scores_each_hop_is_the_mean_and_one_hop_costs_what_it_spreads() -> None:
    pool, states = self_attentive(1), torch.randn(2, 4, 4, dtype=torch.float64)
    nn.init.zeros_(pool.get_parameter("score.weight"))
    found = pooled(pool, states)
    torch.testing.assert_close(found.vector, states.mean(dim=1), rtol=0, atol=1e-14)
    assert found.penalty is not None
    assert found.penalty.item() == pytest.approx(2 * (1 - 1 / 4) ** 2)


def test_without_a_weight_there_is_no_penalty_and_it_is_in_proportion_to_its_weight() -> None:
    assert pooled(self_attentive(3, penalty=0.0), one_hot()).penalty is None
    one, half = (pooled(self_attentive(3, penalty=weight), one_hot()).penalty for weight in (1.0, 0.5))
    assert one is not None
    assert half is not None
    torch.testing.assert_close(half, one / 2, rtol=0, atol=1e-14)


def test_following_the_penaltys_gradient_makes_the_hops_look_at_different_tokens() -> None:
    pool = self_attentive(3)
    before = pooled(pool, one_hot()).penalty
    optimiser = torch.optim.Adam(pool.parameters(), lr=0.1)
    for _ in range(100):
        optimiser.zero_grad()
        penalty = pooled(pool, one_hot()).penalty
        assert penalty is not None
        penalty.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    found = pooled(pool, one_hot())
    assert before is not None
    assert found.penalty is not None
    assert found.weights is not None
    assert found.penalty.item() < 0.05 * before.item()
    assert len(set(found.weights[0].argmax(dim=-1).tolist())) == 3
