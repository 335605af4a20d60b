"""Rotary positions against their equation, and what follows from it."""

import cmath

import pytest
import torch
from torch import Tensor

from embedseq.models.attention.heads import Attention, Projections
from embedseq.models.attention.look import Asking
from embedseq.models.attention.registry import scorers
from embedseq.models.attention.rotary import Rotary
from embedseq.models.attention.spans import causal


@pytest.mark.parametrize("dim", [2, 6, 8])
def test_pairs_are_turned_by_their_angle(dim: int) -> None:
    vectors = torch.randn(2, 3, 5, dim, dtype=torch.float64)
    turned = Rotary(dim)(vectors, first=7)
    for place in range(5):
        for pair in range(dim // 2):
            angle = (7 + place) * 10_000 ** (-2 * pair / dim)
            for left, right, became in zip(
                vectors[:, :, place, 2 * pair].flatten().tolist(),
                vectors[:, :, place, 2 * pair + 1].flatten().tolist(),
                turned[:, :, place, 2 * pair : 2 * pair + 2].flatten(0, 1).tolist(),
                strict=True,
            ):
                expected = complex(left, right) * cmath.exp(1j * angle)
                assert became == pytest.approx([expected.real, expected.imag], abs=1e-12)


def test_a_product_depends_on_the_distance_alone() -> None:
    torch.manual_seed(4)
    rotary = Rotary(6)
    query, key = torch.randn(2, 1, 6, dtype=torch.float64)

    def product(at: int, of: int) -> float:
        return float((rotary(query, at) * rotary(key, of)).sum())

    for distance in (-4, 0, 3):
        near, far = product(5, 5 + distance), product(905, 905 + distance)
        assert near == pytest.approx(far, abs=1e-10)
    assert product(5, 8) != pytest.approx(product(8, 5), abs=1e-3)


def test_lengths_stay_and_the_first_position_is_not_turned() -> None:
    vectors = torch.randn(4, 9, 8, dtype=torch.float64)
    turned = Rotary(8)(vectors, 0)
    torch.testing.assert_close(turned.norm(dim=-1), vectors.norm(dim=-1), rtol=0, atol=1e-12)
    assert torch.equal(turned[:, 0], vectors[:, 0])


def test_positions_are_the_same_one_by_one() -> None:
    vectors = torch.randn(2, 6, 8)
    together = Rotary(8)(vectors, 3)
    for place in range(6):
        assert torch.equal(Rotary(8)(vectors[:, place : place + 1], 3 + place)[:, 0], together[:, place])


def test_an_odd_width_has_no_pairs() -> None:
    with pytest.raises(ValueError, match="width of 5 is odd"):
        Rotary(5)


def test_the_gradient_is_right() -> None:
    vectors = torch.randn(2, 3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda each: Rotary(4)(each, 2), (vectors,))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_precision_of_the_vectors_stays(dtype: torch.dtype) -> None:
    vectors = torch.randn(2, 400, 8, dtype=torch.float64)
    turned = Rotary(8)(vectors.to(dtype), 100)
    assert turned.dtype == dtype
    torch.testing.assert_close(turned.double(), Rotary(8)(vectors, 100), rtol=0, atol=8 * torch.finfo(dtype).eps)


def _contexts(scorer: str, rotary: Rotary | None, first: int) -> Tensor:
    torch.manual_seed(2)
    attention = Attention(scorers()[scorer](4, 4, 4), 2, Projections(8, 8, 8), rotary=rotary).double()
    for weight in attention.parameters():
        torch.nn.init.normal_(weight, std=0.5)
    states, valid = torch.randn(2, 5, 8, dtype=torch.float64), torch.ones(2, 5, dtype=torch.bool)
    asking = Asking(first=first, allowed=causal(5, states.device))
    context: Tensor = attention(states, attention.prepare(states, valid, first), asking).context
    return context


@pytest.mark.parametrize("scorer", [name for name, kind in scorers().items() if "equal-widths" in kind.about.traits])
@torch.no_grad()
def test_a_sentence_that_begins_later_looks_at_itself_as_before(scorer: str) -> None:
    torch.testing.assert_close(_contexts(scorer, Rotary(4), 0), _contexts(scorer, Rotary(4), 70), rtol=0, atol=1e-12)
    assert not torch.allclose(_contexts(scorer, Rotary(4), 0), _contexts(scorer, None, 0))


@torch.no_grad()
def test_an_additive_score_would_know_where_the_sentence_begins() -> None:
    assert not torch.allclose(_contexts("additive", Rotary(4), 0), _contexts("additive", Rotary(4), 70))
