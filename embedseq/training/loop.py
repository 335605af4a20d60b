"""The training loop: epochs of updates, validation, early stopping, the best weights, exact resume."""

import math
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from embedseq.caution import Caution
from embedseq.models.interfaces import Model
from embedseq.seeds import stream
from embedseq.text.batches import Batch, Batches
from embedseq.training.checkpoint import Checkpoint, Sums, read_checkpoint, write_checkpoint
from embedseq.training.failures import bad_epoch, bad_update, rows_at_fault, some_at_fault
from embedseq.training.first_batch import Frozen, look_at_first_batch
from embedseq.training.gradients import Gradients, Part
from embedseq.training.grouping import grouped
from embedseq.training.history import Epoch, History, converged, diverged, plateaus
from embedseq.training.loss import batch_loss
from embedseq.training.moving_average import MovingAverage
from embedseq.training.optimiser import Optimiser, copy_of, mean_of
from embedseq.training.progress import SAVE_SECONDS, Clock, Progress, SavePace, Standing
from embedseq.training.replicas import Replicas
from embedseq.training.resumption import Resumed, Resuming, difference, environment
from embedseq.training.schedule import learning_rate
from embedseq.training.score import Score, wanted_score
from embedseq.training.settings import TrainSettings
from embedseq.training.time_limit import TimeLimit
from embedseq.training.watch import Watch


@dataclass(frozen=True)
class TrainingData:
    """The splits that training may see."""

    train: Batches
    valid: Batches
    score: Score | None = None
    """That of the validation split that the settings' `best_by` names; none for the loss."""
    untrained: bool = True
    """Whether the model comes with the weights that were drawn for it, so that its loss should be that of guessing."""


def train(
    model: Model,
    data: TrainingData,
    settings: TrainSettings,
    seed: int,
    progress: Progress | None = None,
    checkpoint: Path | None = None,
    save_seconds: float = SAVE_SECONDS,
    resuming: Resuming | None = None,
) -> History:
    """Trains the model in place and leaves the best epoch's weights in it, or the mean of the last ones', in evaluation mode.

    With a `checkpoint` folder everything is written there every `save_seconds` and at the end, but only where writing takes less
    than a fiftieth of the time, so that nothing is there at first; and training resumes from what it finds there, which
    `resuming` is told: on one kind of machine a run that was killed, wherever it stood, ends in the same bytes as an undisturbed
    one. torch's global generator is left as it was.
    Raises WorkError where training fails or diverges, CheckpointError where the checkpoint is of another run or damaged; the
    model's weights are then as they were.
    """
    with torch.random.fork_rng():
        torch.manual_seed(stream(seed, "first batch"))
        training = _Training(model, data, settings, seed, progress, checkpoint, resuming)
        with training.replicas:
            return training.run(SavePace(save_seconds, training.checkpoint_bytes))


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
            loss = batch_loss(decoded.predicted, on_device.target_out, on_device.target_valid)
            total += loss.plain.double().cpu()
            tokens += loss.tokens
    model.train(was_training)
    return float(total) / max(tokens, 1)


