"""What a recurrent decoder gets of a source that it cannot look at."""

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from embedseq.models.recurrent import RecurrentState
from embedseq.models.seq2seq import Seq2Seq

Build = Callable[..., Seq2Seq]
CELLS = ("rnn", "rnn-relu", "lstm", "gru")


@pytest.mark.parametrize("encoder", CELLS)
@pytest.mark.parametrize("bridge", ["learned", "final", "mean", "none"])
@torch.no_grad()
def test_a_fixed_length_context_hands_over_as_many_numbers_for_any_source(
    build: Build, targets: Tensor, encoder: str, bridge: str
) -> None:
    model = build(encoder={"architecture": encoder}, decoder={"architecture": "lstm"}, bridge=bridge, attention="none").eval()
    counts = set()
    for length in (2, 40):
        source = torch.full((1, length), 5)
        memory = model.encode(source, source != 0)
        state = model.start(memory)
        assert isinstance(state, RecurrentState)
        handed = [*itertools.chain(*state.hidden), state.memory.keys, state.memory.values]
        counts.add(tuple(vector.numel() for vector in handed))
        blind = replace(memory, states=torch.full_like(memory.states, torch.nan))
        assert torch.equal(model.decoder(targets[:1], memory).logits, model.decoder(targets[:1], blind).logits)
    assert len(counts) == 1


@torch.no_grad()
def test_a_state_counts_the_tokens_that_were_read(build: Build, targets: Tensor) -> None:
    model = build(architecture="gru").eval()
    source = torch.full((64, 2), 5)
    state = model.start(model.encode(source, source != 0))
    for position in range(3):
        assert isinstance(state, RecurrentState)
        assert state.length == position
        state = model.step(targets[:, position], state).state
