"""How contestants are measured, the same way in all environments: the standard library alone is needed.

A contestant is a script that is started with a job, a JSON object, as its only argument. It trains, tells its `Meter` of each
update, and ends when the meter says so; what was measured in a turn is a line that the meter prints. A job has

    folder    the corpus (`benchmarks/corpus.py`)           threads   of this process
    shape     the model's numbers by name                    replicas  processes, for those that can share an update
    batch     the most target tokens, padding counted        dropout, smoothing
    warm_up   updates before the clock starts                seed      of the order of batches and of the weights
    seconds   that it then runs, or `updates` that it then makes, whichever is there and over first
    turns     whether it then waits for a line of its input, which asks for another turn; without it, it ends

The clock of a further turn starts after one update, in which caches that others used meanwhile fill again.
"""

import json
import math
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

ALL = Path("/proc")
LOADED = time.perf_counter()
TICKS = os.sysconf("SC_CLK_TCK")
"""A second of processor time."""


def job() -> dict[str, Any]:
    """What is asked of this process."""
    asked: dict[str, Any] = json.loads(sys.argv[1])
    return asked


class Meter:
    """Counts target tokens, the end of each sentence counted and padding not, from the last update of the warm-up on."""

    def __init__(self, asked: dict[str, Any], versions: str) -> None:
        self.asked, self.versions = asked, versions
        self.warm_up = asked["warm_up"]
        self.updates = self.tokens = 0
        self.first = self.elapsed = 0.0
        self.clock, self.spent = time.perf_counter(), processor_seconds()

    def add(self, tokens: int) -> bool:
        """An update with so many target tokens is done; whether it was the last."""
        self.updates += 1
        self.first = self.first or age()
        if self.updates == self.warm_up:
            self.clock, self.spent = time.perf_counter(), processor_seconds()
        if self.updates <= self.warm_up:
            return False
        self.tokens += tokens
        self.elapsed = time.perf_counter() - self.clock
        seconds, updates = self.asked.get("seconds", math.inf), self.asked.get("updates", math.inf)
        if self.elapsed < seconds and self.updates - self.warm_up < updates:
            return False
        self.tell()
        return not self._another()

    def _another(self) -> bool:
        """Wait for another turn, if there may be one; whether there is."""
        if not self.asked.get("turns") or not sys.stdin.readline():
            return False
        self.again()
        return True

    def again(self) -> None:
        """Begin the turn anew, after what took time and is not to be measured: its clock starts after one update."""
        self.warm_up, self.updates, self.tokens = 1, 0, 0

    def tell(self) -> None:
        """Print what was measured."""
        own, others = (now - before for now, before in zip(processor_seconds(), self.spent, strict=True))
        measured = {
            "tokens_per_second": self.tokens / self.elapsed,
            "updates": self.updates - self.warm_up,
            "tokens": self.tokens,
            "peak_mib": peak_mib(),
            "first_update_seconds": self.first,
            "processor_seconds": own,
            "others": max(0.0, others) / self.elapsed,
            "versions": self.versions,
        }
        print(json.dumps(measured), flush=True)


def processor_seconds() -> tuple[float, float]:
    """For how long cores have worked for this process and what it has started, and for others; for these 0 where the system does
    not tell."""
    if not (ALL / "stat").exists():
        return time.process_time(), 0.0
    user, nice, system, _, _, *interrupts = map(int, (ALL / "stat").read_text().splitlines()[0].split()[1:9])
    own = sum(sum(map(int, _stat(ALL / str(process))[11:13])) for process in own_processes())
    return own / TICKS, (user + nice + system + sum(interrupts[:3]) - own) / TICKS


def age() -> float:
    """Seconds since this process was started; since this module was loaded, where the system does not tell."""
    if not (ALL / "self" / "stat").exists():
        return time.perf_counter() - LOADED
    return float((ALL / "uptime").read_text().split()[0]) - int(_stat(ALL / "self")[19]) / TICKS


def peak_mib() -> float:
    """The most memory that this process had, and, where the system tells, all those that it has started and that still live.

    Of a process the largest resident set is asked for; memory that several share counts for each of them.
    """
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    if not (ALL / "self" / "status").exists():
        return own
    return sum(status(ALL / str(process), "VmHWM") for process in own_processes()) / 2**10


def own_processes() -> set[int]:
    """This process and all that it has started and that still live."""
    parents = {int(path.name): status(path, "PPid") for path in ALL.glob("[0-9]*")}
    found = {os.getpid()}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _stat(path: Path) -> list[str]:
    """What the system counts of a process, from its state on; nothing but zeros when it has ended."""
    try:
        return (path / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ["0"] * 20


def status(path: Path, name: str, file: str = "status") -> int:
    """A number that a file in the folder of a process has by this name; 0 when the process has ended."""
    try:
        lines = (path / file).read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)
