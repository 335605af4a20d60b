"""`embedseq similar WORD…`."""

import json
import shutil
from pathlib import Path

import click

from embedseq.cli.options import json_option, run_option, store_option


@click.command("similar")
@click.argument("words", nargs=-1, required=True, metavar="WORD...")
@run_option
@click.option("--vectors", multiple=True, metavar="NAME", help="Only these: an embedding or a model; may be repeated.")
@click.option("--seed", type=int, help="Which seed's vectors.  [default: the first]")
@click.option("--top", type=click.IntRange(min=1), default=10, show_default=True, help="Neighbours to show.")
@store_option
@json_option
def command(
    words: tuple[str, ...], run_name: str, vectors: tuple[str, ...], seed: int | None, top: int, store: Path, as_json: bool
) -> None:
    """The nearest words in every set of vectors of a run, side by side: as trained, and as each model has tuned them.

    \b
    embedseq similar city river --top 5
    embedseq similar city --run quickstart-2 --vectors skipgram --vectors "restorer[lstm,skipgram,tuned]"
    """
    from embedseq.cli.tables import neighbour_table
    from embedseq.pipeline.queries import similar
    from embedseq.pipeline.run import open_run

    answers = similar(words, open_run(run_name, store=store), vectors, top, seed)
    if as_json:
        click.echo(json.dumps(answers, indent=1, ensure_ascii=False))
        return
    for word, columns in answers.items():
        click.echo(neighbour_table(word, columns, shutil.get_terminal_size((120, 24)).columns))
