"""What a training run says when it cannot go on."""

import math
from collections.abc import Iterable, Iterator, Sequence

import torch

from embedseq.errors import DivergedError
from embedseq.models.interfaces import Model
from embedseq.text.batches import Batch, Batches
from embedseq.training.history import Epoch
from embedseq.training.loss import batch_loss

SHOWN = 10
"""Rows of a batch that a message names, of those that are at fault and of all."""
ADVICE = "Try a lower `lr`, a longer `warmup`, or a lower limit for the norm of the gradients (`clip`; null sets none)."


class BadRowsError(DivergedError):
    """Rows of a split, counted from 0, on which the loss is not finite, or after which the weights would be lost.

    rows: those of a batch of the training split, or of the whole validation split as far as they have no finite loss; at_fault:
    those of them whose loss is not finite by itself.
    """

    def __init__(self, message: str, split: str, rows: Sequence[int], at_fault: Sequence[int]) -> None:
        super().__init__(message)
        self.split, self.rows, self.at_fault = split, tuple(rows), tuple(at_fault)


def bad_update(
    epoch: int, update: int, loss: float, norm: float, rate: float, rows: Sequence[int], at_fault: Sequence[int]
) -> BadRowsError:
    """A loss or gradient norm that is not finite."""
    looked = "Looked at one by one, without dropout,"
    alone = f"{looked} the loss of {_named(at_fault)} is not finite." if at_fault else f"{looked} all their losses are finite."
    return BadRowsError(
        f"Training failed in epoch {epoch}, update {update}: the loss per token is {loss:g} and the norm of the gradients "
        f"{norm:g}, both should be finite. The learning rate was {rate:g}; the batch held {_named(rows)} of the training split "
        f"as the model reads it (counted from 1). {alone} {ADVICE} If it happens at the first update, look at the vectors handed "
        "over.",
        "train",
        rows,
        at_fault,
    )


def rows_at_fault(model: Model, group: Iterable[Batch]) -> list[int]:
    """The rows of a split, among those of some batches, whose loss is not finite, each by itself and without dropout.

    The model's mode is kept.
    """
    device, was_training = next(model.parameters()).device, model.training
    model.eval()
    found = list[int]()
    with torch.inference_mode():
        for batch in group:
            there = batch.to(device)
            predicted = model.predict(there).predicted
            for place, row in enumerate(batch.rows.tolist()):
                own = torch.zeros_like(there.target_valid)
                own[place] = there.target_valid[place]
                if not math.isfinite(float(batch_loss(predicted, there.target_out, own).plain)):
                    found.append(row)
    model.train(was_training)
    return found


def some_at_fault(model: Model, batches: Batches) -> list[int]:
    """The rows of a whole split whose loss is not finite; none where most are so, since that is the fault of the weights."""
    seen = list[int]()

    def noted() -> Iterator[Batch]:
        for batch in batches.epoch(None):
            seen.extend(batch.rows.tolist())
            yield batch

    found = rows_at_fault(model, noted())
    return found if 2 * len(found) <= len(seen) else []


def _named(rows: Sequence[int]) -> str:
    """Rows as people count them."""
    more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    return f"row{'s' * (len(rows) > 1)} {', '.join(str(row + 1) for row in rows[:SHOWN])}{more}"


def bad_epoch(epoch: Epoch, vocabulary_size: int, at_fault: Sequence[int] = ()) -> DivergedError:
    """Losses after an epoch that say that the weights are lost, or that there are rows of the validation split, `at_fault`, whose
    loss is not finite."""
    alone = ""
    if at_fault:
        named = f"{_named(at_fault)} of the validation split, as the model reads it (counted from 1),"
        alone = f" By itself the loss of {named} is not finite."
    message = (
        f"Training diverged in epoch {epoch.number}, by update {epoch.updates}: the training loss is {epoch.train_loss:.4g} nats "
        f"per token and the validation loss {epoch.valid_loss:.4g}; guessing evenly among {vocabulary_size} tokens costs "
        f"{math.log(vocabulary_size):.4g}.{alone} The learning rate was {epoch.learning_rate:g}. {ADVICE}"
    )
    return BadRowsError(message, "valid", at_fault, at_fault) if at_fault else DivergedError(message)
