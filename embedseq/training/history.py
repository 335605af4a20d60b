"""What a training run has seen so far, and the questions that decide how it goes on. Repeatable: no clock times."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Epoch:
    """One pass over the training split."""

    number: int
    """Counted from 1."""
    updates: int
    """Updates since the training began, this epoch's included."""
    tokens: int
    """Target tokens, end symbols counted, that this epoch trained on."""
    train_loss: float
    """Nats per target token, unsmoothed, with dropout, averaged over the epoch while the weights were changing."""
    valid_loss: float
    """Nats per target token of the validation split, unsmoothed, without dropout, after the epoch."""
    learning_rate: float
    """The rate of the epoch's last update."""
    gradient_norm: float
    """The mean norm of the gradients before clipping."""


@dataclass(frozen=True)
class History:
    """The epochs of one training run."""

    epochs: tuple[Epoch, ...] = ()
    stopped_early: bool = False
    """Training ended because the validation loss no longer fell."""

    @property
    def updates(self) -> int:
        """Updates made."""
        return self.epochs[-1].updates if self.epochs else 0

    @property
    def best_epoch(self) -> int:
        """The number of the epoch with the lowest validation loss, the first of equals; 0 before any."""
        return min(self.epochs, key=lambda epoch: (epoch.valid_loss, epoch.number)).number if self.epochs else 0

    def to_json(self) -> dict[str, Any]:
        """Numbers, lists and mappings alone; floats come back exactly."""
        return {**asdict(self), "epochs": [asdict(epoch) for epoch in self.epochs], "best_epoch": self.best_epoch}

    @staticmethod
    def from_json(record: Mapping[str, Any]) -> "History":
        """The inverse of `to_json`."""
        return History(tuple(Epoch(**epoch) for epoch in record["epochs"]), record["stopped_early"])


def converged(history: History, patience: int | None) -> bool:
    """Whether the last `patience` epochs brought no lower validation loss; without patience never."""
    return patience is not None and len(history.epochs) - history.best_epoch >= patience


def plateaus(history: History, patience: int) -> int:
    """How many times in turn `patience` epochs in a row brought no validation loss below the lowest one before them."""
    lowest, waited, found = math.inf, 0, 0
    for epoch in history.epochs:
        waited = 0 if epoch.valid_loss < lowest else waited + 1
        lowest = min(lowest, epoch.valid_loss)
        if waited == patience:
            waited, found = 0, found + 1
    return found


def diverged(history: History, vocabulary_size: int) -> bool:
    """Whether the last epoch's losses are not finite, or its training loss is above 3 log V, thrice that of guessing evenly."""
    if not history.epochs:
        return False
    last = history.epochs[-1]
    return not (math.isfinite(last.valid_loss) and last.train_loss <= 3.0 * math.log(vocabulary_size))
