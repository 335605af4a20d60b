"""`embedseq translate`."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from embedseq.cli.options import as_one, model_options, run_option, store_option
from embedseq.cli.source import source_of, source_options
from embedseq.errors import RequestError

if TYPE_CHECKING:
    from embedseq.pipeline.trained import TrainedModel

BATCH = 64
"""So many lines are enough for a process: fewer would have batches that are too small."""
PARTS = 8
"""Several processes are given at least so many times as many lines at once: to start them takes time, too."""


@dataclass(frozen=True)
class Asked:
    """The command line."""

    sentence: str | None
    run_name: str
    model: str
    seed: int | None
    beam: int | None
    replicas: int | None
    number: int | None
    store: Path


@click.command("translate")
@source_options
@run_option
@model_options("translator[lstm,random]")
@click.option("--beam", type=click.IntRange(min=1), help="Hypotheses kept at each step.  [default: as evaluated]")
@click.option(
    "--replicas",
    type=click.IntRange(min=1),
    help="Processes that share the lines of standard input.  [default: one a core on Linux; one at a terminal]",
)
@store_option
@as_one(Asked)
def command(asked: Asked) -> None:
    """Print what a model writes for SENTENCE, or for each line of standard input.

    The sentences that a model reads side by side, of several languages for instance, are parted by a tab; those of one text that
    it reads apart by the mark ␞ between spaces. An image is one of the test split: --test N.

    \b
    echo "a man rides a bike" | embedseq translate --run multi30k --model "transformer[random]"
    embedseq translate --model "transformer[random]" --test 1
    """
    from embedseq.pipeline.cores import available_cores
    from embedseq.pipeline.run import open_run

    given = source_of(asked.sentence, asked.number)
    if given is not None and asked.replicas is not None:
        raise click.UsageError("--replicas share the lines of standard input; a single sentence has nothing to share.")
    translator = open_run(asked.run_name, store=asked.store).model(asked.model, asked.seed)
    if given is not None:
        click.echo(translator.translate([given], beam=asked.beam)[0])
        return
    # Somebody at a terminal wants each answer at once; a file goes faster in batches, and on all cores.
    terminal = sys.stdin.isatty() and asked.replicas is None
    several = 1 if terminal or sys.platform != "linux" else available_cores()  # elsewhere a fork beside threads is not safe
    replicas = several if asked.replicas is None else asked.replicas
    size = 1 if terminal else BATCH if replicas == 1 else BATCH * max(replicas, PARTS)
    translator.translate([], beam=asked.beam)  # a model of another kind is refused before anything is read
    told = 0
    for lines in _parted(sys.stdin.buffer, size):
        for answer in _answers(translator, asked.beam, replicas, lines, told + 1):
            click.echo(answer)
        told += len(lines)


def _answers(translator: "TrainedModel", beam: int | None, replicas: int, lines: list[bytes], first: int) -> Iterator[str]:
    """Those to the lines from number `first` on, as far as they can be read. Raises RequestError with the number of one that
    cannot: those before it are looked for in halves, as a batch with such a line has no answers at all."""
    sharing = min(replicas, -(-len(lines) // BATCH))
    try:
        answers = translator.translate([_text(line) for line in lines], beam=beam, replicas=sharing)
    except RequestError as error:
        if len(lines) == 1:
            raise RequestError(f"line {first:,} of standard input: {error}") from error
        half = len(lines) // 2
        for number, part in ((first, lines[:half]), (first + half, lines[half:])):
            yield from _answers(translator, beam, replicas, part, number)
    else:
        yield from answers


def _text(line: bytes) -> str:
    try:
        return line.rstrip(b"\r\n").decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError(
            f"expected text in UTF-8, found the byte 0x{line[error.start]:02x} at place {error.start + 1}"
        ) from error


def _parted(lines: Iterable[bytes], size: int) -> Iterator[list[bytes]]:
    """The lines, so many at a time."""
    rest = iter(lines)
    while part := list(islice(rest, size)):
        yield part
