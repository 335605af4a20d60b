"""Options that several commands share."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])
Asked = TypeVar("Asked")


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


def model_options(example: str) -> Callable[[Function], Function]:
    """`--model NAME` and `--seed N`: which model of the run is asked. `example`: the name of one."""

    def add(function: Function) -> Function:
        function = click.option("--seed", type=int, help="Which seed's model.  [default: the first]")(function)
        return click.option("--model", required=True, metavar="NAME", help=f'A model, "{example}" for instance.')(function)

    return add


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


def as_one(kind: type[Asked]) -> Callable[[Callable[[Asked], None]], Callable[..., None]]:
    """click gives a command its options one by one; a command with many is told them as one object of `kind`."""

    def wrap(function: Callable[[Asked], None]) -> Callable[..., None]:
        @wraps(function)
        def told(**options: Any) -> None:
            function(kind(**options))

        return told

    return wrap
