"""`embedseq attend SENTENCE`."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from embedseq.cli.options import json_option, run_option, store_option

if TYPE_CHECKING:
    from embedseq.pipeline.attending import Attended


@dataclass(frozen=True)
class Asked:
    """What the command line says."""

    sentence: str
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


def as_one(function: Callable[[Asked], None]) -> Callable[..., None]:
    """A command gets its options one by one; this one is told them as one object."""

    @wraps(function)
    def told(**options: Any) -> None:
        function(Asked(**options))

    return told


def head_or_mean(context: click.Context, option: click.Parameter, value: str | None) -> int | Literal["mean"] | None:
    """A head's number, or the mean of all heads."""
    if value is None or value == "mean":
        return None if value is None else "mean"
    if not value.isdecimal():
        raise click.BadParameter(f"expected a head's number or 'mean', found '{value}'.")
    return int(value)


@click.command("attend")
@click.argument("sentence")
@run_option
@click.option("--model", required=True, metavar="NAME", help='A model, "translator[lstm,random]" for instance.')
@click.option("--seed", type=int, help="Which seed's model.  [default: the first]")
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
@as_one
def command(asked: Asked) -> None:
    """Show where a model looks while it writes: a heat map of weights for every layer and head of its attention.

    Rows are output tokens, columns are source tokens, both with the end symbol that the model reads and writes: where it looked
    when it wrote the token of the row. A recurrent decoder has one layer of attention, a Transformer one in each of its layers.

    A PNG needs fonts for the scripts of its labels (for Chinese: Noto Sans CJK); an SVG leaves them to its viewer.

    \b
    embedseq attend --run multi30k --model "transformer[random]" "a man rides a bike"
    embedseq attend --model "transformer[random]" "a man rides a bike" --head mean --output bike.svg
    """
    from embedseq.pipeline.attending import drawable_file
    from embedseq.pipeline.run import open_run

    if asked.output is not None:
        drawable_file(asked.output)  # before any work
    translator = open_run(asked.run_name, store=asked.store).model(asked.model, asked.seed)
    attended = translator.attend(asked.sentence, asked.target, asked.beam)
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
