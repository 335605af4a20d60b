"""The lengths of the values that attention mixes, against loops."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from embedseq.models.attention.value_norms import recorded_value_norms
from embedseq.models.seq2seq import Seq2Seq
from embedseq.text.batches import Batch, pad

WITH_NORMS = [
    {"architecture": "lstm", "attention": "additive", "layers": 1},
    {"architecture": "gru", "attention": {"scorer": "dot", "heads": 2, "projections": False}},
    {"architecture": "rnn", "attention": {"scorer": "general", "heads": 4, "projections": True}},
    {
        "architecture": "lstm",
        "attention": {"scorer": "additive", "when": "before", "input_feeding": True},
        "self_attention": "dot",
    },
    {"architecture": "transformer", "heads": 4},
]
WITHOUT = [
    {"attention": "none"},
    {"architecture": "transformer", "attention": {"scorer": "scaled-dot", "heads": 2, "experts": 4}},
]


def batch_of(sentences: list[list[int]], targets: Tensor) -> Batch:
    source, valid = pad([[*sentence, 3] for sentence in sentences])
    return Batch(torch.arange(len(source)), source, valid, targets, targets, torch.ones_like(targets, dtype=torch.bool))


@pytest.mark.parametrize("fields", WITH_NORMS, ids=str)
def test_norms_are_those_of_a_loop_over_heads_and_states(
    fields: dict[str, object], build: Callable[..., Seq2Seq], sentences: list[list[int]], targets: Tensor
) -> None:
    model = build(**fields).double().eval()
    batch = batch_of(sentences[:3], targets[:3])
    with torch.no_grad(), recorded_value_norms(model.decoder) as found:
        weights = model.predict(batch, weights=True).attention
    memory = model.encode(batch.source, batch.source_valid)
    decoder = model.decoder
    looks = [layer.look for layer in decoder.layers] if fields["architecture"] == "transformer" else [decoder.look]
    assert found.layers == len(looks)
    assert found.joined is not None
    assert weights is not None
    assert found.joined.shape == weights.shape[:1] + weights.shape[2:]
    for sentence in range(3):
        for place in range(memory.states.shape[1]):
            state = memory.states[sentence, place]
            expected = [norm for look in looks for norm in by_hand(look, state)]
            torch.testing.assert_close(found.joined[sentence, :, place], torch.stack(expected))


def by_hand(look: object, state: Tensor) -> list[Tensor]:
    """What a weight of one adds to the context, head by head: the context of that state alone, the others silent."""
    heads, projections = look.heads, look.projections  # type: ignore[attr-defined]
    width = len(state) // heads
    if projections is None:
        return [state[head * width : (head + 1) * width].norm() for head in range(heads)]
    values, norms = projections.value(state), []
    for head in range(heads):
        alone = torch.zeros_like(values)
        alone[head * width : (head + 1) * width] = values[head * width : (head + 1) * width]
        norms.append((projections.output.weight @ alone).norm())
    return norms


@pytest.mark.parametrize("fields", WITHOUT, ids=str)
def test_looks_without_a_plain_sum_of_values_have_no_norms(
    fields: dict[str, object], build: Callable[..., Seq2Seq], sentences: list[list[int]], targets: Tensor
) -> None:
    model = build(**fields).eval()
    with torch.no_grad(), recorded_value_norms(model.decoder) as found:
        model.predict(batch_of(sentences[:3], targets[:3]))
    assert found.joined is None


def test_nothing_is_recorded_outside_the_block(
    build: Callable[..., Seq2Seq], sentences: list[list[int]], targets: Tensor
) -> None:
    model = build().eval()
    with recorded_value_norms(model.decoder) as found:
        pass
    model.predict(batch_of(sentences[:3], targets[:3]))
    assert found.layers == 0
    assert found.joined is None
