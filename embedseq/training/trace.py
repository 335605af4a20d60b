"""torch's profiler around some updates in the middle of a training run: which operators take the time. Changes no result."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch.profiler import ProfilerActivity, profile

from embedseq.training.progress import Standing

PASSED_OVER = 20
"""So many updates go by first: in the first ones memory is fetched and caches are filled."""
TRACED = 10
SHOWN = 15


@dataclass(frozen=True)
class Operator:
    """What one operator of torch took, without the operators that it calls."""

    name: str
    calls: int
    seconds: float
    """Of the processor."""
    device_seconds: float
    """Of the accelerator."""


@dataclass(frozen=True)
class Traced:
    """What was seen."""

    first: int
    """The first update, counted from 1."""
    last: int
    seconds: float
    """By the clock; the profiler itself takes a part."""
    validations: int
    """How often the validation split was read between them."""
    busy_seconds: float
    """The sum over all operators."""
    operators: tuple[Operator, ...]
    """Those that took the most, the longest first."""


class Trace:
    """Watches a training run by its progress. Of fewer than 60 updates a third is passed over, and at most a third traced."""

    def __init__(self, path: Path, device: str = "cpu") -> None:
        """path: where Chrome's trace goes, `….json.gz`; `ui.perfetto.dev` and `chrome://tracing` show it. device: its type."""
        self.path, self.device = path, device
        activities = {ProfilerActivity.CPU} | ({ProfilerActivity.CUDA} if device == "cuda" else set())
        self._profiler: Any = profile(activities=activities)
        self._first: int | None = None
        self._count = 0
        self._began = 0.0
        self._last = 0
        self._validations = 0
        self.traced: Traced | None = None

    def watch(self, standing: Standing) -> None:
        """Called after each update and each epoch."""
        if standing.valid_loss is not None:
            self._validations += 1
            return
        self._last = standing.update
        if self._first is None:
            third = (standing.updates - standing.update) // 3
            self._first, self._count = standing.update + 1 + min(PASSED_OVER, third), min(TRACED, max(third, 1))
        if standing.update == self._first - 1 and standing.update < standing.updates:
            self._start()
        elif standing.update == self._first + self._count - 1:
            self.end()

    def end(self) -> None:
        """Write what there is; to be called at the end of the training, too, which may come early."""
        if not self._running or self._first is None:
            return
        self._profiler.__exit__(None, None, None)
        seconds, self._began = time.perf_counter() - self._began, 0.0
        if self._last < self._first:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._profiler.export_chrome_trace(str(self.path))
        found = operators(self._profiler.key_averages())
        busy = sum(each.device_seconds if self.device == "cuda" else each.seconds for each in found)
        self.traced = Traced(self._first, self._last, seconds, self._validations, busy, tuple(found[:SHOWN]))

    @property
    def _running(self) -> bool:
        return self._began > 0.0

    def _start(self) -> None:
        self._validations = 0
        self._profiler.__enter__()
        self._began = time.perf_counter()


def operators(averages: Sequence[Any]) -> list[Operator]:
    """torch's averages as plain numbers, what took longest first."""
    found = [
        Operator(each.key, each.count, each.self_cpu_time_total * 1e-6, each.self_device_time_total * 1e-6)
        for each in averages
        if each.key != "[memory]" and not each.key.startswith("ProfilerStep")
    ]
    return sorted(found, key=lambda each: (-each.device_seconds, -each.seconds))
