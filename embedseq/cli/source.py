"""What an encoder-decoder is asked about: a sentence on the command line, or one of the test split."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from embedseq.pipeline.source_text import SentenceOfTest

Function = TypeVar("Function", bound=Callable[..., Any])


def source_options(function: Function) -> Function:
    """SENTENCE, or `--test N`."""
    function = click.option(
        "--test",
        "number",
        type=int,
        metavar="N",
        help="Ask about the N-th sentence (or image) of the test split of the model's corpus, counted from 1.",
    )(function)
    return click.argument("sentence", required=False)(function)


def source_of(sentence: str | None, number: int | None) -> "str | SentenceOfTest | None":
    """What was given; None where nothing was. Raises click's UsageError where both were."""
    from embedseq.pipeline.source_text import SentenceOfTest

    if number is None:
        return sentence
    if sentence is not None:
        raise click.UsageError(f"expected SENTENCE or --test, found both: '{sentence}' and --test {number}.")
    return SentenceOfTest(number)
