"""How much memory embedseq's own training has, as `memory.py` asks: `python own_memory.py JOB`.

The job is one of `meter.py`, and says beside it how many `updates` are made, whether the C library gives back to the system
what is free after each of them (`trimmed`), and whether an LSTM is torch's own layer (`library_layer`). Printed is a line of
JSON in MiB: `program`, before there is a model, `weights`, and `peak`.
"""

import ctypes
import json
import sys

import torch
from meter import ALL, job, peak_mib, status
from own_training import task_of

from embedseq.models.recurrent import cells
from embedseq.training.loop import train
from embedseq.training.progress import Standing


def main() -> None:
    """Train for some updates."""
    asked = job()
    torch.set_num_threads(asked["threads"])
    program = status(ALL / "self", "VmRSS") / 2**10
    task = task_of(asked)
    weights = sum(parameter.nbytes for parameter in task.model.parameters()) / 2**20
    library = ctypes.CDLL(None)
    if asked["library_layer"]:
        cells.saves_memory = lambda inputs, dim: False

    def watch(standing: Standing) -> None:
        if asked["trimmed"]:
            library.malloc_trim(0)
        if standing.update >= asked["updates"]:
            print(json.dumps({"program": program, "weights": weights, "peak": peak_mib()}), flush=True)
            sys.exit()

    train(task.model, task.data, task.settings, task.seed, watch)


if __name__ == "__main__":
    main()
