"""What a model says of every item of a corpus, each token or label with the truth before it known: no search."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from embedseq.models.interfaces import Model
from embedseq.text.batches import Batch, Batches
from embedseq.training.loss import token_losses

Ids = NDArray[np.int64]


@dataclass(frozen=True)
class Answers:
    """Of each item in the order of the corpus, those that the batches leave out not among them."""

    nats: NDArray[np.float64]
    """(N,): the sum of -log p of the true tokens (or labels), end symbols counted."""
    counts: Ids
    """(N,): how many of them there are."""
    left_out: int
    true: tuple[Ids, ...] = ()
    """N times (T,): the true ids. Empty where no answers were asked for."""
    given: tuple[Ids, ...] = ()
    """N times (T,): the likeliest ids."""

    @property
    def items(self) -> NDArray[np.float64]:
        """(N, 2): nats, tokens."""
        return np.stack((self.nats, self.counts.astype(np.float64)), axis=1)

    @property
    def coverage(self) -> float:
        """The share of the items that were answered."""
        return len(self.nats) / (len(self.nats) + self.left_out)


@torch.inference_mode()
def ask(model: Model, batches: Batches, never: Sequence[int] | None = None) -> Answers:
    """One pass over a split, in evaluation mode; the model's mode is kept.

    With `never`, the likeliest ids are asked for, too, of all but these.
    """
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    losses: dict[int, tuple[float, int]] = {}
    given: dict[int, tuple[Ids, Ids]] = {}
    try:
        for batch in batches.epoch(None):
            moved = batch.to(device)
            logits = model.predict(moved).logits
            sums = token_losses(logits, moved.target_out, moved.target_valid).double().sum(dim=1).tolist()
            counts = batch.target_valid.sum(dim=1).tolist()
            rows = batch.rows.tolist()
            losses |= dict(zip(rows, zip(sums, counts, strict=True), strict=True))
            if never is not None:
                given |= dict(zip(rows, _likeliest(logits, batch, never), strict=True))
    finally:
        model.train(was_training)
    order = sorted(losses)
    nats, tokens = zip(*(losses[row] for row in order), strict=True)
    true, answers = zip(*(given[row] for row in order), strict=True) if given else ((), ())
    return Answers(np.array(nats, dtype=np.float64), np.array(tokens, dtype=np.int64), batches.left_out, true, answers)


def _likeliest(logits: Tensor, batch: Batch, never: Sequence[int]) -> Iterator[tuple[Ids, Ids]]:
    """For each row its true ids and the likeliest ones."""
    barred = torch.tensor(never, dtype=torch.long, device=logits.device)
    best = logits.index_fill(-1, barred, -torch.inf).argmax(dim=-1).cpu()
    for true, answers, valid in zip(batch.target_out, best, batch.target_valid, strict=True):
        yield true[valid].numpy(), answers[valid].numpy()
