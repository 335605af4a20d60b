"""Settings become the attention that they say."""

import pytest
import torch

from embedseq.models.attention.compose import Place, compose
from embedseq.models.attention.experts import Experts
from embedseq.models.attention.heads import Attention
from embedseq.models.attention.look import Asking
from embedseq.models.attention.registry import position_scorers, scorers
from embedseq.models.attention.spans import spans
from embedseq.models.settings import SelfAttentionSettings

PLACE = Place(query_dim=12, key_dim=12, dim=12, projected=True)


def settings(**fields: object) -> SelfAttentionSettings:
    return SelfAttentionSettings.model_validate(fields)


@pytest.mark.parametrize("name", sorted(spans()))
@pytest.mark.parametrize("experts", [None, 4])
def test_the_named_span_is_built_with_its_width(name: str, experts: int | None) -> None:
    look = compose(settings(span=name, window=7, heads=2, experts=experts), PLACE)
    assert isinstance(look, Attention | Experts)
    assert type(look.span) is spans()[name]
    assert look.span.width == 7


def test_a_predicting_span_reads_the_whole_query() -> None:
    look = compose(settings(scorer="additive", span="local-p", heads=2), Place(query_dim=20, key_dim=12, dim=12, projected=True))
    query, states, valid = torch.randn(2, 3, 20), torch.randn(2, 5, 12), torch.ones(2, 5, dtype=torch.bool)
    assert look(query, look.prepare(states, valid)).context.shape == (2, 3, 12)


def test_the_literal_form_has_no_weights_at_all() -> None:
    look = compose(settings(scorer="scaled-dot", heads=3, projections=False), PLACE)
    assert not list(look.parameters())


@pytest.mark.parametrize("heads", [1, 3])
def test_experts_are_as_wide_as_so_many_heads_would_be(heads: int) -> None:
    look = compose(settings(heads=heads, experts=5), PLACE)
    assert isinstance(look, Experts)
    assert look.router.experts == 5
    assert look.router.chosen == heads
    assert look.projections.query.out_features == 5 * 12 // heads


def test_one_expert_of_one_equals_one_plain_head() -> None:
    torch.manual_seed(1)
    expert, plain = (compose(settings(experts=experts), PLACE).double() for experts in (1, None))
    missing = plain.load_state_dict(expert.state_dict(), strict=False).missing_keys
    assert not missing
    states, valid = torch.randn(2, 5, 12, dtype=torch.float64), torch.arange(5) < torch.tensor([[5], [2]])
    seen, expected = (look(states, look.prepare(states, valid), Asking(weights=True)) for look in (expert, plain))
    torch.testing.assert_close(seen.context, expected.context, rtol=0, atol=1e-13)
    torch.testing.assert_close(seen.weights, expected.weights, rtol=0, atol=1e-13)


@pytest.mark.parametrize("name", [*scorers(), *position_scorers()])
@pytest.mark.parametrize("heads", [1, 3])
def test_every_projection_learns_from_every_scorer(name: str, heads: int) -> None:
    torch.manual_seed(1)
    look = compose(settings(scorer=name, heads=heads), PLACE)
    states = torch.randn(2, 5, 12)
    look(states, look.prepare(states, torch.ones(2, 5, dtype=torch.bool))).context.square().sum().backward()
    for weight_name, weight in look.named_parameters():
        assert weight.grad is not None, weight_name
        assert weight_name.endswith("key.bias") or torch.any(weight.grad != 0.0), weight_name
