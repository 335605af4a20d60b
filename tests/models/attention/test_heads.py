"""Single attention and several heads: against loops, against torch, and with a growing past."""

import pytest
import torch
from torch import nn

from embedseq.models.attention.attend import attend
from embedseq.models.attention.heads import Attention, MultiHead
from embedseq.models.attention.look import Look
from embedseq.models.attention.registry import scorers
from embedseq.models.attention.spans import causal
from embedseq.models.memory import Memory

DIM = 12


def make(scorer: str, heads: int) -> MultiHead:
    width = DIM // heads
    return MultiHead(DIM, heads, scorers()[scorer](width, width, 5)).double()


def states_and_valid() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(1)
    return torch.randn(3, 5, DIM, dtype=torch.float64), torch.arange(5) < torch.tensor([[5], [2], [1]])


@pytest.mark.parametrize("heads", [1, 2, 4])
@pytest.mark.parametrize("span", [None, "causal"])
def test_our_heads_equal_torchs_with_copied_weights(heads: int, span: str | None) -> None:
    states, valid = states_and_valid()
    ours, theirs = make("scaled-dot", heads), nn.MultiheadAttention(DIM, heads, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        projections = (ours.query_projection, ours.key_projection, ours.value_projection)
        theirs.in_proj_weight.copy_(torch.cat([projection.weight for projection in projections]))
        theirs.in_proj_bias.copy_(torch.cat([projection.bias for projection in projections]))
        theirs.out_proj.weight.copy_(ours.output_projection.weight)
        theirs.out_proj.bias.copy_(ours.output_projection.bias)
    allowed = causal(5, states.device) if span else None
    seen = ours(states, ours.prepare(states, valid), allowed, weights=True)
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
    seen = attention(query, attention.prepare(states, valid), weights=True)
    width = DIM // heads
    contexts = []
    for head in range(heads):
        part = slice(head * width, (head + 1) * width)
        q, k, v = (
            projection(given)[..., part]
            for projection, given in (
                (attention.query_projection, query),
                (attention.key_projection, states),
                (attention.value_projection, states),
            )
        )
        alone = attend(attention.scorer(q, attention.scorer.prepare(k)), v, valid.unsqueeze(1))
        torch.testing.assert_close(seen.weights[:, :, head], alone.weights, rtol=0, atol=1e-13)
        contexts.append(alone.mixed)
    torch.testing.assert_close(seen.context, attention.output_projection(torch.cat(contexts, -1)), rtol=0, atol=1e-13)


@pytest.mark.parametrize("scorer", sorted(scorers()))
def test_a_single_attention_mixes_the_memorys_own_states(scorer: str) -> None:
    states, valid = states_and_valid()
    query = torch.randn(3, 2, DIM, dtype=torch.float64)
    attention = Attention(scorers()[scorer](DIM, DIM, 5)).double()
    seen = attention(query, attention.read(Memory(states, valid, (states[:, 0],))), weights=True)
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
    assert look(states, prepared, weights=True).weights is not None


@pytest.mark.parametrize("number", range(3))
def test_a_source_without_any_token_gives_finite_contexts(number: int) -> None:
    states, valid = states_and_valid()
    look = looks()[number]
    seen = look(states, look.read(Memory(states, valid & False, (states[:, 0],))), weights=True)
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
