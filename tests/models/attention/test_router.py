"""Which experts a query token is sent to, and the measure of how evenly they are kept busy."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from embedseq.models.attention.router import Routed, Router

DIM = 6
REAL = torch.tensor([[1, 1, 1, 0], [1, 0, 0, 0], [1, 1, 1, 1]]).bool()


def router_of(experts: int, chosen: int) -> Router:
    torch.manual_seed(3)
    return Router(DIM, experts, chosen).double()


def queries() -> Tensor:
    return torch.randn(3, 4, DIM, dtype=torch.float64, generator=torch.Generator().manual_seed(2))


def probabilities_of(router: Router, token: Tensor) -> list[float]:
    """p of one token (Q,), spelled out."""
    scores = [sum(w * x for w, x in zip(row, token.tolist(), strict=True)) for row in router.score.weight.tolist()]
    return [math.exp(score) / sum(map(math.exp, scores)) for score in scores]


def likeliest(p: list[float], k: int) -> list[int]:
    return sorted(range(len(p)), key=lambda expert: (-p[expert], expert))[:k]


@pytest.mark.parametrize(("experts", "chosen"), [(6, 3), (4, 1), (3, 3)])
def test_the_likeliest_experts_are_chosen_and_their_gates_sum_to_one(experts: int, chosen: int) -> None:
    router = router_of(experts, chosen)
    routed = router(queries())
    for b, t in [(b, t) for b in range(3) for t in range(4)]:
        p = probabilities_of(router, queries()[b, t])
        best = likeliest(p, chosen)
        assert routed.probabilities[b, t].tolist() == pytest.approx(p, abs=1e-14)
        assert routed.chosen[b, t].tolist() == best
        gates = [p[expert] / sum(p[other] for other in best) for expert in best]
        assert routed.gates[b, t].tolist() == pytest.approx(gates, abs=1e-14)
        assert sum(routed.gates[b, t].tolist()) == pytest.approx(1.0, abs=1e-14)


@pytest.mark.parametrize("experts", [3, 8, 64])
def test_equal_probabilities_go_to_the_lowest_numbers(experts: int) -> None:
    router = router_of(experts, 3)
    nn.init.zeros_(router.score.weight)
    assert torch.equal(router(queries()).chosen, torch.arange(3).expand(3, 4, 3))


@settings(max_examples=30)
@given(st.data())
def test_sent_and_imbalance_are_those_of_a_plain_loop_over_the_real_queries(data: st.DataObject) -> None:
    chosen = data.draw(st.integers(1, 4))
    router = router_of(data.draw(st.integers(chosen, 6)), chosen)
    real = torch.tensor(data.draw(st.lists(st.booleans(), min_size=12, max_size=12))).view(3, 4)
    counts, mass = [0] * router.experts, [0.0] * router.experts
    for b, t in real.nonzero().tolist():
        p = probabilities_of(router, queries()[b, t])
        mass = [m + each for m, each in zip(mass, p, strict=True)]
        for expert in likeliest(p, chosen):
            counts[expert] += 1
    routed = router(queries(), real)
    assert routed.sent().tolist() == counts
    n = int(real.sum())
    f, big_p = [c / max(chosen * n, 1) for c in counts], [m / max(n, 1) for m in mass]
    expected = n * router.experts * sum(a * b for a, b in zip(f, big_p, strict=True))
    assert routed.imbalance().item() == pytest.approx(expected, abs=1e-12)


def test_what_stands_at_padding_changes_neither() -> None:
    router = router_of(5, 2)
    routed, other = router(queries(), REAL), router(torch.where(REAL.unsqueeze(-1), queries(), -7.0), REAL)
    assert torch.equal(routed.sent(), other.sent())
    assert routed.imbalance().item() == other.imbalance().item()


def test_without_a_mask_all_queries_are_real() -> None:
    router = router_of(5, 2)
    routed, masked = router(queries()), router(queries(), torch.ones(3, 4).bool())
    assert torch.equal(routed.sent(), masked.sent())
    assert routed.imbalance().item() == masked.imbalance().item()


def routed_by(probabilities: Tensor, chosen: int) -> Routed:
    """As a router would, of probabilities (T, E)."""
    picked = probabilities.sort(dim=-1, descending=True, stable=True).indices[:, :chosen]
    gates = torch.full_like(probabilities[:, :chosen], 1 / chosen)
    return Routed(probabilities[None], picked[None], gates[None], torch.ones(1, len(picked)).bool())


def test_the_imbalance_is_one_a_query_for_even_loads_and_most_where_all_goes_to_the_same() -> None:
    even = torch.full((6, 3), 0.1) + 0.7 * torch.eye(3).repeat(2, 1)
    assert routed_by(even, 1).sent().tolist() == [2, 2, 2]
    assert routed_by(even, 1).imbalance().item() == pytest.approx(6.0)
    same = torch.tensor([[0.5, 0.5, 0.0, 0.0]]).repeat(6, 1)
    assert routed_by(same, 2).sent().tolist() == [6, 6, 0, 0]
    assert routed_by(same, 2).imbalance().item() == pytest.approx(6 * 4 / 2)


def test_following_the_imbalances_gradient_evens_the_loads() -> None:
    router, query = router_of(4, 1), queries()
    with torch.no_grad():
        router.score.weight[2] += query.mean(dim=(0, 1)) * 4
    assert torch.autograd.gradcheck(lambda _: router(query, REAL).imbalance(), (router.score.weight,))
    before = router(query).imbalance().item()
    for _ in range(200):
        (gradient,) = torch.autograd.grad(router(query).imbalance(), router.score.weight)
        with torch.no_grad():
            router.score.weight -= 0.02 * gradient
    after = router(query)
    assert after.imbalance().item() < before
    assert after.sent().max() <= 4


def test_nothing_but_the_token_itself_decides_where_it_goes() -> None:
    router = router_of(7, 2)
    crowd = queries()[:1, :1].expand(50, 9, DIM)
    assert torch.equal(router(crowd).chosen, router(queries()).chosen[:1, :1].expand(50, 9, 2))
    for _ in range(3):
        assert torch.equal(router.train()(queries()).gates, router.eval()(queries()).gates)
