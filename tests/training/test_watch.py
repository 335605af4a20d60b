"""What training notices: each sign planted in a training or a history, and none in a healthy training."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_loop import Killed, batches, killed_at, sentences, tiny

from embedseq.training.history import Epoch, History
from embedseq.training.loop import TrainingData, train
from embedseq.training.progress import Standing
from embedseq.training.settings import TrainSettings
from embedseq.training.watch import Watch, unigram_loss


def signs(history: History) -> list[str]:
    return [caution.sign for caution in history.cautions]


@pytest.mark.parametrize("architecture", ["gru", "lstm", "transformer"])
def test_a_healthy_training_is_silent_while_it_is_short_and_when_it_ends_by_itself(architecture: str, data: TrainingData) -> None:
    assert signs(train(tiny(architecture), data, TrainSettings(epochs=4, lr=3e-3), 7)) == []
    ended = train(tiny(architecture), data, TrainSettings(epochs=200, lr=0.02, early_stopping=2), 7)
    assert ended.stopped_early
    assert signs(ended) == []


def test_a_training_that_has_learned_all_is_silent_though_it_ends_at_its_limit(tmp_path: Path) -> None:
    pairs = batches(tmp_path / "pairs", sentences(20, 3), batch_tokens=200)
    settings = TrainSettings(epochs=80, lr=1.5e-2, warmup=20, schedule="inverse-sqrt", early_stopping=None)
    history = train(tiny(dim=32, dropout=0.0), TrainingData(pairs, pairs), settings, 1)
    assert history.best_epoch == 80
    assert signs(history) == []


def test_a_rate_that_is_far_too_low_shows_as_a_flat_loss(data: TrainingData) -> None:
    told: list[Standing] = []
    history = train(tiny(), data, TrainSettings(epochs=4, lr=1e-7), 7, told.append)
    assert signs(history) == ["loss-flat"]
    (caution,) = history.cautions
    assert "From epoch 1 to 3 the validation loss went from 2.69" in caution.seen
    assert [(each.epoch, each.cautions) for each in told if each.cautions] == [(3, (caution,))]


def test_the_loss_of_frequencies_is_what_counting_gives(data: TrainingData) -> None:
    ids = [
        np.concatenate([batch.target_out[batch.target_valid] for batch in each.epoch(None)]) for each in (data.train, data.valid)
    ]
    counts = np.bincount(ids[0], minlength=14) + 1
    assert unigram_loss(data.train, data.valid, 14) == pytest.approx(-np.log(counts[ids[1]] / counts.sum()).mean())


@pytest.mark.parametrize("architecture", ["rnn", "gru", "lstm", "transformer"])
def test_a_rate_that_is_far_too_high_shows_as_a_loss_above_that_of_the_untrained_model(
    architecture: str, data: TrainingData
) -> None:
    history = train(tiny(architecture), data, TrainSettings(epochs=3, lr=0.4), 7)
    assert "loss-worse" in signs(history)
    assert "The learning rate was 0.4." in history.cautions[0].seen


@pytest.mark.parametrize("architecture", ["rnn", "gru", "lstm", "transformer"])
def test_a_rate_that_becomes_too_high_shows_as_a_loss_that_rises(architecture: str, data: TrainingData) -> None:
    settings = TrainSettings(epochs=10, lr=0.6, clip=None, warmup=40, schedule="inverse-sqrt", early_stopping=None)
    history = train(tiny(architecture), data, settings, 7)
    assert min(history.epochs, key=lambda epoch: epoch.train_loss).number > 1
    assert {"loss-rising", "loss-worse"} & set(signs(history))  # which of them is a matter of chance


def test_gradients_that_are_always_cut_to_a_tenth_are_told(data: TrainingData) -> None:
    history = train(tiny(), data, TrainSettings(epochs=3, lr=3e-3, clip=0.01), 7)
    assert signs(history) == ["always-clipped"]
    assert "In 6 of the 6 updates of epoch 2 the gradients were more than 10 times" in history.cautions[0].seen


def test_a_training_that_ends_at_its_limit_and_still_improves_is_told(data: TrainingData) -> None:
    history = train(tiny(), data, TrainSettings(epochs=6, lr=3e-3), 7)
    assert signs(history) == ["still-improving"]
    assert "Training ended with epoch 6, at the limit `epochs`, while it still improved" in history.cautions[0].seen
    history = train(tiny(), data, TrainSettings(epochs=60, max_updates=36, lr=3e-3), 7)
    assert "at the limit `max_updates`" in history.cautions[0].seen


def watched(data: TrainingData, epochs: list[Epoch], norms: list[list[float]], **settings: object) -> list[str]:
    """The signs of a history, whose updates had these norms."""
    watch = Watch(TrainSettings.model_validate(settings), data.train, data.valid)
    for number, of_epoch in enumerate(norms, start=1):
        for norm in of_epoch:
            watch.after_update(norm)
        watch.after_epoch(History(tuple(epochs[:number])), 14)
    return [caution.sign for caution in watch.cautions]


def epoch(number: int, train_loss: float, norm: float = 1.0) -> Epoch:
    return Epoch(number, 10 * number, 1000, train_loss, 2.0 / number, 0.1, norm)


def test_a_training_loss_that_rises_is_told_and_noise_is_not(data: TrainingData) -> None:
    norms = [[1.0] * 10] * 2
    assert watched(data, [epoch(1, 2.0), epoch(2, 2.3)], norms) == ["loss-rising"]
    assert watched(data, [epoch(1, 2.0), epoch(2, 2.1)], norms) == []
    short = replace(epoch(2, 2.3), tokens=100)
    assert watched(data, [epoch(1, 2.0), short], norms) == []


def test_a_gradient_that_blows_up_is_told_and_one_that_is_large_is_not(data: TrainingData) -> None:
    epochs = [epoch(1, 2.0), epoch(2, 1.9, 10.0)]
    assert watched(data, epochs, [[1.0] * 10, [1.0] * 9 + [90.0]]) == ["gradient-blow-up"]
    assert watched(data, epochs, [[1.0] * 10, [1.0] * 9 + [20.0]]) == []


@pytest.mark.usefixtures("saved_at_each_update")
@pytest.mark.parametrize("update", [10, 15, 20])
def test_a_run_that_was_killed_tells_the_same_in_the_end(update: int, data: TrainingData, tmp_path: Path) -> None:
    settings = TrainSettings(epochs=4, lr=1e-7, clip=0.01)
    expected = train(tiny(), data, settings, 7)
    assert sorted(signs(expected)) == ["always-clipped", "loss-flat"]
    with pytest.raises(Killed):
        train(tiny(), data, settings, 7, killed_at(update), tmp_path / "saved", save_seconds=0.0)
    assert train(tiny(), data, settings, 7, checkpoint=tmp_path / "saved") == expected
