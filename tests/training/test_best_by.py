"""Epochs compared by another score than the loss."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from test_loop import Killed, killed_at, tiny, weights

from embedseq.errors import DivergedError
from embedseq.models.interfaces import Model
from embedseq.training.history import Epoch, History, converged, plateaus
from embedseq.training.loop import TrainingData, train
from embedseq.training.score import Score
from embedseq.training.settings import TrainSettings


def judged(data: TrainingData, higher: bool = True) -> TrainingData:
    """By how large the first weights are: another order than the loss's, and the same for the same weights."""

    def measure(model: Model) -> float:
        assert not model.training
        return float(next(model.parameters()).detach().abs().sum())

    return replace(data, score=Score("size", higher, measure))


@pytest.mark.parametrize("higher", [True, False])
def test_the_best_epoch_and_the_end_are_those_of_the_score(higher: bool, data: TrainingData) -> None:
    settings = TrainSettings(epochs=8, lr=0.02, best_by="size", early_stopping=2)
    model = tiny()
    history = train(model, judged(data, higher), settings, 7)
    scores = [epoch.score for epoch in history.epochs]
    best = max(scores) if higher else min(scores)
    assert history.best_epoch == 1 + scores.index(best)
    assert float(next(model.parameters()).detach().abs().sum()) == best
    assert history.stopped_early == (len(scores) == history.best_epoch + 2)
    assert History.from_json(history.to_json()) == replace(history, cautions=())


@pytest.mark.usefixtures("saved_at_each_update")
def test_a_run_that_was_killed_compares_by_the_same_scores(data: TrainingData, tmp_path: Path) -> None:
    settings = TrainSettings(epochs=4, lr=0.02, best_by="size", schedule="plateau", plateau=1, moving_average=0.9)
    undisturbed = tiny()
    expected = train(undisturbed, judged(data), settings, 7)
    with pytest.raises(Killed):
        train(tiny(), judged(data), settings, 7, killed_at(16), tmp_path / "saved", save_seconds=0.0)
    resumed = tiny(seed=99)
    assert train(resumed, judged(data), settings, 7, checkpoint=tmp_path / "saved") == expected
    assert weights(resumed) == weights(undisturbed)


def test_lost_weights_are_told_before_a_score_is_asked_of_them(data: TrainingData) -> None:
    def measure(model: Model) -> float:
        raise AssertionError("there is nothing to measure")

    model = tiny()
    with torch.no_grad():
        model.decoder.output.bias[5] = 1e6  # finite, and thrice as bad as guessing
    with pytest.raises(DivergedError, match="Training diverged in epoch 1"):
        train(model, replace(data, score=Score("size", True, measure)), TrainSettings(best_by="size", lr=1e-9), 7)


def test_a_plateau_and_the_patience_go_by_the_score() -> None:
    scores = (10.0, 12.0, 12.0, 11.0, 13.0)
    epochs = tuple(Epoch(n, n, 1, 1.0, 1.0 / n, 0.1, 1.0, score) for n, score in enumerate(scores, start=1))
    history = History(epochs, best_by="chrf", higher=True)
    assert history.best_epoch == 5
    assert plateaus(history, 2) == 1
    assert converged(replace(history, epochs=epochs[:4]), 2)
    assert plateaus(replace(history, higher=False, best_by="perplexity"), 2) == 2


def test_a_score_that_nobody_measures_is_refused(data: TrainingData) -> None:
    with pytest.raises(ValueError, match=r"expected data\.score to measure 'chrf'"):
        train(tiny(), data, TrainSettings(best_by="chrf"), 7)
