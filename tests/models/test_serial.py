"""Looking at several memories one after the other."""

import itertools
from typing import Any

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from several_memories import DIM, EXACT, additive, looks_of, masks, memory_of, one_look, queries, see
from torch import Tensor

from embedseq.models.settings import SelfAttentionSettings
from embedseq.models.transformer.serial import Joined, Serial
from embedseq.models.transformer.shape import LayerShape


@settings(max_examples=25)
@given(lengths=masks, seed=st.integers(0, 99), norm=st.sampled_from(["pre", "post"]))
@torch.no_grad()
def test_serial_looks_at_each_with_what_came_of_the_one_before(lengths: list[list[int]], seed: int, norm: Any) -> None:
    torch.manual_seed(3)
    shape = LayerShape(DIM, 8, 0.0, SelfAttentionSettings(), norm=norm)
    look = Serial(shape, [additive() for _ in lengths]).double()
    memory, query = memory_of(lengths, seed), queries(len(lengths[0]))
    seen = see(look, memory, query)
    for b, t in itertools.product(range(len(query)), range(2)):
        states, contexts, weights = query[b, t], [], []
        for own, m in zip(looks_of(look), (memory, *memory.others), strict=True):
            entered = normal(states) if norm == "pre" else states
            context, ours = one_look(own, entered, m.states[b], m.valid[b])
            states = states + context if norm == "pre" else normal(states + context)
            contexts.append(context)
            weights += ours
        count = max(1, sum(length[b] > 0 for length in lengths))
        torch.testing.assert_close(seen.joined[b, t], states, **EXACT)
        torch.testing.assert_close(seen.context[b, t], torch.stack(contexts).sum(0) / count, **EXACT)
        torch.testing.assert_close(seen.weights[b, t, 0], torch.tensor(weights, dtype=torch.float64) / count, **EXACT)


def normal(states: Tensor) -> Tensor:
    return (states - states.mean()) / torch.sqrt(states.var(correction=0) + 1e-5)


def test_what_is_joined_already_stays_as_it_is() -> None:
    states, joined = torch.randn(2, 3, DIM), torch.randn(2, 3, DIM)
    assert torch.equal(Joined().enter(states), states)
    assert torch.equal(Joined().join(states, joined), joined)
