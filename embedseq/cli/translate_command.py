"""`embedseq translate`."""

import sys
from itertools import islice
from pathlib import Path

import click

from embedseq.cli.options import model_options, run_option, store_option
from embedseq.cli.source import source_of, source_options

BATCH = 64


@click.command("translate")
@source_options
@run_option
@model_options("translator[lstm,random]")
@click.option("--beam", type=click.IntRange(min=1), help="Hypotheses kept at each step.  [default: as evaluated]")
@store_option
def command(
    sentence: str | None, run_name: str, model: str, seed: int | None, beam: int | None, number: int | None, store: Path
) -> None:
    """Print what a model writes for SENTENCE, or for each line of standard input.

    The sentences that a model reads side by side, of several languages for instance, are parted by a tab; those of one text that
    it reads apart by the mark ␞ between spaces. An image is one of the test split: --test N.

    \b
    echo "a man rides a bike" | embedseq translate --run multi30k --model "transformer[random]"
    embedseq translate --model "transformer[random]" --test 1
    """
    from embedseq.pipeline.run import open_run

    given = source_of(sentence, number)
    translator = open_run(run_name, store=store).model(model, seed)
    lines = iter(sys.stdin) if given is None else iter([given])
    # Somebody at a terminal wants each answer at once; a file goes faster in batches.
    size = 1 if sys.stdin.isatty() else BATCH
    while batch := list(islice(lines, size)):
        for answer in translator.translate(batch, beam=beam):
            click.echo(answer)
