"""`embedseq similar WORD…`."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import click

from embedseq.cli.options import as_one, json_option, run_option, store_option


@dataclass(frozen=True)
class Question:
    """What is asked of which vectors."""

    words: tuple[str, ...]
    run_name: str
    vectors: tuple[str, ...]
    seed: int | None
    top: int
    index: bool
    store: Path
    as_json: bool


@click.command("similar")
@click.argument("words", nargs=-1, required=True, metavar="WORD...")
@run_option
@click.option("--vectors", multiple=True, metavar="NAME", help="Only these: an embedding or a model; may be repeated.")
@click.option("--seed", type=int, help="Which seed's vectors.  [default: the first]")
@click.option("--top", type=click.IntRange(min=1), default=10, show_default=True, help="Neighbours to show.")
@click.option("--index", is_flag=True, help="Search through an index, built once and kept in the store.")
@store_option
@json_option
@as_one(Question)
def command(asked: Question) -> None:
    """The nearest words in every set of vectors of a run, side by side: as trained, and as each model has tuned them.

    \b
    embedseq similar city river --top 5
    embedseq similar city --run quickstart-2 --vectors skipgram --vectors "restorer[lstm,skipgram,tuned]"
    embedseq similar city --index

    With --index (pip install 'embedseq[index]') ten thousand words or more are searched through an index, which pays where many
    queries are asked of many words. Where it finds too few of the true neighbours it is not used, and that is said.
    """
    from embedseq.cli.tables import neighbour_table
    from embedseq.pipeline.queries import similar
    from embedseq.pipeline.run import open_run

    run = open_run(asked.run_name, store=asked.store)
    say = (lambda sentence: click.echo(f"embedseq: {sentence}", err=True)) if asked.index else None
    answers = similar(asked.words, run, asked.vectors, asked.top, asked.seed, say)
    if asked.as_json:
        click.echo(json.dumps(answers, indent=1, ensure_ascii=False))
        return
    for word, columns in answers.items():
        click.echo(neighbour_table(word, columns, shutil.get_terminal_size((120, 24)).columns))
