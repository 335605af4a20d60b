"""The moving average of the weights, by itself and in the loop."""

from pathlib import Path

import pytest
import torch
from test_loop import Killed, killed_at, tiny, weights, with_vectors
from torch import nn

from embedseq.training.loop import TrainingData, train, valid_loss
from embedseq.training.moving_average import MovingAverage, decay_at
from embedseq.training.progress import Standing
from embedseq.training.settings import TrainSettings


def test_the_decay_rises_to_its_limit_and_never_passes_it() -> None:
    decays = [decay_at(update, 0.9) for update in range(1, 200)]
    assert decays[0] == 2 / 11
    assert decays == sorted(decays)
    assert decays[-1] == 0.9


def test_the_untrained_weights_are_soon_forgotten() -> None:
    layer = nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        layer.weight.fill_(1000.0)
    mean = MovingAverage(0.9999)
    mean.enrol(layer)
    with torch.no_grad():
        layer.weight.fill_(1.0)
    for update in range(1, 21):
        mean.add(update)
    assert mean.tensors()["weight"].item() == pytest.approx(1.0, abs=1e-3)  # without the rising decay 998


def test_the_mean_is_that_of_the_recurrence() -> None:
    layer = nn.Linear(3, 2)
    mean = MovingAverage(0.4)
    mean.enrol(layer)
    expected = layer.weight.detach().double()
    for update in range(1, 9):
        with torch.no_grad():
            layer.weight.add_(torch.randn(2, 3, generator=torch.Generator().manual_seed(update)))
        mean.add(update)
        decay = min(0.4, (1 + update) / (10 + update))
        expected = decay * expected + (1 - decay) * layer.weight.detach().double()
    torch.testing.assert_close(mean.tensors()["weight"].double(), expected, rtol=1e-5, atol=1e-6)
    kept = layer.weight.detach().clone()
    with mean.in_place():
        torch.testing.assert_close(layer.weight.detach().double(), expected, rtol=1e-5, atol=1e-6)
    assert torch.equal(layer.weight, kept)


def test_what_is_validated_and_kept_is_the_mean(data: TrainingData) -> None:
    """Against a training without one, whose weights after each update are the same, and are averaged here by hand."""
    walked = []
    plain = tiny()

    def look(standing: Standing) -> None:
        if standing.valid_loss is None:
            walked.append({name: p.detach().double() for name, p in plain.named_parameters()})

    settings = {"epochs": 3, "early_stopping": None, "lr": 0.02}
    first = {name: p.detach().double() for name, p in tiny().named_parameters()}
    train(plain, data, TrainSettings(**settings), 7, look)
    mean = tiny()
    history = train(mean, data, TrainSettings(moving_average=0.8, **settings), 7)
    assert history.best_epoch == 3
    for update, after in enumerate(walked, start=1):
        decay = decay_at(update, 0.8)
        first = {name: decay * first[name] + (1 - decay) * weight for name, weight in after.items()}
    for name, weight in mean.named_parameters():
        torch.testing.assert_close(weight.detach().double(), first[name], rtol=1e-4, atol=1e-6)
    assert valid_loss(mean, data.valid) == history.epochs[-1].valid_loss


@pytest.mark.usefixtures("saved_at_each_update")
@pytest.mark.parametrize("update", [2, 13, 17])
def test_a_run_that_was_killed_ends_in_the_same_mean(update: int, data: TrainingData, tmp_path: Path) -> None:
    settings = TrainSettings(epochs=3, moving_average=0.9)
    undisturbed = tiny()
    expected = train(undisturbed, data, settings, seed=7)
    with pytest.raises(Killed):
        train(tiny(), data, settings, 7, killed_at(update), tmp_path / "saved", save_seconds=0.0)
    resumed = tiny(seed=99)
    assert train(resumed, data, settings, seed=7, checkpoint=tmp_path / "saved") == expected
    assert weights(resumed) == weights(undisturbed)


def test_frozen_vectors_stay_to_the_bit(data: TrainingData) -> None:
    model = with_vectors("frozen")
    digest = model.source.frozen_digest()
    train(model, data, TrainSettings(epochs=2, lr=0.01, moving_average=0.9), seed=5)
    assert model.source.frozen_digest() == digest


@pytest.mark.usefixtures("saved_at_each_update")
def test_gradual_vectors_join_when_their_epoch_comes_also_after_a_kill(data: TrainingData, tmp_path: Path) -> None:
    settings = TrainSettings(epochs=4, lr=0.01, moving_average=0.9, early_stopping=None)
    undisturbed = with_vectors("gradual")
    before = undisturbed.source.vectors.detach().clone()
    train(undisturbed, data, settings.model_copy(update={"epochs": 2}), seed=5)
    assert torch.equal(undisturbed.source.vectors, before)
    undisturbed = with_vectors("gradual")
    expected = train(undisturbed, data, settings, seed=5)
    assert not torch.equal(undisturbed.source.vectors, before)
    update = expected.epochs[2].updates - 2
    with pytest.raises(Killed):
        train(with_vectors("gradual"), data, settings, 5, killed_at(update), tmp_path / "saved", save_seconds=0.0)
    resumed = with_vectors("gradual", seed=99)
    assert train(resumed, data, settings, 5, checkpoint=tmp_path / "saved") == expected
    assert weights(resumed) == weights(undisturbed)


def test_two_means_at_a_time_are_refused() -> None:
    with pytest.raises(ValueError, match="average is the mean of the last epochs' weights, moving_average"):
        TrainSettings(average=3, moving_average=0.99)
