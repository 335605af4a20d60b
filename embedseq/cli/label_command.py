"""`embedseq label SENTENCE`."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from embedseq.cli.options import json_option, model_options, run_option, store_option
from embedseq.cli.standard_input import answers

if TYPE_CHECKING:
    from embedseq.pipeline.labeller import Labelled

BATCH = 64


@click.command("label")
@click.argument("sentence", required=False)
@run_option
@model_options("tagger[lstm,random]")
@store_option
@json_option
def command(sentence: str | None, run_name: str, model: str, seed: int | None, store: Path, as_json: bool) -> None:
    """Label SENTENCE, or each line of standard input: a tagger writes word/LABEL for every word, a classifier all labels of the
    whole with their probabilities, best first.

    Words are cut as embedseq cuts words (punctuation marks are words, too), which may differ from the words of a treebank. With
    --json each line is an object of its own, and has the probabilities of a tagger's labels, too.

    \b
    embedseq label --model "tagger[lstm,random]" "They saw the dog."
    cat lines.txt | embedseq label --model genre --json
    """
    from embedseq.pipeline.run import open_run

    labeller = open_run(run_name, store=store).model(model, seed)
    labelled: Iterable[Labelled]
    if sentence is not None:
        labelled = labeller.label([sentence])
    else:
        labeller.label([])  # a model of another kind is refused before anything is read
        # Somebody at a terminal wants each answer at once; a file goes faster in batches.
        labelled = answers(labeller.label, 1 if sys.stdin.isatty() else BATCH)
    for answer in labelled:
        click.echo(json.dumps(answer.record(), ensure_ascii=False) if as_json else answer.line)
