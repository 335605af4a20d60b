import math
from pathlib import Path

import pytest
import torch

from embedseq.models.build import HandedOver, Sizes, build_seq2seq
from embedseq.models.logits import DenseLogits
from embedseq.models.settings import ModelShape
from embedseq.text.batches import TokenBatches
from embedseq.text.encoded import Encoded
from embedseq.training.loss import batch_loss, token_losses


def example(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(3, 4, 6, generator=generator, dtype=torch.float64)
    targets = torch.randint(0, 6, (3, 4), generator=generator)
    return logits, targets, torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]], dtype=torch.bool)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.7])
def test_the_loss_is_that_of_a_plain_loop(smoothing: float) -> None:
    logits, targets, valid = example()
    expected = plain = 0.0
    for b, t in valid.nonzero().tolist():
        p = [math.exp(float(x)) for x in logits[b, t]]
        log_p = [math.log(x / sum(p)) for x in p]
        plain -= log_p[targets[b, t]]
        expected -= (1 - smoothing) * log_p[targets[b, t]] + smoothing / 6 * sum(log_p)
    loss = batch_loss(DenseLogits(logits), targets, valid, smoothing)
    assert float(loss.smoothed) == pytest.approx(expected, abs=1e-12)
    assert float(loss.plain) == pytest.approx(plain, abs=1e-12)
    assert loss.tokens == 7
    assert float(token_losses(logits, targets, valid).sum()) == pytest.approx(plain, abs=1e-12)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_gradient_is_that_of_torchs_own_cross_entropy(smoothing: float) -> None:
    logits, targets, valid = example()
    logits.requires_grad_()
    batch_loss(DenseLogits(logits), targets, valid, smoothing).smoothed.backward()
    other = logits.detach().clone().requires_grad_()
    masked = targets.masked_fill(~valid, -100)
    torch.nn.functional.cross_entropy(
        other.flatten(0, 1), masked.flatten(), reduction="sum", label_smoothing=smoothing
    ).backward()
    assert logits.grad is not None
    assert other.grad is not None
    torch.testing.assert_close(logits.grad, other.grad, atol=1e-13, rtol=0)


def test_what_stands_at_padding_changes_nothing() -> None:
    logits, targets, valid = example()
    before = batch_loss(DenseLogits(logits), targets, valid, 0.1)
    logits[~valid], targets[~valid] = 1e30, 0
    after = batch_loss(DenseLogits(logits), targets, valid, 0.1)
    assert float(after.smoothed) == float(before.smoothed)
    assert float(after.plain) == float(before.plain)


@pytest.mark.parametrize("architecture", ["rnn", "lstm", "gru", "transformer"])
def test_the_loss_of_a_batch_is_the_sum_of_its_sentences_losses(architecture: str, tmp_path: Path) -> None:
    sources = [[4, 5, 6], [7], [8, 9, 4, 4, 5, 6], [5, 5]]
    source = Encoded.write(tmp_path / "source", sources)
    target = Encoded.write(tmp_path / "target", sources[::-1])
    shape = ModelShape.model_validate({"architecture": architecture, "dim": 8, "heads": 2})
    model = build_seq2seq(shape, Sizes(10, 10), HandedOver(), seed=1).double().eval()

    def loss(batch_tokens: int) -> list[float]:
        losses = []
        for batch in TokenBatches(source, target, batch_tokens).epoch(None):
            predicted = model(batch.source, batch.source_valid, batch.target_in).predicted
            losses.append(float(batch_loss(predicted, batch.target_out, batch.target_valid, 0.1).smoothed.detach()))
        return losses

    (together,) = loss(1000)
    alone = loss(1)
    assert len(alone) == 4
    assert sum(alone) == pytest.approx(together, abs=1e-12)
