"""The training loop: epochs of updates, validation, early stopping, the best weights, exact resume."""

import math
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from embedseq.models.interfaces import Decoded, Model
from embedseq.seeds import stream
from embedseq.text.batches import Batch, Batches
from embedseq.training.checkpoint import Checkpoint, random_state, read_checkpoint, set_random_state, write_checkpoint
from embedseq.training.failures import bad_epoch, bad_update
from embedseq.training.forcing import draw_truths
from embedseq.training.history import Epoch, History, converged, diverged, improved
from embedseq.training.loss import batch_loss
from embedseq.training.optimiser import Optimiser, copy_of
from embedseq.training.progress import Clock, Progress, Standing
from embedseq.training.schedule import learning_rate
from embedseq.training.settings import TrainSettings


@dataclass(frozen=True)
class TrainingData:
    """The splits that training may see."""

    train: Batches
    valid: Batches


@dataclass
class _Sums:
    """Running sums of an epoch."""

    loss: float = 0.0
    tokens: int = 0
    updates: int = 0
    norm: float = 0.0


def train(
    model: Model,
    data: TrainingData,
    settings: TrainSettings,
    seed: int,
    progress: Progress | None = None,
    checkpoint: Path | None = None,
) -> History:
    """Trains the model in place and leaves the best epoch's weights in it, in evaluation mode.

    With a `checkpoint` folder everything is written there after each epoch, and training resumes from what it finds there: on one
    kind of machine an interrupted run ends in the same bytes as an undisturbed one. torch's global generator is left as it was.
    Raises WorkError where training fails or diverges, RequestError where the checkpoint is of another run.
    """
    with torch.random.fork_rng():
        torch.manual_seed(stream(seed, "dropout"))
        return _Training(model, data, settings, seed, progress, checkpoint).run()


def valid_loss(model: Model, batches: Batches) -> float:
    """The unsmoothed, teacher-forced loss per target token in nats, in evaluation mode; the model's mode is kept."""
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    total, tokens = torch.zeros((), dtype=torch.float64), 0
    with torch.inference_mode():
        for batch in batches.epoch(None):
            on_device = batch.to(device)
            decoded = model.predict(on_device)
            loss = batch_loss(decoded.logits, on_device.target_out, on_device.target_valid)
            total += loss.plain.double().cpu()
            tokens += loss.tokens
    model.train(was_training)
    return float(total) / max(tokens, 1)


class _Training:
    """One training run; what changes from update to update are the model, the optimiser, the history and the best weights."""

    def __init__(
        self,
        model: Model,
        data: TrainingData,
        settings: TrainSettings,
        seed: int,
        progress: Progress | None,
        folder: Path | None,
    ) -> None:
        self.model, self.data, self.settings, self.seed = model, data, settings, seed
        self.progress, self.folder = progress, folder
        self.device = next(model.parameters()).device
        self.history = History()
        self.best: dict[str, Tensor] = {}
        self.vocabulary_size = 0
        planned = len(data.train) * settings.epochs
        self.updates = planned if settings.max_updates is None else min(planned, settings.max_updates)
        model.set_epoch(1)
        self.optimiser = Optimiser(model, settings)

    def run(self) -> History:
        """All epochs that are left."""
        self._resume()
        self.clock = Clock(self.history.updates)
        while not self._finished():
            self._run_epoch(len(self.history.epochs) + 1)
        self.model.load_state_dict(self.best)
        self.model.eval()
        return replace(self.history, stopped_early=converged(self.history, self.settings.early_stopping))

    def _finished(self) -> bool:
        history, settings = self.history, self.settings
        return history.updates >= self.updates or converged(history, settings.early_stopping)

    def _run_epoch(self, number: int) -> None:
        self.model.set_epoch(number)
        self.optimiser.enrol(self.model)
        self.model.train()
        sums = _Sums()
        batches = self.data.train.epoch(stream(self.seed, "order", number))
        for batch in islice(batches, self.updates - self.history.updates):
            self._update(number, batch.to(self.device), sums)
        record = Epoch(
            number=number,
            updates=self.history.updates + sums.updates,
            tokens=sums.tokens,
            train_loss=sums.loss / max(sums.tokens, 1),
            valid_loss=valid_loss(self.model, self.data.valid),
            learning_rate=learning_rate(self.settings, self.history.updates + sums.updates, self.updates),
            gradient_norm=sums.norm / max(sums.updates, 1),
        )
        self.history = History((*self.history.epochs, record))
        if diverged(self.history, self.vocabulary_size):
            raise bad_epoch(record, self.vocabulary_size)
        if improved(self.history):
            self.best = copy_of(self.model.state_dict())
        self._save()
        self._report(record.number, record.updates, record.train_loss, record.valid_loss)

    def _update(self, epoch: int, batch: Batch, sums: _Sums) -> None:
        update = self.history.updates + sums.updates + 1
        rate = learning_rate(self.settings, update, self.updates)
        self.optimiser.zero_grad()
        decoded = self._decoded(batch, update)
        loss = batch_loss(decoded.logits, batch.target_out, batch.target_valid, self.settings.label_smoothing)
        objective = loss.objective(decoded.penalty)
        objective.backward()  # type: ignore[no-untyped-call]
        norm = self.optimiser.clip()
        # One wait for the device an update: all three numbers are needed before the weights change.
        plain, minimised, norm_value = torch.stack((loss.plain.double(), objective.detach().double(), norm.double())).tolist()
        if not all(map(math.isfinite, (plain, minimised, norm_value))):
            raise bad_update(epoch, update, minimised, norm_value, rate, batch)
        self.optimiser.step(rate)
        self.vocabulary_size = decoded.logits.shape[-1]
        sums.loss += plain
        sums.tokens += loss.tokens
        sums.updates += 1
        sums.norm += norm_value
        self.clock.add(loss.tokens)
        self._report(epoch, update, sums.loss / sums.tokens, None)

    def _decoded(self, batch: Batch, update: int) -> Decoded:
        """The batch's logits (B, T, V) and penalty, with the true last tokens or some of the model's own."""
        if self.settings.teacher_forcing == 1.0:
            return self.model.predict(batch)
        truths = draw_truths(batch, self.settings.teacher_forcing, self.seed, update).to(self.device)
        return self.model.predict_mixed(batch, truths)

    def _report(self, epoch: int, update: int, loss: float, valid: float | None) -> None:
        if self.progress is not None:
            speed, left = self.clock.tokens_per_second(), self.clock.seconds_left(update, self.updates)
            self.progress(Standing(epoch, self.settings.epochs, update, self.updates, loss, speed, left, valid))

    def _identity(self) -> dict[str, Any]:
        shapes = {name: list(tensor.shape) for name, tensor in self.model.state_dict().items()}
        return {**self.settings.record(), "seed": self.seed, "updates": self.updates, "shapes": shapes}

    def _save(self) -> None:
        if self.folder is not None:
            weights, optimiser = copy_of(self.model.state_dict()), copy_of(self.optimiser.tensors())
            state = Checkpoint(self.history, weights, self.best, optimiser, random_state(self.device))
            write_checkpoint(self.folder, state, self._identity())

    def _resume(self) -> None:
        """Puts back all that `_save` wrote, if there is a checkpoint."""
        state = read_checkpoint(self.folder, self._identity()) if self.folder is not None else None
        if state is None:
            return
        self.history, self.best = state.history, dict(state.best)
        self.model.load_state_dict(dict(state.weights))
        self.model.set_epoch(len(state.history.epochs))
        self.optimiser.enrol(self.model)
        self.optimiser.load(state.optimiser)
        set_random_state(state.random_state, self.device)
