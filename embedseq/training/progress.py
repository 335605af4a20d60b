"""What training tells those who watch it. Clock times live here alone: they enter no history and no checkpoint."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from embedseq.caution import Caution

SAVE_SECONDS = 60.0
"""Training saves after the first update, or the first validation, after so many seconds, unless saving is slow."""
SAVE_SHARE = 0.02
"""No more than this share of the time goes into saving, as far as is known: before the first time that is a guess."""
FIRST_SAVE, BYTES_PER_SECOND = 0.1, 1e8
"""The first time is taken to need so many seconds at least, and as long as it takes to write its bytes so fast: slow enough for
disks that turn, with what is hashed and waited for."""
FIRST_WAIT = 300.0
"""After so many seconds it is tried whatever that may be: a large model whose process is ended now and then comes on."""


@dataclass(frozen=True)
class Standing:
    """Where training stands after an update, or, with a validation loss, after an epoch."""

    epoch: int
    """Counted from 1."""
    epochs: int
    """The most that there will be."""
    update: int
    """Updates made."""
    updates: int
    """The most that there will be; early stopping makes fewer."""
    loss: float
    """Nats per target token over the epoch so far."""
    tokens_per_second: float
    """Target tokens trained on, since this process began or resumed training."""
    seconds_left: float
    """If all the updates are made."""
    valid_loss: float | None = None
    """Nats per target token of the validation split, at the end of an epoch."""
    cautions: tuple[Caution, ...] = ()
    """What was noticed since the last time."""


Progress = Callable[[Standing], None]
"""Called after each update and each epoch. It may raise to end the training, KeyboardInterrupt for instance."""


class Clock:
    """The speed of a training run in this process."""

    def __init__(self, first_update: int) -> None:
        self._began = time.perf_counter()
        self._first_update = first_update
        self._tokens = 0

    def add(self, tokens: int) -> None:
        """Counts tokens that were trained on."""
        self._tokens += tokens

    def tokens_per_second(self) -> float:
        """Tokens a second so far."""
        return self._tokens / max(time.perf_counter() - self._began, 1e-9)

    def seconds_left(self, update: int, updates: int) -> float:
        """If the remaining updates take as long as those so far."""
        done = max(update - self._first_update, 1)
        return (time.perf_counter() - self._began) / done * max(updates - update, 0)


class SavePace:
    """When to save next; what is trained does not depend on it. size: about how many bytes are written the first time."""

    def __init__(self, seconds: float = SAVE_SECONDS, size: int = 0) -> None:
        self._least = seconds
        self._took = max(FIRST_SAVE, min(size / BYTES_PER_SECOND, FIRST_WAIT * SAVE_SHARE))
        self._saved = time.perf_counter()

    def due(self) -> bool:
        """Whether enough time has gone by since the last time."""
        return self.cheap() and time.perf_counter() - self._saved >= self._least

    def cheap(self) -> bool:
        """Whether saving takes little of the time since the last time."""
        return time.perf_counter() - self._saved >= self._took / SAVE_SHARE

    @contextmanager
    def saving(self) -> Iterator[None]:
        """Inside the block something is saved."""
        began = time.perf_counter()
        yield
        self._saved = time.perf_counter()
        self._took = self._saved - began
