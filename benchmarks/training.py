"""How fast models are trained, beside JoeyNMT, OpenNMT-py and a careful loop by hand, in target tokens a second.

    python benchmarks/training.py [--rounds 3] [--only transformer] [--without joeynmt] [--markdown]

Multi30k, English to German, in 10,000 joint pieces; batches of 4,096 target tokens, padding counted; two threads, or two
processes of one. All contestants of a shape take turns, each a process of its own (`contestants/`) that waits while others have
theirs: `--rounds` times, every time `--seconds` of updates after a warm-up. Told are the medians over the rounds, and the ratios
of ours to each other's. Peers are installed below the work folder (`peers/install.py`). All of a shape together have ten GiB.
"""

import argparse
import json
import shlex
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Self

from corpus import WORK, prepared
from peers.install import python_of
from process import plain_environment
from table import Table

from embedseq.pipeline.pool import worker_environment
from embedseq.training.settings import TrainSettings

SCRIPTS = Path(__file__).parent / "contestants"
BATCH, DROPOUT, SMOOTHING = 4096, 0.3, 0.1
UNDISTURBED = 0.05
"""So much of a core may be busy with other processes."""
RECURRENT = {"layers": 1, "dim": 512, "embedding_dim": 256}
SHAPES: dict[str, tuple[str, dict[str, Any]]] = {
    "transformer": (
        "Transformer, 4+4 layers, 128 wide, 256 feed-forward, 4 heads",
        {"architecture": "transformer", "layers": 4, "dim": 128, "embedding_dim": 128, "heads": 4, "feed_forward": 256},
    ),
    "lstm-feeding": (
        "LSTM + Luong's general attention with input feeding, embedding 256, bidirectional encoder 256, decoder 512",
        {"architecture": "lstm", **RECURRENT, "attention": "general", "feeding": True},
    ),
    "lstm": (
        "The same LSTM without input feeding",
        {"architecture": "lstm", **RECURRENT, "attention": "general", "feeding": False},
    ),
    "gru-feeding": (
        "GRU + additive attention with input feeding, the same widths",
        {"architecture": "gru", **RECURRENT, "attention": "additive", "feeding": True},
    ),
}
NOTES = (
    "Multi30k, English to German, in 10,000 joint pieces; batches of 4,096 target tokens, two threads or two processes of one. "
    "Each round goes on with the batches that follow: `updates` are those that one round was measured over.",
    "A target token is a piece or the end of a sentence; padding is not counted, though it counts in a batch's 4,096. JoeyNMT "
    "and OpenNMT-py limit by the longer side of a pair, and JoeyNMT takes sentences in random order and ends a batch after it "
    "has passed the limit, so that more of what it computes is padding.",
    "Dropout 0.3, label smoothing 0.1, Adam, gradients clipped to norm 1, no tables shared. JoeyNMT also drops weights of the "
    "Transformer's attention; our recurrent models map embeddings of 256 to the width of 512 first. Attention comes after the "
    "recurrent step in all of them.",
    "The loop by hand runs with torch's defaults and with the environment that our workers have. Memory is the largest resident "
    "set of all rounds, summed over processes, in which shared memory counts for each; it grows with the updates (*Where the "
    "memory goes* compares as many of each). The first update is timed once, from the start of the process, reading of the "
    "pieces included. Numbers in parentheses are the least and the most of the rounds; `others` is how many cores other "
    "processes kept busy in the worst.",
)


@dataclass
class Contestant:
    """One way to train: a script, its interpreter and environment; and what it said in each round."""

    name: str
    script: str
    python: str
    environment: dict[str, str]
    threads: int = 2
    replicas: int = 1
    told: list[dict[str, Any]] = field(default_factory=list)

    def turns(self, shape: dict[str, Any], folder: Path, asked: argparse.Namespace) -> "Turns":
        """Its process, which is started by the first turn."""
        task = {"folder": str(folder), "shape": shape, "threads": self.threads, "replicas": self.replicas, "batch": BATCH}
        task |= {"dropout": DROPOUT, "smoothing": SMOOTHING, "warm_up": asked.warm_up, "seconds": asked.seconds}
        command = [*asked.prefix, self.python, str(SCRIPTS / self.script), json.dumps(task | {"seed": 1, "turns": True})]
        return Turns(self.name, command, self.environment)

    def run(self, turns: "Turns", tries: int) -> None:
        """Take a turn, anew while others keep the cores busy; of a few tries the least disturbed counts."""
        tried: list[dict[str, Any]] = []
        while len(tried) < tries and all(each["others"] > UNDISTURBED for each in tried):
            tried.append(turns.another())
        self.told.append(min(tried, key=lambda each: float(each["others"])))

    def of(self, what: str) -> list[float]:
        """One number of each round."""
        return [each[what] for each in self.told]

    @property
    def speed(self) -> float:
        """Tokens a second, the median."""
        return statistics.median(self.of("tokens_per_second"))


