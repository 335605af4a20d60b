"""What is wrong with a model before it is trained, each planted, and nothing where nothing is."""

import math

import pytest
import torch
from test_loop import tiny, with_vectors
from torch import nn

from embedseq.errors import WorkError
from embedseq.models.seq2seq import Seq2Seq
from embedseq.text.batches import Batch
from embedseq.training.first_batch import FirstLook, Frozen, look_at_first_batch
from embedseq.training.loop import TrainingData, train
from embedseq.training.settings import TrainSettings


@pytest.fixture
def batch(data: TrainingData) -> Batch:
    return next(iter(data.train.epoch(1)))


def signs(look: FirstLook) -> list[str]:
    return [caution.sign for caution in look.cautions]


@pytest.mark.parametrize("architecture", ["rnn", "rnn-relu", "lstm", "gru", "transformer"])
def test_of_a_sound_model_nothing_is_said_and_nothing_is_changed(architecture: str, batch: Batch) -> None:
    model = tiny(architecture)
    weights, state = {name: p.clone() for name, p in model.state_dict().items()}, torch.get_rng_state()
    look = look_at_first_batch(model, batch, untrained=True)
    assert signs(look) == []
    assert abs(look.loss - math.log(14)) < 1.0
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(weights[name], p) for name, p in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())


def test_a_part_that_no_gradient_reaches_is_an_error_that_names_it(data: TrainingData) -> None:
    model = tiny()
    model.forgotten = nn.Linear(2, 3)
    with pytest.raises(WorkError, match=r"No gradient reaches forgotten\.weight, forgotten\.bias, though they are to be trained"):
        train(model, data, TrainSettings(epochs=1), 7)


def test_what_is_not_to_be_trained_needs_no_gradient(data: TrainingData) -> None:
    model = with_vectors("gradual")
    model.encoder.requires_grad_(False)
    assert train(model, data, TrainSettings(epochs=1), 7).cautions == ()


def test_a_gradient_that_is_not_finite_is_an_error_that_names_its_parameter(data: TrainingData) -> None:
    model = tiny()
    model.target.trained.register_hook(lambda gradient: gradient / 0.0)
    with pytest.raises(WorkError, match=r"the gradients of decoder\.embedding\.trained are not finite, though the loss is"):
        train(model, data, TrainSettings(epochs=1), 7)


def test_a_gradient_of_zeros_is_suspicious(batch: Batch) -> None:
    model = tiny()
    model.source.trained.register_hook(torch.zeros_like)
    look = look_at_first_batch(model, batch, untrained=True)
    assert signs(look) == ["gradient-zero"]
    assert "the gradient of source.trained is zero throughout (1 of " in look.cautions[0].seen


def scaled(model: Seq2Seq, factor: float) -> Seq2Seq:
    """With logits so many times as large."""
    decide = model.decoder.output
    with torch.no_grad():
        for parameter in decide.parameters():
            parameter.mul_(factor)
    return model


def test_logits_that_are_too_large_are_suspicious(batch: Batch) -> None:
    look = look_at_first_batch(scaled(tiny(), 60.0), batch, untrained=True)
    assert signs(look) == ["first-loss-high"]
    assert "guessing evenly among 14 would cost 2.64" in look.cautions[0].seen


def test_an_untrained_model_that_knows_the_answers_is_suspicious_and_a_trained_one_is_not(data: TrainingData) -> None:
    model = tiny(dim=32, dropout=0.0)
    train(model, TrainingData(data.train, data.train), TrainSettings(epochs=60, lr=0.02, early_stopping=None), 7)
    batch = next(iter(data.train.epoch(1)))
    assert signs(look_at_first_batch(model, batch, untrained=True)) == ["first-loss-low"]
    assert signs(look_at_first_batch(model, batch, untrained=False)) == []


def test_what_is_frozen_and_changes_all_the_same_ends_training_after_its_first_update(data: TrainingData) -> None:
    model = tiny()
    model.source.trained.requires_grad_(False)
    model.source.trained.data = model.target.trained.data  # shared with what is trained
    with pytest.raises(WorkError, match=r"The first update changed source\.trained, which are frozen"):
        train(model, data, TrainSettings(epochs=1), 7)


def test_frozen_rows_are_looked_at_too() -> None:
    model = with_vectors("frozen")
    frozen = Frozen(model)
    frozen.check()
    with torch.no_grad():
        model.source.vectors[2] += 1.0
    with pytest.raises(WorkError, match=r"source\.vectors"):
        frozen.check()
