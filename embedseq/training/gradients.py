"""The gradients of an update: what a model says of the update's batches, and what of that is to be made smaller."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from embedseq.models.interfaces import Decoded, Model
from embedseq.seeds import stream
from embedseq.text.batches import Batch
from embedseq.training.forcing import draw_truths
from embedseq.training.loss import batch_loss
from embedseq.training.settings import TrainSettings


@dataclass(frozen=True)
class Part:
    """Which rows of every batch are meant: number, number + of, number + 2 of, …"""

    number: int = 0
    of: int = 1


WHOLE = Part()


class Gradients:
    """Adds them to a model's parameters. What is drawn for it, is drawn from a stream of the update's own: nothing but the number
    of the update, and of the part, says what dropout leaves out."""

    def __init__(self, model: Model, settings: TrainSettings, seed: int, part: Part = WHOLE) -> None:
        self.model, self.settings, self.seed, self.part = model, settings, seed, part
        self.device = next(model.parameters()).device
        self.vocabulary_size = 0
        """Of what is predicted; known from the first batch on."""

    def add(self, group: Sequence[Batch], update: int) -> Tensor:
        """Those of this part of the batches that share an update, counted from 1.

        -> (2,) float64: the sum of the plain losses, and this part's share of what is minimised, which is per token of the whole
        group, so that the gradients of all parts sum to those of one large batch.
        """
        tokens = sum(int(batch.target_valid.sum()) for batch in group)
        torch.manual_seed(stream(self.seed, "dropout", update, self.part.number))
        sums = torch.zeros(2, dtype=torch.float64, device=self.device)
        for place, batch in enumerate(group):
            if len(batch.rows) > self.part.number:
                sums += self._add(batch, tokens, (update - 1) * self.settings.accumulate + place + 1)
        return sums

    def _add(self, batch: Batch, tokens: int, number: int) -> Tensor:
        """`number` says which of all batches of the training it is."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.precision == "bfloat16"):
            decoded, own = self._decoded(batch, number)
        loss = batch_loss(decoded.predicted, own.target_out, own.target_valid, self.settings.label_smoothing)
        objective = loss.objective(decoded.penalty, tokens)
        objective.backward()  # type: ignore[no-untyped-call]
        self.vocabulary_size = decoded.predicted.vocabulary_size
        return torch.stack((loss.plain.double(), objective.detach().double()))

    def _decoded(self, batch: Batch, number: int) -> tuple[Decoded, Batch]:
        """What is said of this part's rows, with the true last tokens or some of the model's own; and these rows."""
        own = batch.to(self.device) if self.part == WHOLE else batch.every(self.part.number, self.part.of).to(self.device)
        if self.settings.teacher_forcing == 1.0:
            return self.model.predict(own), own
        truths = draw_truths(batch, self.settings.teacher_forcing, self.seed, number)
        return self.model.predict_mixed(own, truths[self.part.number :: self.part.of].to(self.device)), own
