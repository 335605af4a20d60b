"""What is noticed while a model is trained: signs that something is wrong, each told once, with its probable cause.

Everything here follows from the numbers of the training, so that a run that was killed and resumed notices the same.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from embedseq.caution import Caution
from embedseq.text.batches import Batches
from embedseq.training.history import Epoch, History
from embedseq.training.settings import TrainSettings

FLAT_EPOCHS = 3
"""A loss may stand for fewer epochs, while the rate warms up, say."""
FLAT = 0.01
"""A loss that falls by less than this share in `FLAT_EPOCHS` epochs, and is no further below that of frequencies, is flat."""
RISING = 0.1
"""The training loss of an epoch is a mean over all of it: noise alone does not lift it by this share."""
WORSE = 1.25
"""A training loss so many times that of the untrained model's first batch says that updates do harm."""
BLOWN_UP = 50.0
"""A gradient so many times as long as the mean of the epoch before is none that anything usual explains."""
CLIPPED, CLIPPED_SHARE = 10.0, 0.95
"""Adam does not mind that gradients are clipped; those that are ten times too long in nearly every update tell of something."""
SHORT = 5
"""In so few epochs every loss still falls: to train no longer is a budget and no mistake."""
IMPROVING = 0.01
"""An epoch that betters the best by this share, and a loss by as many nats, was not the last that would have."""


