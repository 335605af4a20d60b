"""The penalties of a model's members in training: they move the weights, and stay out of what is reported as the loss."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from embedseq.errors import WorkError
from embedseq.models.build import HandedOver, Sizes, build_seq2seq
from embedseq.models.interfaces import Decoded
from embedseq.models.logits import DenseLogits
from embedseq.models.seq2seq import Seq2Seq
from embedseq.models.settings import ModelShape
from embedseq.text.batches import TokenBatches
from embedseq.text.encoded import Encoded
from embedseq.training.load import expert_load
from embedseq.training.loop import TrainingData, train, valid_loss
from embedseq.training.loss import batch_loss
from embedseq.training.progress import Standing
from embedseq.training.settings import TrainSettings

VOCABULARY = 14
ROUTERS = {"encoder": "encoder.layers.0.attention", "past": "decoder.layers.0.attention", "memory": "decoder.layers.0.look"}
Penalty = Callable[[Seq2Seq], Tensor]


@pytest.fixture
def data(tmp_path: Path) -> TrainingData:
    random = np.random.default_rng(1)

    def split(name: str, count: int) -> TokenBatches:
        sources = [random.integers(4, VOCABULARY, size=random.integers(1, 8)).tolist() for _ in range(count)]
        (tmp_path / name).mkdir()
        source = Encoded.write(tmp_path / name / "source", sources)
        return TokenBatches(source, Encoded.write(tmp_path / name / "target", [each[::-1] for each in sources]), 60)

    return TrainingData(split("train", 60), split("valid", 20))


def experts(balance: float = 0.01, **fields: object) -> Seq2Seq:
    """A Transformer all of whose attentions pick two of six experts."""
    attention = {"scorer": "scaled-dot", "heads": 2, "experts": 6, "balance": balance}
    record = {"architecture": "transformer", "dim": 16, "attention": attention, "self_attention": attention, **fields}
    return build_seq2seq(ModelShape.model_validate(record), Sizes(VOCABULARY, VOCABULARY), HandedOver(), 1)


def without_penalty() -> Seq2Seq:
    shape = ModelShape.model_validate({"architecture": "gru", "dim": 16, "dropout": 0.2})
    return build_seq2seq(shape, Sizes(VOCABULARY, VOCABULARY), HandedOver(), 1)


def penalised(penalty: Penalty) -> Seq2Seq:
    """A model without penalties of its own to which one is given."""
    model = without_penalty()

    def add(_: nn.Module, __: object, decoded: Decoded) -> Decoded:
        return replace(decoded, penalty=penalty(model)) if model.training else decoded

    model.register_forward_hook(add)
    return model


def nothing(model: Seq2Seq) -> Tensor:
    return next(model.parameters()).sum() * 0.0


def of_the_encoder(model: Seq2Seq) -> Tensor:
    return 50.0 * sum((weight.square().sum() for weight in model.encoder.parameters()), torch.zeros(()))


def weights(model: Seq2Seq) -> dict[str, bytes]:
    return {name: tensor.numpy().tobytes() for name, tensor in model.state_dict().items()}


def test_what_is_minimised_is_the_smoothed_loss_and_the_penalty_per_token() -> None:
    torch.manual_seed(1)
    logits, targets, valid = torch.randn(2, 3, 6), torch.randint(0, 6, (2, 3)), torch.tensor([[1, 1, 1], [1, 0, 0]]).bool()
    loss = batch_loss(DenseLogits(logits), targets, valid, smoothing=0.1)
    assert loss.objective(None).item() == pytest.approx(loss.smoothed.item() / 4)
    assert loss.objective(torch.tensor(8.0)).item() == pytest.approx(loss.smoothed.item() / 4 + 2.0)


def test_a_penalty_moves_the_weights_and_one_of_nothing_does_not(data: TrainingData) -> None:
    settings = TrainSettings(epochs=1)
    models = [penalised(nothing), penalised(of_the_encoder)]
    plain = without_penalty()
    histories = [train(model, data, settings, seed=5) for model in (plain, *models)]
    assert weights(plain) == weights(models[0])
    assert histories[0] == histories[1]
    squares = [sum(weight.square().sum().item() for weight in model.encoder.parameters()) for model in models]
    assert squares[1] < squares[0]


def test_the_losses_of_the_history_are_without_the_penalty(data: TrainingData) -> None:
    """At a rate of next to nothing the loss of an epoch is that of the weights at its start."""
    model = penalised(of_the_encoder)
    settings = TrainSettings(epochs=1, lr=1e-12, schedule="constant")
    history = train(model, data, settings, seed=5)
    plain = penalised(nothing)
    expected = train(plain, data, settings, seed=5)
    assert history.epochs[0].train_loss == pytest.approx(expected.epochs[0].train_loss, abs=1e-6)
    assert history.epochs[0].valid_loss == pytest.approx(valid_loss(model, data.valid), abs=1e-6)
    assert history.epochs[0].gradient_norm > 2 * expected.epochs[0].gradient_norm


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_penalty_that_is_no_number_ends_the_training(value: float, data: TrainingData) -> None:
    model = penalised(lambda model: nothing(model) + value)
    with pytest.raises(WorkError, match=r"epoch 1, update 1: the loss per token is (nan|inf)"):
        train(model, data, TrainSettings(epochs=1), seed=5)


def test_a_model_with_experts_has_a_penalty_in_training_alone_and_it_reaches_every_router(data: TrainingData) -> None:
    model = experts().train()
    batch = next(data.train.epoch(None))
    penalty = model(batch.source, batch.source_valid, batch.target_in).penalty
    assert penalty is not None
    penalty.backward()
    for place in ROUTERS.values():
        gradient = model.get_submodule(place).router.score.weight.grad  # type: ignore[union-attr]
        assert isinstance(gradient, Tensor)
        assert gradient.abs().max() > 0.0
    assert model.eval()(batch.source, batch.source_valid, batch.target_in).penalty is None


def test_the_penalty_counts_real_tokens_alone(data: TrainingData) -> None:
    """With even probabilities the imbalance of each of the three mixtures is one for every real query."""
    model = experts(balance=1.0, dropout=0.0).train()
    batch = next(data.train.epoch(None))
    source, target = int(batch.source_valid.sum()), int(batch.target_valid.sum())
    assert source < batch.source_valid.numel() or target < batch.target_valid.numel()
    for place in ROUTERS.values():
        nn.init.zeros_(model.get_submodule(place).router.score.weight)  # type: ignore[union-attr, arg-type]
    penalty = model(batch.source, batch.source_valid, batch.target_in).penalty
    assert penalty.item() == pytest.approx(source + 2 * target, rel=1e-5)


def test_the_balance_spreads_the_load(data: TrainingData) -> None:
    settings = TrainSettings(epochs=8, lr=5e-3, early_stopping=None)
    spread = []
    for balance in (0.0, 1.0):
        model = experts(balance)
        train(model, data, settings, seed=5)
        spread.append(max(max(shares) - min(shares) for shares in expert_load(model, data.valid).values()))
    assert spread[1] < spread[0]


@pytest.mark.usefixtures("saved_at_each_update")
def test_an_interrupted_training_with_experts_ends_in_the_bytes_of_an_undisturbed_one(data: TrainingData, tmp_path: Path) -> None:
    settings = TrainSettings(epochs=3, label_smoothing=0.1)
    undisturbed, resumed = experts(), experts()
    expected = train(undisturbed, data, settings, seed=7)

    def stop(standing: Standing) -> None:
        if standing.epoch == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(experts(), data, settings, 7, stop, tmp_path / "checkpoint", save_seconds=0.0)
    assert list((tmp_path / "checkpoint").iterdir())
    assert train(resumed, data, settings, seed=7, checkpoint=tmp_path / "checkpoint") == expected
    assert weights(resumed) == weights(undisturbed)


def test_a_model_with_experts_trains_on_its_own_tokens_too(data: TrainingData) -> None:
    history = train(experts(), data, TrainSettings(epochs=2, teacher_forcing=0.5), seed=5)
    assert history.epochs[1].train_loss < history.epochs[0].train_loss
