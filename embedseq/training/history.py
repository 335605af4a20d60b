"""What a training run has seen so far, and the questions that decide how it goes on. Repeatable: no clock times."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from embedseq.caution import Caution


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
    score: float | None = None
    """The score of the validation split by which epochs are compared, after the epoch; None where that is the validation loss."""

    def to_json(self) -> dict[str, Any]:
        """What there is of it."""
        return {name: value for name, value in asdict(self).items() if name != "score" or value is not None}


@dataclass(frozen=True)
class History:
    """The epochs of one training run."""

    epochs: tuple[Epoch, ...] = ()
    stopped_early: bool = False
    """Training ended because the validation loss no longer fell, or the score no longer rose."""
    best_by: str = "loss"
    """The score by which epochs are compared."""
    higher: bool = False
    """Whether a higher score is a better one."""
    ended_by_time: bool | None = None
    """Whether training ended because its time was over; None where it had no limit."""
    cautions: tuple[Caution, ...] = ()
    """What was noticed; no part of `to_json`."""

    @property
    def updates(self) -> int:
        """Updates made."""
        return self.epochs[-1].updates if self.epochs else 0

    @property
    def best_epoch(self) -> int:
        """The number of the best epoch, the first of equals; 0 before any."""
        return min(self.epochs, key=lambda epoch: (self.badness(epoch), epoch.number)).number if self.epochs else 0

    def badness(self, epoch: Epoch) -> float:
        """What epochs are compared by, so that less is better: the validation loss, or a score with its sign."""
        if epoch.score is None:
            return epoch.valid_loss
        return -epoch.score if self.higher else epoch.score

    def to_json(self) -> dict[str, Any]:
        """Numbers, texts, lists and mappings alone; floats come back exactly. What says that nothing is unusual is left out."""
        record: dict[str, Any] = {
            "epochs": [epoch.to_json() for epoch in self.epochs],
            "stopped_early": self.stopped_early,
            "best_epoch": self.best_epoch,
        }
        if self.best_by != "loss":
            record |= {"best_by": self.best_by, "better": "higher" if self.higher else "lower"}
        if self.ended_by_time is not None:
            record |= {"ended_by_time": self.ended_by_time, "repeatable": False}
        return record

    @staticmethod
    def from_json(record: Mapping[str, Any]) -> "History":
        """The inverse of `to_json`."""
        return History(
            epochs=tuple(Epoch(**epoch) for epoch in record["epochs"]),
            stopped_early=record["stopped_early"],
            best_by=record.get("best_by", "loss"),
            higher=record.get("better") == "higher",
            ended_by_time=record.get("ended_by_time"),
        )


def converged(history: History, patience: int | None) -> bool:
    """Whether the last `patience` epochs brought nothing better than one before them; without patience never."""
    return patience is not None and len(history.epochs) - history.best_epoch >= patience


def plateaus(history: History, patience: int) -> int:
    """How many times in turn `patience` epochs in a row brought nothing better than the best one before them."""
    lowest, waited, found = math.inf, 0, 0
    for epoch in history.epochs:
        badness = history.badness(epoch)
        waited = 0 if badness < lowest else waited + 1
        lowest = min(lowest, badness)
        if waited == patience:
            waited, found = 0, found + 1
    return found


def diverged(epoch: Epoch, vocabulary_size: int) -> bool:
    """Whether an epoch's losses are not finite, or its training loss is above 3 log V, thrice that of guessing evenly."""
    return not (math.isfinite(epoch.valid_loss) and epoch.train_loss <= 3.0 * math.log(vocabulary_size))
