"""Where the memory of a training goes, for the shapes of `training.py`.

    python benchmarks/memory.py [--updates 40] [--work benchmarks/work]

Each is trained twice for so many updates, in a process of its own with two threads and a worker's environment: once as it is, and
once so that the C library gives back to the system, after each update, all that is free. Of the largest resident set as it is

    program             is there before the model: Python, torch and embedseq
    model               is four times the weights, with their gradients and the optimiser's two moments
    update              is what else the largest update needs: what is kept for the backward pass, and what libraries keep
    kept free           is what is free, and kept for the next update

The last row is the LSTM again, by torch's own layer in place of `embedseq/models/recurrent/lstm.py`. Needs the GNU C library.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from corpus import WORK, prepared
from table import Table
from training import BATCH, DROPOUT, SCRIPTS, SHAPES, SMOOTHING

from embedseq.pipeline.pool import worker_environment

THREADS = 2


def measured(shape: dict[str, Any], folder: Path, updates: int, trimmed: bool, library_layer: bool) -> dict[str, float]:
    """What `contestants/own_memory.py` says."""
    task = {"folder": str(folder), "shape": shape, "batch": BATCH, "dropout": DROPOUT, "smoothing": SMOOTHING}
    job = {**task, "threads": THREADS, "replicas": 1, "updates": updates, "trimmed": trimmed, "library_layer": library_layer}
    command = [sys.executable, str(SCRIPTS / "own_memory.py"), json.dumps(job)]
    ended = subprocess.run(command, env=worker_environment(THREADS), stdout=subprocess.PIPE, text=True, check=True)
    told: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return told


def row(name: str, folder: Path, updates: int, library_layer: bool = False) -> list[str]:
    """The parts of one shape's memory, and their sum."""
    trimmed, plain = (measured(SHAPES[name][1], folder, updates, each, library_layer) for each in (True, False))
    model = 4.0 * plain["weights"]
    parts = [plain["program"], model, trimmed["peak"] - plain["program"] - model, plain["peak"] - trimmed["peak"]]
    return [f"{name}, torch's layer" if library_layer else name, *(f"{part:,.0f}" for part in parts), f"{plain['peak']:,.0f}"]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--updates", type=int, default=40)
    parser.add_argument("--work", type=Path, default=WORK)
    asked = parser.parse_args()
    folder = prepared(asked.work.resolve())
    rows = [*(row(name, folder, asked.updates) for name in SHAPES), row("lstm", folder, asked.updates, library_layer=True)]
    columns = ("", "program", "model", "update", "kept free", "in all")
    notes = ["What is kept free is a difference between two runs, and may come out a little below zero."]
    print(Table("Memory of training, MiB", columns, rows, notes).markdown())


if __name__ == "__main__":
    main()
