"""Single attention and several heads: against loops, against torch, and with a growing past."""

import itertools
import math

import pytest
import torch
from torch import Tensor, nn

from embedseq.models.attention.attend import attend
from embedseq.models.attention.heads import Attention, Projections
from embedseq.models.attention.look import Asking, Look
from embedseq.models.attention.registry import scorers
from embedseq.models.attention.rotary import Rotary
from embedseq.models.attention.scorers.scaled_dot import ScaledDot
from embedseq.models.attention.spans import Window, causal
from embedseq.models.memory import Memory

DIM = 12


def make(scorer: str, heads: int) -> Attention:
    width = DIM // heads
    return Attention(scorers()[scorer](width, width, 5), heads, Projections(DIM, DIM, DIM)).double()


def projections_of(attention: Attention) -> Projections:
    assert attention.projections is not None
    return attention.projections


def states_and_valid() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(1)
    return torch.randn(3, 5, DIM, dtype=torch.float64), torch.arange(5) < torch.tensor([[5], [2], [1]])


@pytest.mark.parametrize("heads", [1, 2, 4])
@pytest.mark.parametrize("span", [None, "causal"])
def test_our_heads_equal_torchs_with_copied_weights(heads: int, span: str | None) -> None:
    states, valid = states_and_valid()
    ours, theirs = make("scaled-dot", heads), nn.MultiheadAttention(DIM, heads, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        own = projections_of(ours)
        projections = (own.query, own.key, own.value)
        theirs.in_proj_weight.copy_(torch.cat([projection.weight for projection in projections]))
        theirs.in_proj_bias.copy_(torch.cat([projection.bias for projection in projections]))
        theirs.out_proj.weight.copy_(own.output.weight)
        theirs.out_proj.bias.copy_(own.output.bias)
    allowed = causal(5, states.device) if span else None
    seen = ours(states, ours.prepare(states, valid), Asking(allowed=allowed, weights=True))
    expected, weights = theirs(
        states,
        states,
        states,
        key_padding_mask=~valid,
        attn_mask=None if allowed is None else ~allowed,
        average_attn_weights=False,
    )
    torch.testing.assert_close(seen.context, expected, rtol=0, atol=1e-13)
    torch.testing.assert_close(seen.weights.transpose(1, 2), weights, rtol=0, atol=1e-13)


@pytest.mark.parametrize("scorer", sorted(scorers()))
@pytest.mark.parametrize("heads", [1, 3])
def test_heads_equal_a_loop_over_single_attentions(scorer: str, heads: int) -> None:
    states, valid = states_and_valid()
    query = torch.randn(3, 2, DIM, dtype=torch.float64)
    attention = make(scorer, heads)
    seen = attention(query, attention.prepare(states, valid), Asking(weights=True))
    width = DIM // heads
    contexts = []
    for head in range(heads):
        part = slice(head * width, (head + 1) * width)
        q, k, v = (
            projection(given)[..., part]
            for projection, given in (
                (projections_of(attention).query, query),
                (projections_of(attention).key, states),
                (projections_of(attention).value, states),
            )
        )
        alone = attend(attention.scorer(q, attention.scorer.prepare(k)), v, valid.unsqueeze(1))
        torch.testing.assert_close(seen.weights[:, :, head], alone.weights, rtol=0, atol=1e-13)
        contexts.append(alone.mixed)
    torch.testing.assert_close(seen.context, projections_of(attention).output(torch.cat(contexts, -1)), rtol=0, atol=1e-13)


@pytest.mark.parametrize("scorer", sorted(scorers()))
def test_a_single_attention_mixes_the_memorys_own_states(scorer: str) -> None:
    states, valid = states_and_valid()
    query = torch.randn(3, 2, DIM, dtype=torch.float64)
    attention = Attention(scorers()[scorer](DIM, DIM, 5)).double()
    seen = attention(query, attention.read(Memory(states, valid, (states[:, 0],))), Asking(weights=True))
    assert seen.weights.shape == (3, 2, 1, 5)
    assert torch.all(seen.weights.squeeze(2)[~valid.unsqueeze(1).expand(-1, 2, -1)] == 0.0)
    torch.testing.assert_close(seen.context, seen.weights.squeeze(2) @ states, rtol=0, atol=1e-13)


def looks() -> list[Look]:
    return [Attention(scorers()["additive"](DIM, DIM, 5)).double(), make("additive", 3), make("scaled-dot", 4)]


@pytest.mark.parametrize("number", range(3))
def test_weights_are_returned_only_when_asked_for(number: int) -> None:
    states, valid = states_and_valid()
    look = looks()[number]
    prepared = look.read(Memory(states, valid, (states[:, 0],)))
    assert look(states, prepared).weights is None
    assert look(states, prepared, Asking(weights=True)).weights is not None


@pytest.mark.parametrize("number", range(3))
def test_a_source_without_any_token_gives_finite_contexts(number: int) -> None:
    states, valid = states_and_valid()
    look = looks()[number]
    seen = look(states, look.read(Memory(states, valid & False, (states[:, 0],))), Asking(weights=True))
    assert torch.all(seen.weights == 0.0)
    assert torch.all(torch.isfinite(seen.context))


def test_a_past_that_grows_equals_one_that_is_there_at_once() -> None:
    states, _ = states_and_valid()
    attention = make("additive", 3)
    everywhere = torch.ones(3, 5, dtype=torch.bool)
    whole = attention.prepare(states, everywhere)
    grown = attention.prepare(states[:, :2], everywhere[:, :2]).append(attention.prepare(states[:, 2:], everywhere[:, 2:]))
    torch.testing.assert_close(attention(states, grown).context, attention(states, whole).context, rtol=0, atol=1e-13)


def test_selecting_rows_repeats_and_reorders_the_memory() -> None:
    states, valid = states_and_valid()
    attention = make("scaled-dot", 2)
    rows = torch.tensor([2, 0, 0])
    chosen, direct = attention.prepare(states, valid).select(rows), attention.prepare(states[rows], valid[rows])
    assert torch.equal(chosen.valid, direct.valid)
    torch.testing.assert_close(chosen.keys, direct.keys, rtol=0, atol=1e-14)
    torch.testing.assert_close(chosen.values, direct.values, rtol=0, atol=1e-14)


def literal_by_loop(states: Tensor, valid: Tensor, heads: int, causal_too: bool) -> Tensor:
    """softmax(Q Kᵀ / √d) V with Q = K = V = the states, each head having its share of the width, one number at a time."""
    context, width = torch.zeros_like(states), states.shape[-1] // heads
    for b, head, t in itertools.product(range(len(states)), range(heads), range(states.shape[1])):
        of_head = states[b, :, head * width : (head + 1) * width].tolist()
        keys = [s for s in range(len(of_head)) if valid[b, s] and (s <= t or not causal_too)]
        energies = [math.exp(sum(x * y for x, y in zip(of_head[t], of_head[s], strict=True)) / math.sqrt(width)) for s in keys]
        for i in range(width):
            mixed = sum(energy * of_head[s][i] for energy, s in zip(energies, keys, strict=True))
            context[b, t, head * width + i] = mixed / sum(energies)
    return context


@pytest.mark.parametrize("heads", [1, 3])
@pytest.mark.parametrize("causal_too", [False, True])
def test_self_attention_in_its_literal_form_equals_a_loop(heads: int, causal_too: bool) -> None:
    states, valid = states_and_valid()
    width = DIM // heads
    attention = Attention(scorers()["scaled-dot"](width, width, 5), heads)
    seen = attention(states, attention.prepare(states, valid), Asking(causal=causal_too))
    assert not list(attention.parameters())
    torch.testing.assert_close(seen.context, literal_by_loop(states, valid, heads, causal_too), rtol=0, atol=1e-13)


@pytest.mark.parametrize("scorer", sorted(scorers()))
def test_heads_without_projections_each_take_their_share_of_the_width(scorer: str) -> None:
    states, valid = states_and_valid()
    attention = Attention(scorers()[scorer](4, 4, 5), 3).double()
    seen = attention(states, attention.prepare(states, valid), Asking(weights=True))
    for head in range(3):
        part = states[..., 4 * head : 4 * head + 4]
        alone = attend(attention.scorer(part, attention.scorer.prepare(part)), part, valid.unsqueeze(1))
        torch.testing.assert_close(seen.weights[:, :, head], alone.weights, rtol=0, atol=1e-13)
        torch.testing.assert_close(seen.context[..., 4 * head : 4 * head + 4], alone.mixed, rtol=0, atol=1e-13)


def test_the_query_may_have_another_width_than_the_states() -> None:
    states, valid = states_and_valid()
    query = torch.randn(3, 2, 9, dtype=torch.float64)
    for attention in (
        Attention(scorers()["additive"](3, 4, 5), 3).double(),
        Attention(scorers()["scaled-dot"](4, 4, 5), 3, Projections(9, DIM, DIM)).double(),
    ):
        assert attention(query, attention.prepare(states, valid)).context.shape == (3, 2, DIM)


def test_a_causal_question_sees_what_a_causal_mask_allows() -> None:
    states, valid = states_and_valid()
    attention = make("additive", 3)
    prepared = attention.prepare(states, valid)
    by_mask = attention(states, prepared, Asking(allowed=causal(5, states.device), weights=True))
    seen = attention(states, prepared, Asking(causal=True, weights=True))
    assert torch.equal(seen.weights, by_mask.weights)
    both = attention(states, prepared, Asking(causal=True, allowed=torch.eye(5) > 0, weights=True))
    assert torch.equal(both.weights, attention(states, prepared, Asking(allowed=torch.eye(5) > 0, weights=True)).weights)


def test_a_later_token_changes_no_earlier_context_of_a_causal_question() -> None:
    states, _ = states_and_valid()
    attention, everywhere = make("scaled-dot", 4), torch.ones(3, 5, dtype=torch.bool)
    changed = torch.cat((states[:, :3], torch.randn(3, 2, DIM, dtype=torch.float64)), dim=1)
    before, after = (attention(x, attention.prepare(x, everywhere), Asking(causal=True)).context for x in (states, changed))
    assert torch.equal(before[:, :3], after[:, :3])
    assert torch.all((before[:, 3:] != after[:, 3:]).any(dim=-1))


@pytest.mark.parametrize("shape", [(3, 4, 2, 5), (3, 1, 2, 5), (3, 1, 1, 5), (1,)])
def test_a_bias_is_added_to_the_scores(shape: tuple[int, ...]) -> None:
    states, valid = states_and_valid()
    query, bias = torch.randn(3, 2, DIM, dtype=torch.float64), torch.randn(shape, dtype=torch.float64)
    attention = make("scaled-dot", 4)
    prepared = attention.prepare(states, valid)
    seen = attention(query, prepared, Asking(bias=bias, weights=True))
    asked = projections_of(attention).query(query).view(3, 2, 4, 3).transpose(1, 2)
    expected = attend(attention.scorer(asked, prepared.keys) + bias, prepared.values, valid[:, None, None])
    torch.testing.assert_close(seen.weights.transpose(1, 2), expected.weights, rtol=0, atol=1e-14)


def test_a_lasting_bias_moves_all_weight_and_never_to_padding() -> None:
    states, valid = states_and_valid()
    attention = make("scaled-dot", 4)
    bias = torch.tensor([0.0, 0.0, 0.0, 0.0, 1e9], dtype=torch.float64)
    weights = attention(states, attention.prepare(states, valid), Asking(bias=bias, weights=True)).weights
    assert torch.all(weights[0, ..., 4] == 1.0)
    assert torch.all(weights[1:, ..., 2:] == 0.0)


def test_turned_keys_and_queries_stand_where_they_say() -> None:
    states, _ = states_and_valid()
    everywhere = torch.ones(3, 5, dtype=torch.bool)
    attention = Attention(ScaledDot(4, 4, 4), 3, Projections(DIM, DIM, DIM), rotary=Rotary(4)).double()
    whole = attention(states, attention.prepare(states, everywhere), Asking(causal=True, weights=True))
    past = attention.prepare(states[:, :3], everywhere[:, :3])
    later = past.append(attention.prepare(states[:, 3:], everywhere[:, 3:], first=3))
    seen = attention(states[:, 3:], later, Asking(first=3, causal=True, weights=True))
    torch.testing.assert_close(seen.weights, whole.weights[:, 3:], rtol=0, atol=1e-13)
    misplaced = attention(states[:, 3:], later, Asking(weights=True))
    assert not torch.allclose(misplaced.weights[:, 1, :, :4], whole.weights[:, 4, :, :4])


def test_heads_and_spans_go_together() -> None:
    states, valid = states_and_valid()
    attention = make("additive", 3)
    within = Attention(attention.scorer, 3, attention.projections, Window(1))
    seen = within(states[:, :2], within.prepare(states, valid), Asking(first=2, weights=True))
    near = torch.tensor([[False, True, True, True, False], [False, False, True, True, True]])
    expected = attention(states[:, :2], attention.prepare(states, valid), Asking(allowed=near, weights=True))
    assert torch.equal(seen.weights, expected.weights)
    assert torch.equal(seen.context, expected.context)
