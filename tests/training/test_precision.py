"""Training with matrices in bfloat16: nearly the same losses and gradients, with weights, gradients and losses in float32."""

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from test_loop import batches, sentences, tiny

from embedseq.models.build import HandedOver, Sizes, build_model
from embedseq.models.interfaces import Model
from embedseq.models.settings import ModelShape
from embedseq.text.batches import Batch, pad
from embedseq.text.vocabulary import END, START
from embedseq.training.gradients import Gradients
from embedseq.training.loop import TrainingData, train
from embedseq.training.settings import TrainSettings

WORDS, LABELS = 23, 9
ATTENTIONS: dict[str, Any] = {
    "additive": {"scorer": "additive", "input_feeding": True},
    "general": {"scorer": "general", "copying": True, "coverage": True},
    "local": {"scorer": "dot", "span": "local-p", "window": 2},
    "experts": {"scorer": "scaled-dot", "heads": 2, "experts": 3},
    "location": {"scorer": "location", "positions": 12},
}
SHAPES: dict[str, dict[str, Any]] = {
    **{
        f"{architecture}-tied": {"architecture": architecture, "tie_output": True}
        for architecture in ("rnn", "gru", "transformer")
    },
    **{f"lstm-{name}": {"architecture": "lstm", "attention": attention} for name, attention in ATTENTIONS.items()},
    "transformer-gated": {"architecture": "transformer", "activation": "swiglu", "normalisation": "rms", "positions": "rotary"},
    **{
        f"{kind}-{architecture}": {"kind": kind, "architecture": architecture}
        for kind in ("language-model", "masked-language-model", "tagger", "classifier")
        for architecture in ("lstm", "transformer")
    },
}


def batch_of(kind: str, texts: Sequence[Sequence[int]]) -> Batch:
    """The texts as a kind of model reads them."""
    rows = torch.arange(len(texts))
    source, valid = pad([[*text, END] for text in texts])
    if kind in ("encoder-decoder", "language-model"):
        target_in, real = pad([[START, *text] for text in texts])
        return Batch(rows, source, valid, target_in, source, real)
    answers, real = pad([[4 + text[0] % (LABELS - 4)] for text in texts])
    return Batch(rows, source, valid, answers, answers, real, places=None if kind == "classifier" else torch.zeros_like(answers))


def updated(fields: dict[str, Any], precision: str) -> tuple[float, dict[str, torch.Tensor]]:
    """The loss a token, and the gradients."""
    shape = ModelShape.model_validate({"dim": 16, "heads": 2, "dropout": 0.0, "feed_forward": 24, **fields})
    kind = fields.get("kind", "encoder-decoder")
    target = WORDS if kind == "encoder-decoder" else LABELS
    model: Model = build_model(shape, Sizes(WORDS, target), HandedOver(), seed=1).train()
    batch = batch_of(kind, sentences(12, seed=3))
    (loss, _) = Gradients(model, TrainSettings(precision=precision, label_smoothing=0.1), seed=1).add([batch], update=1).tolist()  # type: ignore[arg-type]
    found = {name: weight.grad for name, weight in model.named_parameters() if weight.grad is not None}
    return loss / int(batch.target_valid.sum()), found


@pytest.mark.parametrize("fields", SHAPES.values(), ids=SHAPES)
def test_losses_and_gradients_agree_with_those_of_float32(fields: dict[str, Any]) -> None:
    (exact, expected), (rounded, found) = (updated(fields, precision) for precision in ("float32", "bfloat16"))
    assert rounded == pytest.approx(exact, rel=0.01)
    assert rounded != exact
    assert found.keys() == expected.keys()
    assert {gradient.dtype for gradient in found.values()} == {torch.float32}
    whole, other = (torch.cat([each.flatten() for each in part.values()]) for part in (expected, found))
    assert torch.nn.functional.cosine_similarity(whole, other, dim=0) > 0.99


@pytest.mark.parametrize("architecture", ["lstm", "transformer"])
def test_training_learns_as_much_and_keeps_weights_in_float32(tmp_path: Any, architecture: str) -> None:
    data = TrainingData(batches(tmp_path / "train", sentences(60, 1)), batches(tmp_path / "valid", sentences(20, 2)))
    losses = []
    for precision in ("float32", "bfloat16"):
        model = tiny(architecture, dropout=0.0)
        settings = TrainSettings(epochs=3, batch_tokens=60, lr=0.01, precision=precision)  # type: ignore[arg-type]
        losses.append(train(model, data, settings, seed=1).epochs[-1].valid_loss)
        assert {weight.dtype for weight in model.parameters()} == {torch.float32}
    assert losses[1] == pytest.approx(losses[0], rel=0.03)
    assert losses[1] != losses[0]
