"""`embedseq fill SENTENCE`."""

import json
from pathlib import Path

import click

from embedseq.cli.options import json_option, model_options, run_option, store_option
from embedseq.cli.unknown import say_unknown


@click.command("fill")
@click.argument("sentence")
@run_option
@model_options("reader[masked]")
@click.option("--top", type=click.IntRange(min=1), default=5, show_default=True, help="Tokens to show for each gap.")
@store_option
@json_option
def command(sentence: str, run_name: str, model: str, seed: int | None, top: int, store: Path, as_json: bool) -> None:
    """Fill each gap ___ (three underscores) of SENTENCE with a masked language model: print the likeliest tokens with their
    probabilities.

    A gap stands for one token. Several gaps are guessed at the same time, each without knowing what the others are filled with.

    \b
    embedseq fill --model "reader[transformer]" "The ___ of the union" --top 3
    """
    from embedseq.pipeline.run import open_run

    filled = open_run(run_name, store=store).model(model, seed).fill(sentence, top)
    if as_json:
        click.echo(json.dumps(filled.record(), indent=1, ensure_ascii=False))
        return
    say_unknown(filled.unknown)
    for number, candidates in enumerate(filled.gaps, start=1):
        if len(filled.gaps) > 1:
            click.echo(f"gap {number}")
        for candidate in candidates:
            click.echo(f"{candidate.probability:.3f} {candidate.token}")
