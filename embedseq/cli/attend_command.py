"""`embedseq attend SENTENCE`."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from embedseq.cli.options import as_one, json_option, model_options, run_option, store_option
from embedseq.cli.source import source_of, source_options

if TYPE_CHECKING:
    from embedseq.pipeline.attending import Attended


@dataclass(frozen=True)
class Asked:
    """What the command line says."""

    sentence: str | None
    number: int | None
    run_name: str
    model: str
    seed: int | None
    beam: int | None
    target: str | None
    layer: int | None
    head: int | Literal["mean"] | None
    output: Path | None
    store: Path
    as_json: bool


def head_or_mean(context: click.Context, option: click.Parameter, value: str | None) -> int | Literal["mean"] | None:
    """A head's number, or the mean of all heads."""
    if value is None or value == "mean":
        return None if value is None else "mean"
    if not value.isdecimal():
        raise click.BadParameter(f"expected a head's number or 'mean', found '{value}'.")
    return int(value)


@click.command("attend")
@source_options
@run_option
@model_options("translator[lstm,random]")
@click.option("--beam", type=click.IntRange(min=1), help="Hypotheses kept at each step.  [default: as evaluated]")
@click.option("--target", metavar="TEXT", help="Look while writing this text instead of what the model itself would write.")
@click.option("--layer", type=int, metavar="N", help="Only this layer of attention, counted from 1.  [default: all]")
@click.option(
    "--head",
    callback=head_or_mean,
    metavar="N|mean",
    help="Only this head of each layer, counted from 1, or the mean of its heads.  [default: all]",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Draw into this file, .svg or .png, instead of the terminal.",
)
@store_option
@json_option
@as_one(Asked)
def command(asked: Asked) -> None:
    """Show where a model looks while it writes: a heat map of weights for every layer and head of its attention.

    Rows are output tokens, columns are source tokens, both with the end symbol that the model reads and writes: where it looked
    when it wrote the token of the row. A recurrent decoder has one layer of attention, a Transformer one in each of its layers.

    The sentences that a model reads side by side are parted by a tab (those of one text that it reads apart by the mark ␞ between
    spaces), and their columns stand one after the other. The columns of an image are numbered from left to right.

    A PNG needs fonts for the scripts of its labels (for Chinese: Noto Sans CJK); an SVG leaves them to its viewer.

    \b
    embedseq attend --run multi30k --model "transformer[random]" "a man rides a bike"
    embedseq attend --model "transformer[random]" "a man rides a bike" --head mean --output bike.svg
    embedseq attend --model "transformer[random]" --test 1
    """
    from embedseq.pipeline.attending import drawable_file
    from embedseq.pipeline.run import open_run

    given = source_of(asked.sentence, asked.number)
    if given is None:
        raise click.UsageError("Missing argument 'SENTENCE' (or --test N).")
    if asked.output is not None:
        drawable_file(asked.output)  # before any work
    translator = open_run(asked.run_name, store=asked.store).model(asked.model, asked.seed)
    attended = translator.attend(given, asked.target, asked.beam)
    if asked.output is not None:
        _draw(attended, asked, asked.output)
    if asked.as_json:
        click.echo(json.dumps(attended.record(asked.layer, asked.head), indent=1, ensure_ascii=False))
    elif asked.output is None:
        from embedseq.cli.heat_maps import print_heat_maps

        print_heat_maps(attended.picture(asked.layer, asked.head), sys.stdout)


def _draw(attended: "Attended", asked: Asked, path: Path) -> None:
    """Write the picture, say where it lies, and which characters are boxes in a PNG."""
    from embedseq.report.figures.attention import undrawable

    attended.save(path, asked.layer, asked.head)
    if not asked.as_json:
        click.echo(path)
    missing = undrawable(attended.picture(asked.layer, asked.head)) if path.suffix.lower() == ".png" else ""
    if missing:
        click.echo(
            f"embedseq: no font of this machine has {' '.join(missing)}: empty boxes stand for them in {path}. Install one (for "
            "Chinese, Japanese and Korean: Noto Sans CJK), or write an .svg, which is drawn with the fonts of its viewer.",
            err=True,
        )