class Watch:
    """The signs of one training, and what of the epoch that is not over they need."""

    def __init__(self, settings: TrainSettings, train: Batches, valid: Batches) -> None:
        self.settings, self._train, self._valid = settings, train, valid
        self.cautions: list[Caution] = []
        self._clipped, self._largest = 0, 0.0
        self.first_loss: float | None = None
        """Of the first batch before any update, or of the first process's part of it, in nats a token."""
        self._frequency_loss: float | None = None
        """That of the mere frequencies of the answers, once it was wanted."""

    def add(self, cautions: Sequence[Caution]) -> list[Caution]:
        """Takes note of those whose signs have not been seen yet, and returns these."""
        known = {each.sign for each in self.cautions}
        new = [each for each in cautions if each.sign not in known]
        self.cautions += new
        return new

    def after_update(self, norm: float) -> None:
        """The norm of the gradients before clipping."""
        clip = self.settings.clip
        self._clipped += clip is not None and norm > CLIPPED * clip
        self._largest = max(self._largest, norm)

    def after_epoch(self, history: History, vocabulary_size: int) -> list[Caution]:
        """What the epoch that has just ended shows; begins the next."""
        found = [*self._worse(history), *self._rising(history), *self._blown_up(history), *self._clipped_always(history)]
        found += self._flat(history, vocabulary_size)
        self._clipped, self._largest = 0, 0.0
        return self.add(found)

    def at_end(self, history: History) -> list[Caution]:
        """What the whole training shows; one that the clock ended says that itself."""
        *before, last = history.epochs
        if history.stopped_early or history.ended_by_time or len(before) < SHORT - 1 or history.best_epoch != last.number:
            return []
        best = min(before, key=history.badness)
        gain = (history.badness(best) - history.badness(last)) / max(abs(history.badness(best)), 1e-9)
        of_loss = last.score is None
        if gain < IMPROVING or (of_loss and best.valid_loss - last.valid_loss < IMPROVING):
            return []
        field = "max_updates" if self.settings.max_updates == last.updates else "epochs"
        what = "validation loss" if of_loss else f"validation {history.best_by}"
        values = [each.valid_loss if each.score is None else each.score for each in (best, last)]
        return self.add(
            [
                Caution(
                    "still-improving",
                    f"Training ended with epoch {last.number}, at the limit `{field}`, while it still improved: the {what} was "
                    f"{values[0]:.4g} at best before it and {values[1]:.4g} after it.",
                    "The model has not learned all that it could.",
                    f"Raise `{field}`; early stopping ends training when nothing is gained.",
                )
            ]
        )

    def record(self) -> dict[str, Any]:
        """As plain JSON values, for a checkpoint."""
        return {
            "cautions": [each.record() for each in self.cautions],
            "clipped": self._clipped,
            "largest": self._largest,
            "first_loss": self.first_loss,
        }

    def load(self, record: Mapping[str, Any]) -> None:
        """The inverse of `record`."""
        self.cautions = [Caution.from_record(each) for each in record["cautions"]]
        self._clipped, self._largest, self.first_loss = record["clipped"], record["largest"], record["first_loss"]

    def _flat(self, history: History, vocabulary_size: int) -> list[Caution]:
        """Against the loss of the frequencies of the answers, which costs one pass over the splits, and only where it matters."""
        if len(history.epochs) < FLAT_EPOCHS or any(each.sign == "loss-flat" for each in self.cautions):
            return []
        first, *later = history.epochs[-FLAT_EPOCHS:]
        lowest = min(each.valid_loss for each in later)
        if lowest < (1.0 - FLAT) * first.valid_loss:
            return []
        if self._frequency_loss is None:
            self._frequency_loss = unigram_loss(self._train, self._valid, vocabulary_size)
        frequencies = self._frequency_loss
        if min(each.valid_loss for each in history.epochs) < (1.0 - FLAT) * frequencies:
            return []
        return [
            Caution(
                "loss-flat",
                f"From epoch {first.number} to {later[-1].number} the validation loss went from {first.valid_loss:.3f} to "
                f"{lowest:.3f} nats a token, and the mere frequencies of the answers cost {frequencies:.3f}.",
                "The model does not use what it reads: the rate is too low or too high, or there is nothing to be learned.",
                "Try a rate ten times higher and one ten times lower, and look whether the lines of the sides belong together.",
            )
        ]

    def _worse(self, history: History) -> list[Caution]:
        last = history.epochs[-1]
        if self.first_loss is None or last.train_loss <= WORSE * self.first_loss:
            return []
        return [
            Caution(
                "loss-worse",
                f"In epoch {last.number} the training loss was {last.train_loss:.3f} nats a token; before the first update it "
                f"was {self.first_loss:.3f}. The learning rate was {last.learning_rate:g}.",
                "The learning rate is probably too high: updates do harm.",
                "Lower `lr` by three to ten times, or lengthen `warmup`.",
            )
        ]

    def _rising(self, history: History) -> list[Caution]:
        before, last = _last_two(history)
        if before is None or 2 * last.tokens < before.tokens or last.train_loss <= (1.0 + RISING) * before.train_loss:
            return []
        return [
            Caution(
                "loss-rising",
                f"The training loss rose from {before.train_loss:.3f} nats a token in epoch {before.number} to "
                f"{last.train_loss:.3f} in epoch {last.number}, at a learning rate of {last.learning_rate:g}.",
                "The learning rate is probably too high: updates overshoot.",
                "Lower `lr` by three to ten times, or lengthen `warmup`.",
            )
        ]

    def _blown_up(self, history: History) -> list[Caution]:
        before, last = _last_two(history)
        if before is None or self._largest <= BLOWN_UP * before.gradient_norm:
            return []
        return [
            Caution(
                "gradient-blow-up",
                f"In epoch {last.number} a gradient had the norm {self._largest:.3g}; the mean of the epoch before was "
                f"{before.gradient_norm:.3g}.",
                "The learning rate is probably too high, so that the weights have come where the loss is steep.",
                "Lower `lr`, lengthen `warmup`, or set `clip` (1.0, say) if it is null.",
            )
        ]

    def _clipped_always(self, history: History) -> list[Caution]:
        before, last = _last_two(history)
        updates = 0 if before is None else last.updates - before.updates
        if updates == 0 or self._clipped < CLIPPED_SHARE * updates:
            return []
        return [
            Caution(
                "always-clipped",
                f"In {self._clipped:,} of the {updates:,} updates of epoch {last.number} the gradients were more than "
                f"{CLIPPED:g} times as long as `clip` allows ({self.settings.clip:g}; their mean is {last.gradient_norm:.3g}).",
                "The learning rate is probably too high, so that the weights stay where the loss is steep; or `clip` is too low.",
                "Lower `lr`, or raise `clip` to what gradients usually have.",
            )
        ]


def _last_two(history: History) -> tuple[Epoch | None, Epoch]:
    return (history.epochs[-2] if len(history.epochs) > 1 else None), history.epochs[-1]


def unigram_loss(train: Batches, valid: Batches, vocabulary_size: int) -> float:
    """What the frequencies of the training split's answers (each counted once more, so that none is 0) cost on the validation
    split, in nats a token: the loss of a model that looks at nothing."""
    counts = [_counts(batches, vocabulary_size) for batches in (train, valid)]
    shares = (counts[0] + 1.0) / (counts[0] + 1.0).sum()
    return float(-(counts[1] * np.log(shares)).sum() / max(counts[1].sum(), 1.0))


def _counts(batches: Batches, vocabulary_size: int) -> Any:
    total = torch.zeros(vocabulary_size, dtype=torch.int64)
    for batch in batches.epoch(None):
        total += torch.bincount(batch.target_out[batch.target_valid], minlength=vocabulary_size)
    return total.double().numpy()
