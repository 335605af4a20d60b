import pytest
import torch

from embedseq.models.build import HandedOver, Sizes, build_seq2seq
from embedseq.models.mixed_decoding import decode_mixed
from embedseq.models.seq2seq import Seq2Seq
from embedseq.models.settings import ModelShape
from embedseq.text.batches import Batch, pad
from embedseq.text.vocabulary import END, PAD, START
from embedseq.training.forcing import draw_truths

TARGETS = [[4, 5, 6], [7], [8, 9, 4, 5]]


@pytest.fixture
def batch() -> Batch:
    source, source_valid = pad([[*target, END] for target in TARGETS])
    target_in, target_valid = pad([[START, *target] for target in TARGETS])
    target_out, _ = pad([[*target, END] for target in TARGETS])
    return Batch(torch.arange(3), source, source_valid, target_in, target_out, target_valid)


def model_of(architecture: str) -> Seq2Seq:
    shape = ModelShape.model_validate({"architecture": architecture, "dim": 8, "heads": 2})
    return build_seq2seq(shape, Sizes(10, 10), HandedOver(), seed=1).double().eval()


@pytest.mark.parametrize("architecture", ["rnn", "lstm", "gru", "transformer"])
def test_with_the_truth_alone_the_steps_give_what_teacher_forcing_gives(architecture: str, batch: Batch) -> None:
    model = model_of(architecture)
    memory = model.encode(batch.source, batch.source_valid)
    stepwise = decode_mixed(model.decoder, memory, batch.target_in, torch.ones_like(batch.target_valid)).logits
    forced = model(batch.source, batch.source_valid, batch.target_in).logits
    torch.testing.assert_close(stepwise[batch.target_valid], forced[batch.target_valid], atol=1e-10, rtol=0)


@pytest.mark.parametrize("architecture", ["gru", "transformer"])
def test_where_the_truth_is_not_read_the_likeliest_token_is(architecture: str, batch: Batch) -> None:
    model = model_of(architecture)
    truths = torch.tensor([[1, 0, 0, 0, 0], [1, 1, 0, 1, 0], [1, 0, 1, 1, 0]], dtype=torch.bool)
    logits = decode_mixed(model.decoder, model.encode(batch.source, batch.source_valid), batch.target_in, truths).logits
    true = truths | (batch.target_in == PAD)
    read = torch.where(true[:, 1:], batch.target_in[:, 1:], logits[:, :-1].argmax(dim=-1))
    expected = model(batch.source, batch.source_valid, torch.cat((batch.target_in[:, :1], read), dim=1)).logits
    torch.testing.assert_close(logits, expected, atol=1e-10, rtol=0)


@pytest.mark.parametrize("architecture", ["gru", "transformer"])
def test_gradients_reach_the_whole_model_through_the_steps(architecture: str, batch: Batch) -> None:
    model = model_of(architecture)
    memory = model.encode(batch.source, batch.source_valid)
    decode_mixed(model.decoder, memory, batch.target_in, torch.rand(batch.target_in.shape) < 0.5).logits.square().sum().backward()
    assert all(p.grad is not None and bool(p.grad.isfinite().all()) for p in model.parameters() if p.requires_grad)


def test_draws_are_repeatable_and_differ_from_update_to_update(batch: Batch) -> None:
    first = draw_truths(batch, 0.5, seed=3, update=1)
    assert torch.equal(first, draw_truths(batch, 0.5, seed=3, update=1))
    assert not torch.equal(first, draw_truths(batch, 0.5, seed=3, update=2))
    assert not torch.equal(first, draw_truths(batch, 0.5, seed=4, update=1))


def test_the_first_token_is_always_the_start_symbol_and_the_share_is_that_asked_for(batch: Batch) -> None:
    draws = torch.stack([draw_truths(batch, 0.3, seed=1, update=update) for update in range(400)])
    assert bool(draws[:, :, 0].all())
    assert float(draws[:, :, 1:].double().mean()) == pytest.approx(0.3, abs=0.03)
    assert not draw_truths(batch, 0.0, seed=1, update=1)[:, 1:].any()
