import math

from embedseq.training.history import Epoch, History, converged, diverged, plateaus


def history(*valid_losses: float, train_loss: float = 1.0) -> History:
    return History(tuple(Epoch(n, n, 1, train_loss, loss, 0.1, 1.0) for n, loss in enumerate(valid_losses, start=1)))


def epoch_with(valid_loss: float, train_loss: float = 1.0) -> Epoch:
    return Epoch(1, 1, 1, train_loss, valid_loss, 0.1, 1.0)


def test_the_best_epoch_is_the_first_of_equals() -> None:
    assert history(3.0, 2.0, 2.0).best_epoch == 2
    assert History().best_epoch == 0


def test_patience_counts_epochs_since_the_best() -> None:
    assert not converged(history(1.0, 2.0), patience=2)
    assert converged(history(1.0, 2.0, 2.0), patience=2)
    assert not converged(history(1.0, 2.0, 0.5), patience=2)
    assert not converged(history(*range(1, 50)), patience=None)
    assert not converged(History(), patience=1)


def test_a_plateau_is_so_many_epochs_without_a_new_lowest_loss_and_then_the_count_begins_anew() -> None:
    assert plateaus(History(), 2) == 0
    assert plateaus(history(3.0, 2.0, 2.0), 2) == 0
    assert plateaus(history(3.0, 2.0, 2.0, 2.5), 2) == 1
    assert plateaus(history(3.0, 2.0, 2.0, 2.5, 2.1), 2) == 1
    assert plateaus(history(3.0, 2.0, 2.0, 2.5, 2.1, 2.0), 2) == 2
    assert plateaus(history(3.0, 2.0, 2.0, 1.9, 2.1, 1.8, 1.9), 2) == 0
    assert plateaus(history(*[1.0] * 7), 3) == 2


def test_a_loss_above_three_times_guessing_or_no_number_is_divergence() -> None:
    guessing = math.log(100)
    assert not diverged(epoch_with(9.0, 2.9 * guessing), 100)
    assert diverged(epoch_with(1.0, 3.1 * guessing), 100)
    assert diverged(epoch_with(math.nan), 100)
    assert diverged(epoch_with(math.inf), 100)
    assert diverged(epoch_with(1.0, math.nan), 100)
