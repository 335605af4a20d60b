"""Processes that share the work of each update: every one of them takes a part of each batch, all have the same weights.

Many small operations are faster in two processes of one thread than in one of two. The processes are forked, so that model and
data are there at once; the weights lie in memory that all of them see, and so do the gradients that each hands over. The first
process, which is training itself, adds them up in the order of the processes, and alone changes the weights: what comes out
depends on how many there are, and on nothing else.
"""

import mmap
import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from types import TracebackType
from typing import Self

import torch
from torch import Tensor, nn

from embedseq.errors import WorkError
from embedseq.forked import Forked
from embedseq.models.device import refuse_replicas
from embedseq.models.interfaces import Model
from embedseq.seeds import stream
from embedseq.text.batches import Batch, Batches
from embedseq.training.gradients import Gradients, Part
from embedseq.training.grouping import grouped
from embedseq.training.settings import TrainSettings

_ORDER = struct.Struct("<qqq")
"""To a replica: the epoch, how many updates of it came before, and the number of the update."""
_DONE, _FAILED = b"d", b"f"
_LONGEST = 4000
"""So many bytes of what a replica says of its failure are passed on."""


class Replicas:
    """The other processes of a training. Used in a `with` block, at whose end they are gone.

    `data` gives the same batches as in the first process. On the way in the parameters move to shared memory; they stay the
    objects that they are. Raises RequestError for a model that is not on a CPU.
    """

    def __init__(self, model: Model, data: Batches, settings: TrainSettings, seed: int) -> None:
        self.model, self.data, self.settings, self.seed = model, data, settings, seed
        self._others: list[_Replica] = []

    def __enter__(self) -> Self:
        count = self.settings.replicas
        refuse_replicas(count, next(self.model.parameters()).device)
        if count == 1:
            return self
        try:
            self._start_others(count)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _start_others(self, count: int) -> None:
        for parameter in self.model.parameters():
            shared = _shared(parameter.shape, parameter.dtype)
            shared.copy_(parameter.detach())
            parameter.data = shared
        for number in range(1, count):
            slots = _Slots(self.model)
            serve = partial(_serve, self, Part(number, count), slots)
            self._others.append(_Replica(Forked(number, serve), slots))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for other in self._others:
            other.forked.end()
        if self.settings.replicas > 1:
            for parameter in self.model.parameters():
                parameter.data = parameter.detach().clone()
        self._others = []

    def begin(self, epoch: int, before: int, update: int) -> None:
        """Have them compute their parts of an update, counted from 1, which `before` others of its epoch came before."""
        for other in self._others:
            try:
                os.write(other.forked.orders, _ORDER.pack(epoch, before, update))
            except BrokenPipeError:
                raise _ended(other) from None

    def end(self) -> Tensor:
        """Wait for them and add their gradients to the parameters'; (2,), the sum of what their `Gradients.add` returned."""
        sums = torch.zeros(2, dtype=torch.float64)
        for other in self._others:
            answer = os.read(other.forked.answers, 1)
            if answer == _FAILED:
                told = os.read(other.forked.answers, _LONGEST).decode(errors="replace")
                raise WorkError(f"replica {other.forked.number} failed: {told}")
            if answer != _DONE:
                raise _ended(other)
            other.slots.add_to(self.model)
            sums += other.slots.sums
        return sums


@dataclass(frozen=True)
class _Replica:
    """A process, and the memory through which it hands over what it finds."""

    forked: Forked
    slots: "_Slots"


class _Slots:
    """Memory that two processes see: a gradient for each parameter, which of them there are, and two sums."""

    def __init__(self, model: nn.Module) -> None:
        self.gradients = [_shared(parameter.shape, parameter.dtype) for parameter in model.parameters()]
        self.there = _shared(torch.Size([len(self.gradients)]), torch.bool)
        self.sums = _shared(torch.Size([2]), torch.float64)

    def take_from(self, model: nn.Module) -> None:
        """The gradients of the parameters."""
        for number, (parameter, gradient) in enumerate(zip(model.parameters(), self.gradients, strict=True)):
            self.there[number] = parameter.grad is not None
            if parameter.grad is not None:
                gradient.copy_(parameter.grad)

    def add_to(self, model: nn.Module) -> None:
        """The gradients to those of the parameters."""
        there = self.there.tolist()
        for parameter, gradient, has in zip(model.parameters(), self.gradients, there, strict=True):
            if has:
                parameter.grad = gradient.clone() if parameter.grad is None else parameter.grad.add_(gradient)


def _shared(shape: torch.Size, kind: torch.dtype) -> Tensor:
    """Zeros in memory that processes forked later share; no file is behind it."""
    count = max(shape.numel(), 1)
    memory = mmap.mmap(-1, count * kind.itemsize)
    return torch.frombuffer(memory, dtype=kind, count=count)[: shape.numel()].view(shape)


def _serve(replicas: Replicas, part: Part, slots: _Slots, orders: int, answers: int) -> None:
    """Compute until the first process closes the pipe, or is gone."""
    torch.set_num_threads(1)
    gradients = Gradients(replicas.model, replicas.settings, replicas.seed, part)
    groups: Iterator[Sequence[Batch]] = iter(())
    expected = (0, 0)
    while order := os.read(orders, _ORDER.size):
        epoch, before, update = _ORDER.unpack(order)
        try:
            if (epoch, before) != expected:
                replicas.model.set_epoch(epoch)
                batches = replicas.data.epoch(stream(replicas.seed, "order", epoch))
                groups = islice(grouped(batches, replicas.settings.accumulate), before, None)
            replicas.model.train()
            replicas.model.zero_grad(set_to_none=True)
            slots.sums.copy_(gradients.add(next(groups), update))
            slots.take_from(replicas.model)
        except BaseException as error:  # whatever it is, the first process says it
            os.write(answers, _FAILED + f"{type(error).__name__}: {error}".encode()[:_LONGEST])
            return
        expected = (epoch, before + 1)
        os.write(answers, _DONE)


def _ended(replica: _Replica) -> WorkError:
    return replica.forked.ended_early(
        "trains a part of each batch",
        "Training goes on from its last checkpoint when run again; with fewer `replicas` if memory is short.",
    )
