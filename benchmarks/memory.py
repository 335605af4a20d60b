"""How much memory a training needs and where it goes, for the shapes of `training.py`, and how much JoeyNMT's needs.

    python benchmarks/memory.py [--updates 20] [--work benchmarks/work] [--only transformer] [--without joeynmt]

Each is trained twice for so many updates, in a process of its own with two threads and a worker's environment: once as it is, and
once so that the C library gives back to the system, after each update, all that is free. Of the largest resident set as it is

    program             is there before the model: Python, torch and embedseq
    model               is four times the weights, with their gradients and the optimiser's two moments
    update              is what else the largest update needs: what is kept for the backward pass, and what libraries keep
    kept free           is what is free, and kept for the next update

JoeyNMT makes as many updates, in a plain environment. Two replicas of one thread are looked at over and over while they train,
and what they share counts once. The last row is the LSTM again, by torch's own layer in place of
`embedseq/models/recurrent/lstm.py`. Needs the GNU C library.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from corpus import WORK, prepared
from peers.install import python_of
from process import plain_environment
from table import Table
from training import BATCH, DROPOUT, SCRIPTS, SHAPES, SMOOTHING

from embedseq.pipeline.pool import worker_environment

THREADS = 2


def task(shape: dict[str, Any], folder: Path, replicas: int = 1) -> dict[str, Any]:
    """What all are asked for."""
    cores = {"threads": THREADS // replicas, "replicas": replicas}
    return {"folder": str(folder), "shape": shape, "batch": BATCH, "dropout": DROPOUT, "smoothing": SMOOTHING, **cores, "seed": 1}


def measured(
    shape: dict[str, Any], folder: Path, updates: int, trimmed: bool = False, library_layer: bool = False, replicas: int = 1
) -> dict[str, float]:
    """What `contestants/own_memory.py` says."""
    job = {**task(shape, folder, replicas), "updates": updates, "trimmed": trimmed, "library_layer": library_layer}
    command = [sys.executable, str(SCRIPTS / "own_memory.py"), json.dumps(job)]
    ended = subprocess.run(command, env=worker_environment(job["threads"]), stdout=subprocess.PIPE, text=True, check=True)
    told: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return told


def of_joeynmt(shape: dict[str, Any], folder: Path, updates: int, peers: Path) -> float:
    """The peak of JoeyNMT's training, MiB."""
    command = [str(python_of("joeynmt", peers)), str(SCRIPTS / "joeynmt_training.py")]
    job = {**task(shape, folder), "warm_up": 0, "updates": updates}
    ended = subprocess.run(
        [*command, json.dumps(job)], env=plain_environment(THREADS), stdout=subprocess.PIPE, text=True, check=True
    )
    return float(json.loads(ended.stdout.splitlines()[-1])["peak_mib"])


def row(name: str, folder: Path, updates: int, theirs: float | None, library_layer: bool = False) -> list[str]:
    """The parts of one shape's memory, their sum, and what JoeyNMT's training of it needs."""
    trimmed, plain = (measured(SHAPES[name][1], folder, updates, each, library_layer) for each in (True, False))
    model = 4.0 * plain["weights"]
    parts = [plain["program"], model, trimmed["peak"] - plain["program"] - model, plain["peak"] - trimmed["peak"]]
    named = f"{name}, torch's layer" if library_layer else name
    return [named, *(f"{part:,.0f}" for part in parts), *beside(plain["peak"], theirs)]


def of_replicas(name: str, folder: Path, updates: int, theirs: float | None) -> list[str]:
    """What as many replicas as threads need together."""
    peak = measured(SHAPES[name][1], folder, updates, replicas=THREADS)["peak"]
    return [f"{name}, {THREADS} replicas", "", "", "", "", *beside(peak, theirs)]


def beside(peak: float, theirs: float | None) -> list[str]:
    """A largest memory, JoeyNMT's, and their ratio."""
    return [f"{peak:,.0f}", *(("", "") if theirs is None else (f"{theirs:,.0f}", f"{peak / theirs:.3f}"))]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--updates", type=int, default=20)
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--without", choices=["joeynmt"], help="The peer to leave out.")
    parser.add_argument("--only", action="append", choices=SHAPES, help="A shape to be measured; may be repeated.")
    asked = parser.parse_args()
    shapes = {name: shape for name, shape in SHAPES.items() if not asked.only or name in asked.only}
    folder = prepared(asked.work.resolve())
    peers, compared = asked.work.resolve() / "peers", {} if asked.without else shapes
    theirs = {name: of_joeynmt(shape, folder, asked.updates, peers) for name, (_, shape) in compared.items()}
    rows = [row(name, folder, asked.updates, theirs.get(name)) for name in shapes]
    if "transformer" in shapes:
        rows.append(of_replicas("transformer", folder, asked.updates, theirs.get("transformer")))
    if "lstm" in shapes:
        rows.append(row("lstm", folder, asked.updates, None, library_layer=True))
    columns = ("", "program", "model", "update", "kept free", "in all", "JoeyNMT", "of JoeyNMT's")
    notes = [
        f"The largest resident set over {asked.updates} updates of 4,096 tokens, two threads, ours in the environment of a run's "
        "workers, JoeyNMT in a plain one; of replicas the largest sum that was seen, in which memory that they share counts "
        "once. What is kept free is a difference between two runs, and may come out a little below zero."
    ]
    print(Table("Memory of training, MiB", columns, rows, notes).markdown())


if __name__ == "__main__":
    main()
