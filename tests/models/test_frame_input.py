"""Models that read frames of numbers in place of words."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from embedseq.models.build import HandedOver, Sizes, build_seq2seq
from embedseq.models.frame_input import FrameInput
from embedseq.models.seq2seq import Seq2Seq
from embedseq.models.settings import ModelShape
from embedseq.text.batches import Batch, Reading, pad

Shape = Callable[..., ModelShape]
FEATURES, WORDS = 5, 23
EXACT: Any = {"rtol": 0, "atol": 1e-12}
MODELS: list[dict[str, Any]] = [
    *({"architecture": architecture} for architecture in ("rnn", "lstm", "gru", "transformer")),
    {"architecture": "gru", "attention": {"coverage": True, "span": "local-p"}, "positions": "learned"},
    {"architecture": "transformer", "attention": "none", "positions": "rotary"},
]
every_model = pytest.mark.parametrize("fields", MODELS, ids=str)


def build(shape: ModelShape, further: tuple[int, ...] = ()) -> Seq2Seq:
    return build_seq2seq(shape, Sizes(0, WORDS, further, FEATURES), HandedOver(), seed=1)


def images() -> tuple[Tensor, Tensor]:
    """Three images of 8, 1 and 5 columns, zeros in the last and rubbish after it."""
    frames = torch.rand(3, 8, FEATURES, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    valid = torch.arange(8) < torch.tensor([[8], [1], [5]])
    frames[[0, 1, 2], [7, 0, 4]] = 0.0
    return frames, valid


@torch.no_grad()
def test_a_frame_is_projected() -> None:
    given, frames = FrameInput(FEATURES, 3).double(), images()[0]
    embedded, projection = given(frames), given.projection
    for b, s, d in ((0, 0, 0), (2, 4, 2), (1, 7, 1)):
        products = [float(projection.weight[d, f] * frames[b, s, f]) for f in range(FEATURES)]
        assert float(embedded[b, s, d]) == pytest.approx(sum(products) + float(projection.bias[d]), abs=1e-12)


@every_model
@torch.no_grad()
def test_what_stands_after_the_last_frame_never_changes_a_number(shape: Shape, fields: dict[str, Any]) -> None:
    model, (frames, valid) = build(shape(**fields)).double().eval(), images()
    targets = torch.tensor([[2, 5, 6]] * 3)
    memory, logits = model.encode(frames, valid), model(frames, valid, targets).logits
    other = torch.where(valid.unsqueeze(-1), frames, 77.0)
    assert torch.equal(model.encode(other, valid).states, memory.states)
    assert torch.equal(model(other, valid, targets).logits, logits)
    assert torch.all(memory.states[~valid] == 0.0)
    assert memory.tokens is None
    assert memory.joined_tokens is None
    for row, length in enumerate((8, 1, 5)):
        alone = model(frames[row : row + 1, :length], valid[row : row + 1, :length], targets[:1]).logits[0]
        torch.testing.assert_close(alone, logits[row], **EXACT)


@every_model
@torch.no_grad()
def test_steps_equal_teacher_forcing(shape: Shape, fields: dict[str, Any]) -> None:
    model, (frames, valid) = build(shape(**fields)).double().eval(), images()
    targets = torch.tensor([[2, 5, 6, 7]] * 3)
    decoded, state = model(frames, valid, targets), model.start(model.encode(frames, valid))
    for position in range(4):
        step = model.step(targets[:, position], state)
        state = step.state
        torch.testing.assert_close(step.logits, decoded.logits[:, position], **EXACT)


@every_model
def test_gradients_reach_every_parameter(shape: Shape, fields: dict[str, Any]) -> None:
    model, (frames, valid) = build(shape(**fields, dropout=0.0)).double(), images()
    decoded = model(frames, valid, torch.tensor([[2, 5, 6]] * 3))
    (decoded.logits.square().sum() + (0.0 if decoded.penalty is None else decoded.penalty)).backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert name.endswith("key.bias") or torch.any(weight.grad != 0.0), name


def test_there_is_no_table_of_source_words(shape: Shape) -> None:
    model = build(shape(architecture="gru"))
    assert list(model.tables()) == ["target"]
    assert {name for name in model.state_dict() if name.startswith("source")} == {
        "source.projection.weight",
        "source.projection.bias",
    }
    model.set_epoch(2)
    assert model.frozen_digests() == {}


@torch.no_grad()
def test_words_may_be_read_beside_an_image(shape: Shape) -> None:
    model, (frames, valid) = build(shape(architecture="gru"), further=(19,)).double().eval(), images()
    assert list(model.tables()) == ["source2", "target"]
    words, real = pad([[4, 3], [5, 6, 3], [3]])
    target = torch.tensor([[2, 5, 6]] * 3)
    batch = Batch(torch.arange(3), frames, valid, target, target, target != 0, (Reading(words, real),))
    attention = model.predict(batch, weights=True).attention
    assert attention is not None
    torch.testing.assert_close(attention.sum(-1), torch.ones(3, 3, 1, dtype=torch.float64), **EXACT)
    memory = model.encode(frames, valid, batch.further)
    assert memory.joined_tokens is None
    assert torch.equal(memory.others[0].tokens, words)


@torch.no_grad()
def test_images_have_no_states_of_words(shape: Shape) -> None:
    model, (frames, valid) = build(shape(architecture="transformer")).eval(), images()
    nothing = torch.zeros(len(frames), 0, dtype=torch.long)
    batch = Batch(torch.arange(len(frames)), frames, valid, nothing, nothing, nothing.bool())
    with pytest.raises(ValueError, match="has states of the words of its source and its target, not of 'source'"):
        model.states(batch)


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_all_kinds_of_numbers_and_devices_are_welcome(shape: Shape, device: str) -> None:
    model, (frames, valid) = build(shape(architecture="transformer")).to(device), images()
    target = torch.tensor([[2, 5, 6]] * 3, device=device)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(frames.float().to(device), valid.to(device), target).logits
    assert logits.device.type == device
    assert device == "meta" or bool(torch.all(torch.isfinite(logits)))
