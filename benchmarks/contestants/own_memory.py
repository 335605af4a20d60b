"""How much memory embedseq's own training has, as `memory.py` asks: `python own_memory.py JOB`.

The job is one of `meter.py`, and says beside it how many `updates` are made, whether the C library gives back to the system
what is free after each of them (`trimmed`), and whether an LSTM is torch's own layer (`library_layer`). Printed is a line of
JSON in MiB: `program`, before there is a model, `weights`, and `peak`. That of several replicas is looked at over and over, so
that it may miss the shortest; memory that they share counts once.
"""

import ctypes
import json
import sys
import time
from threading import Thread

import torch
from meter import ALL, job, own_processes, peak_mib, status
from own_training import task_of

from embedseq.models.recurrent import cells
from embedseq.training.loop import train
from embedseq.training.progress import Standing


class Looker(Thread):
    """Looks how much memory there is, over and over."""

    peak = 0.0
    """MiB, the most so far."""

    def run(self) -> None:
        while True:
            parts = [status(ALL / str(process), "Pss", "smaps_rollup") for process in own_processes()]
            self.peak = max(self.peak, sum(parts) / 2**10)
            time.sleep(0.01)


def main() -> None:
    """Train for some updates."""
    asked = job()
    torch.set_num_threads(asked["threads"])
    program = status(ALL / "self", "VmRSS") / 2**10
    task = task_of(asked)
    weights = sum(parameter.nbytes for parameter in task.model.parameters()) / 2**20
    library = ctypes.CDLL(None)
    looker = Looker(daemon=True) if asked["replicas"] > 1 else None
    if asked["library_layer"]:
        cells.saves_memory = lambda inputs, dim: False  # type: ignore[attr-defined]

    def watch(standing: Standing) -> None:
        if looker is not None and not looker.is_alive():
            looker.start()  # once the replicas are there: they are forked from a process of one thread
        if asked["trimmed"]:
            library.malloc_trim(0)
        if standing.update >= asked["updates"]:
            peak = peak_mib() if looker is None else looker.peak
            if peak == 0.0:
                sys.exit("this system does not tell how much memory processes share")
            print(json.dumps({"program": program, "weights": weights, "peak": peak}), flush=True)
            sys.exit()

    train(task.model, task.data, task.settings, task.seed, watch)


if __name__ == "__main__":
    main()