class _Training:
    """One training run; what changes from update to update are the model, the optimiser, the history, the sums of the epoch that
    is not over, and the best weights."""

    def __init__(
        self,
        model: Model,
        data: TrainingData,
        settings: TrainSettings,
        seed: int,
        progress: Progress | None,
        folder: Path | None,
        resuming: Resuming | None,
    ) -> None:
        self.model, self.data, self.settings, self.seed = model, data, settings, seed
        self.progress, self.folder, self.resuming = progress, folder, resuming
        self.device = next(model.parameters()).device
        self.score = wanted_score(settings.best_by, data.score)
        self.history = History(best_by=settings.best_by, higher=self.score is not None and self.score.higher)
        self.sums, self.limit = Sums(), TimeLimit(settings.minutes)
        self.kept: dict[int, Mapping[str, Tensor]] = {}
        self.watch, self.untold = Watch(settings, data.train, data.valid), list[Caution]()
        self.frozen: Frozen | None = None
        self.environments: Sequence[Mapping[str, str]] = [environment()]
        planned = math.ceil(len(data.train) / settings.accumulate) * settings.epochs
        self.updates = planned if settings.max_updates is None else min(planned, settings.max_updates)
        model.set_epoch(1)
        self.optimiser = Optimiser(model, settings)
        self.gradients = Gradients(model, settings, seed, Part(0, settings.replicas))
        self.replicas = Replicas(model, data.train, settings, seed)
        self.mean = None if settings.moving_average is None else MovingAverage(settings.moving_average)
        if self.mean is not None:
            self.mean.enrol(model)

    @property
    def checkpoint_bytes(self) -> int:
        """How large a first checkpoint is at most: the weights, those of the best epoch, both moments of Adam, perhaps means."""
        weights: int = sum(tensor.nbytes for tensor in self.model.state_dict().values())
        return weights * (4 if self.mean is None else 5)

    def run(self, pace: SavePace) -> History:
        """All that is left."""
        self._resume()
        self.pace = pace
        self.clock = Clock(self.history.updates + self.sums.updates)
        if self.history.updates + self.sums.updates == 0:
            self._look_first()
        finished = self._finished()
        while not finished:
            finished = self._run_epoch(len(self.history.epochs) + 1)
        self.model.load_state_dict(dict(self._chosen()))
        self.model.eval()
        early = converged(self.history, self.settings.early_stopping)
        by_time = None if self.settings.max_time is None else not early and self.history.updates < self.updates
        history = replace(self.history, stopped_early=early, ended_by_time=by_time)
        self.watch.at_end(history)
        return replace(history, cautions=tuple(self.watch.cautions))

    def _look_first(self) -> None:
        """Before any update: what is certainly wrong ends the training, what is suspicious is told.

        Replicas look at their own part of the batch: all of it would take memory that this process never needs again.
        """
        first = next(iter(self.data.train.epoch(stream(self.seed, "order", 1)))).every(0, self.settings.replicas)
        look = look_at_first_batch(self.model, first, self.data.untrained)
        self.watch.first_loss = look.loss if math.isfinite(look.loss) else None
        self.untold += self.watch.add(look.cautions)
        self.frozen = Frozen(self.model)

    def _finished(self) -> bool:
        """Between two epochs. One that was begun is ended, and where there is time for nothing, one update is made."""
        history, settings = self.history, self.settings
        out_of_time = self.limit.out and history.updates > 0 and self.sums.updates == 0
        return out_of_time or history.updates >= self.updates or converged(history, settings.early_stopping)

    def _run_epoch(self, number: int) -> bool:
        """What is left of an epoch, and whether it was the last one."""
        self.model.set_epoch(number)
        self._enrol()
        self.model.train()
        sums = self.sums
        batches = self.data.train.epoch(stream(self.seed, "order", number))
        together = grouped(batches, self.settings.accumulate)
        for group in islice(together, sums.updates, self.updates - self.history.updates):
            self._update(number, group, sums)
            if self.limit.out:
                break
            if self.pace.due():
                self._save()
        with self.mean.in_place() if self.mean is not None else nullcontext():
            self._end_epoch(number, sums)
        finished = self._finished()
        if self.pace.due() or (finished and self.pace.cheap()):
            self._save()
        record = self.history.epochs[-1]
        self._report(record.number, record.updates, record.train_loss, record.valid_loss)
        return finished

    def _end_epoch(self, number: int, sums: Sums) -> None:
        """Validate and keep the weights; with a moving average the model has its means."""
        self.model.eval()
        record = Epoch(
            number=number,
            updates=self.history.updates + sums.updates,
            tokens=sums.tokens,
            train_loss=sums.loss / max(sums.tokens, 1),
            valid_loss=valid_loss(self.model, self.data.valid),
            learning_rate=sums.rate,
            gradient_norm=sums.norm / max(sums.updates, 1),
        )
        if diverged(record, sums.vocabulary_size):
            lost = not math.isfinite(record.valid_loss)
            raise bad_epoch(record, sums.vocabulary_size, some_at_fault(self.model, self.data.valid) if lost else ())
        if self.score is not None:  # of lost weights there may be none
            record = replace(record, score=self.score.measure(self.model))
        self.history, self.sums = replace(self.history, epochs=(*self.history.epochs, record)), Sums()
        self._keep(number)
        self.untold += self.watch.after_epoch(self.history, sums.vocabulary_size)

    def _enrol(self) -> None:
        """Take in what this epoch has made trainable."""
        self.optimiser.enrol(self.model)
        if self.mean is not None:
            self.mean.enrol(self.model)

    def _update(self, epoch: int, group: Sequence[Batch], sums: Sums) -> None:
        update = self.history.updates + sums.updates + 1
        rate = self._rate(update)
        self.optimiser.zero_grad()
        self.replicas.begin(epoch, sums.updates, update)
        losses = self.gradients.add(group, update)
        losses += self.replicas.end().to(self.device)
        tokens = sum(int(batch.target_valid.sum()) for batch in group)
        norm = self.optimiser.clip()
        # All three are needed before the weights change, and are read at once: each reading waits for the device.
        plain, minimised, norm_value = torch.cat((losses, norm.double()[None])).tolist()
        if not all(map(math.isfinite, (plain, minimised, norm_value))):
            rows = [row for batch in group for row in batch.rows.tolist()]
            raise bad_update(epoch, update, minimised, norm_value, rate, rows, rows_at_fault(self.model, group))
        self.optimiser.step(rate)
        if self.mean is not None:
            self.mean.add(update)
        if self.frozen is not None:
            self.frozen.check()
            self.frozen = None
        self.watch.after_update(norm_value)
        sums.loss += plain
        sums.tokens += tokens
        sums.updates += 1
        sums.rate = rate
        sums.vocabulary_size = self.gradients.vocabulary_size
        sums.norm += norm_value
        self.clock.add(tokens)
        self._report(epoch, update, sums.loss / sums.tokens, None)

    def _keep(self, number: int) -> None:
        """Keep the weights after an epoch as long as they may be wanted at the end."""
        averaged = self.settings.average
        wanted = {self.history.best_epoch} if averaged is None else set(range(number - averaged + 1, number + 1))
        if number in wanted:
            self.kept[number] = copy_of(self.model.state_dict())
        self.kept = {epoch: weights for epoch, weights in self.kept.items() if epoch in wanted}

    def _chosen(self) -> Mapping[str, Tensor]:
        """The weights that the model ends with."""
        if self.settings.average is None:
            return self.kept[self.history.best_epoch]
        return mean_of([self.kept[number] for number in sorted(self.kept)])

    def _rate(self, update: int) -> float:
        halvings = plateaus(self.history, self.settings.plateau)
        return learning_rate(self.settings, update, self.updates, halvings, self.limit.share)

    def _report(self, epoch: int, update: int, loss: float, valid: float | None) -> None:
        if self.progress is not None:
            speed = self.clock.tokens_per_second()
            left = min(self.clock.seconds_left(update, self.updates), self.limit.left)
            cautions, self.untold = tuple(self.untold), []
            self.progress(Standing(epoch, self.settings.epochs, update, self.updates, loss, speed, left, valid, cautions))

    def _identity(self) -> dict[str, Any]:
        shapes = {name: list(tensor.shape) for name, tensor in self.model.state_dict().items()}
        place = {"device": self.device.type}  # what began elsewhere is not gone on with
        return {**self.settings.decisive(), "seed": self.seed, "updates": self.updates, "shapes": shapes, **place}

    def _save(self) -> None:
        if self.folder is not None:
            with self.pace.saving():
                weights, optimiser = copy_of(self.model.state_dict()), copy_of(self.optimiser.tensors())
                means = {} if self.mean is None else copy_of(self.mean.tensors())
                state = Checkpoint(
                    history=self.history,
                    unfinished=self.sums,
                    weights=weights,
                    kept=self.kept,
                    optimiser=optimiser,
                    means=means,
                    seconds=self.limit.spent,
                    watched=self.watch.record(),
                    environments=self.environments,
                )
                write_checkpoint(self.folder, state, self._identity())

    def _resume(self) -> None:
        """Puts back all that `_save` wrote, if there is a checkpoint."""
        state = read_checkpoint(self.folder, self._identity()) if self.folder is not None else None
        if state is None:
            return
        self.history, self.sums, self.kept = state.history, state.unfinished, dict(state.kept)
        self.limit = TimeLimit(self.settings.minutes, state.seconds)
        self.watch.load(state.watched)
        self.model.load_state_dict(dict(state.weights))
        begun = len(state.history.epochs) + (1 if state.unfinished.updates else 0)
        for epoch in range(1, begun + 1):  # what became trainable on the way is enrolled in the same order
            self.model.set_epoch(epoch)
            self._enrol()
        self.optimiser.load(state.optimiser)
        if self.mean is not None:
            self.mean.load(state.means)
        self.environments = state.environments if self._finished() else [*state.environments, environment()]
        if self.resuming is not None:
            made = state.history.updates + state.unfinished.updates
            self.resuming(Resumed(made, state.seconds, difference(self.environments)))
