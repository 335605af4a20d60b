"""`embedseq translate`."""

import sys
from itertools import islice
from pathlib import Path

import click

from embedseq.cli.options import run_option, store_option

BATCH = 64


@click.command("translate")
@run_option
@click.option("--model", required=True, metavar="NAME", help='A model, "translator[lstm,random]" for instance.')
@click.option("--seed", type=int, help="Which seed's model.  [default: the first]")
@click.option("--beam", type=click.IntRange(min=1), help="Hypotheses kept at each step.  [default: as evaluated]")
@store_option
def command(run_name: str, model: str, seed: int | None, beam: int | None, store: Path) -> None:
    """Read sentences from standard input, one a line, and print what the model writes for each.

    \b
    echo "a man rides a bike" | embedseq translate --run multi30k --model "transformer[random]"
    """
    from embedseq.pipeline.run import open_run

    translator = open_run(run_name, store=store).model(model, seed)
    # Somebody at a terminal wants each answer at once; a file goes faster in batches.
    size = 1 if sys.stdin.isatty() else BATCH
    while lines := list(islice(sys.stdin, size)):
        for answer in translator.translate(lines, beam=beam):
            click.echo(answer)
