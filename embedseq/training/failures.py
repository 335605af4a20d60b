"""What a training run says when it cannot go on."""

import math
from collections.abc import Sequence

from embedseq.errors import DivergedError
from embedseq.training.history import Epoch

SHOWN = 10
"""Rows of a batch that a message names."""
ADVICE = "Try a lower `lr`, a longer `warmup`, or a lower limit for the norm of the gradients (`clip`; null sets none)."


class BadUpdateError(DivergedError):
    """A batch after which the weights would be lost; `rows` are its rows in the training split, counted from 0."""

    def __init__(self, message: str, rows: Sequence[int]) -> None:
        super().__init__(message)
        self.rows = tuple(rows)


def bad_update(epoch: int, update: int, loss: float, norm: float, rate: float, rows: Sequence[int]) -> BadUpdateError:
    """A loss or gradient norm that is not finite."""
    named = [row + 1 for row in rows]
    more = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    return BadUpdateError(
        f"Training failed in epoch {epoch}, update {update}: the loss per token is {loss:g} and the norm of the gradients "
        f"{norm:g}, both should be finite. The learning rate was {rate:g}; the batch held rows "
        f"{', '.join(map(str, named[:SHOWN]))}{more} of the training split as the model reads it (counted from 1). {ADVICE} If "
        "it happens at the first update, look at the vectors handed over.",
        rows,
    )


def bad_epoch(epoch: Epoch, vocabulary_size: int) -> DivergedError:
    """Losses after an epoch that say that the weights are lost."""
    return DivergedError(
        f"Training diverged in epoch {epoch.number}, by update {epoch.updates}: the training loss is {epoch.train_loss:.4g} nats "
        f"per token and the validation loss {epoch.valid_loss:.4g}; guessing evenly among {vocabulary_size} tokens costs "
        f"{math.log(vocabulary_size):.4g}. The learning rate was {epoch.learning_rate:g}. {ADVICE}"
    )