class Turns:
    """A contestant's process, which waits between its turns; it ends with the context."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.name, self.command, self.environment = name, command, environment
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.errors = TemporaryFile("w+")
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.process.communicate()  # which ends its input, so that it goes on no more
        self.errors.close()

    def another(self) -> dict[str, Any]:
        """What the process says of one turn more. Exits with its output where it fails."""
        if self.process is None:
            pipe = subprocess.PIPE
            self.process = subprocess.Popen(
                self.command, env=self.environment, stdin=pipe, stdout=pipe, stderr=self.errors, text=True
            )
        else:
            with suppress(BrokenPipeError):  # it has died meanwhile, and says nothing
                print(file=self.process.stdin, flush=True)
        said = list[str]()
        for line in self.process.stdout or ():
            if line.startswith('{"tokens_per_second"'):
                told: dict[str, Any] = json.loads(line)
                return told
            said.append(line)
        self.errors.seek(0)
        sys.exit(f"{self.name} failed:\n{''.join(said)[-2000:]}{self.errors.read()[-4000:]}")


def contestants(work: Path, without: Sequence[str]) -> list[Contestant]:
    """Ours first; a peer is installed unless nobody wants it."""
    ours, plain = worker_environment(2), plain_environment(2)
    found = [Contestant("embedseq", "own_training.py", sys.executable, ours)]
    if "replicas" in TrainSettings.model_fields:
        single = worker_environment(1)
        found.append(Contestant("embedseq, two replicas", "own_training.py", sys.executable, single, threads=1, replicas=2))
    else:
        print("replicas are not measured: this version has no such setting", file=sys.stderr)
    found.append(Contestant("by hand", "plain_training.py", sys.executable, plain))
    found.append(Contestant("by hand, our environment", "plain_training.py", sys.executable, ours))
    for name, title in (("joeynmt", "JoeyNMT"), ("opennmt", "OpenNMT-py")):
        if name not in without:
            found.append(Contestant(title, f"{name}_training.py", str(python_of(name, work / "peers")), plain))
    return found


def measured(shape: str, asked: argparse.Namespace) -> Table:
    """All contestants of a shape, in turn."""
    folder, found = prepared(asked.work), contestants(asked.work, asked.without)
    with ExitStack() as running:
        turns = [running.enter_context(each.turns(SHAPES[shape][1], folder, asked)) for each in found]
        for number, (each, taking) in product(range(asked.rounds), zip(found, turns, strict=True)):
            each.run(taking, asked.tries)
            told = each.told[-1]
            found_now = f"{told['tokens_per_second']:,.0f} target tokens/s, others took {told['others']:.2f} cores"
            print(f"{shape}, round {number + 1}: {each.name} {found_now}", file=sys.stderr, flush=True)
    own = [each for each in found if each.script == "own_training.py"]
    columns = [
        "",
        "target tokens/s",
        *(f"{each.name} to it" for each in own),
        "updates",
        "memory, MiB",
        "first update, s",
        "others, cores",
        "with",
    ]
    return Table(f"Training: {SHAPES[shape][0]}", columns, [_row(each, own) for each in found])


def _row(each: Contestant, own: Sequence[Contestant]) -> list[str]:
    speeds = each.of("tokens_per_second")
    ratios = ["" if each in own else f"{mine.speed / each.speed:.2f}" for mine in own]
    spread = f"{each.speed:,.0f} ({min(speeds):,.0f} to {max(speeds):,.0f})"
    return [
        each.name,
        spread,
        *ratios,
        f"{statistics.median(each.of('updates')):.0f}",
        f"{max(each.of('peak_mib')):,.0f}",
        f"{each.told[0]['first_update_seconds']:.1f}",
        f"{max(each.of('others')):.2f}",
        str(each.told[0]["versions"]),
    ]


def arguments() -> argparse.Namespace:
    """Of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=WORK, help="The corpus and the peers are kept here.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=15.0, help="Measured in each turn.")
    parser.add_argument("--tries", type=int, default=2, help="Turns that others disturb are repeated so often at most.")
    parser.add_argument("--warm-up", type=int, default=3, help="Updates before that.")
    parser.add_argument("--only", action="append", choices=SHAPES, help="A shape; may be repeated.")
    parser.add_argument("--without", action="append", default=[], choices=["joeynmt", "opennmt"], help="A peer to leave out.")
    parser.add_argument("--prefix", type=shlex.split, default=[], help="Command that runs each contestant, as `nice`.")
    parser.add_argument("--markdown", action="store_true", help="Print nothing but the sections of a page.")
    return parser.parse_args()


def main() -> None:
    """Measure, and print a table for each shape."""
    asked = arguments()
    tables = [measured(shape, asked) for shape in asked.only or SHAPES]
    print(*(table.markdown() for table in tables), sep="\n\n")
    print("", *NOTES, sep="\n\n" if asked.markdown else "\n")


if __name__ == "__main__":
    main()
