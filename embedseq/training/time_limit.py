"""How long a training may take, over all processes that work on it. The one place where a clock decides what is learnt."""

import math
import time

from embedseq.training.settings import TrainSettings


class TimeLimit:
    """A limit in minutes, or none; `spent` seconds went by in processes before this one."""

    def __init__(self, minutes: float | None, spent: float = 0.0) -> None:
        self._limit = None if minutes is None else 60.0 * minutes
        self._before = spent
        self._began = time.monotonic()

    @property
    def spent(self) -> float:
        """Seconds so far."""
        return self._before + time.monotonic() - self._began

    @property
    def out(self) -> bool:
        """Whether the time is over."""
        return self._limit is not None and self.spent >= self._limit

    @property
    def left(self) -> float:
        """Seconds to come; infinite without a limit."""
        return math.inf if self._limit is None else max(0.0, self._limit - self.spent)

    @property
    def share(self) -> float:
        """Which share of the time is over, 0 to 1; without a limit 0."""
        return 0.0 if self._limit is None else min(self.spent / self._limit, 1.0)


def not_repeatable(settings: TrainSettings) -> str:
    """What is to be said of a training with a limit."""
    return (
        f"Training has a time limit (max_time, {settings.minutes:g} minutes) and is not repeatable: how far it gets depends on "
        "the machine and on what runs beside it."
    )
