"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])


def store_option(function: Function) -> Function:
    """`--store DIR`: where artifacts and runs lie."""
    return click.option(
        "--store",
        type=click.Path(file_okay=False, path_type=Path),
        default="embedseq-store",
        show_default=True,
        envvar="EMBEDSEQ_STORE",
        show_envvar=True,
        help="The folder of artifacts and runs.",
    )(function)


def run_option(function: Function) -> Function:
    """`--run RUN`: which run is asked."""
    return click.option(
        "--run",
        "run_name",
        default="latest",
        show_default=True,
        metavar="RUN",
        help="A run (`quickstart-3`), a pipeline's latest (`quickstart`), or `latest`.",
    )(function)


def pipeline_options(function: Function) -> Function:
    """FILE, `--profile` and `--set`: which pipeline, with which changes."""
    function = click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="A.B=C",
        help="Change one field of the file, `models.translator.train.epochs=3` for instance; may be repeated.",
    )(function)
    function = click.option("--profile", metavar="NAME", help="One of the file's own sets of changes.")(function)
    return click.argument("file", type=click.Path(path_type=Path))(function)


def json_option(function: Function) -> Function:
    """`--json`: for programs."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(function)
