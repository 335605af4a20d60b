"""`embedseq translate`."""

import sys
from dataclasses import dataclass
from pathlib import Path

import click

from embedseq.cli.options import as_one, model_options, run_option, store_option
from embedseq.cli.source import source_of, source_options
from embedseq.cli.standard_input import answers

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

    def translate(lines: list[str]) -> list[str]:
        return translator.translate(lines, beam=asked.beam, replicas=min(replicas, -(-len(lines) // BATCH)))

    for answer in answers(translate, size):
        click.echo(answer)
