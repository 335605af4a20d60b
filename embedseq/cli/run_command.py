"""`embedseq run FILE`."""

import sys
from pathlib import Path

import click

from embedseq.cli.options import pipeline_options, store_option


@click.command("run")
@pipeline_options
@store_option
@click.option("--only", multiple=True, metavar="STAGE", help="Only the stages whose name contains this, and what they need.")
@click.option("--jobs", type=click.IntRange(min=1), help="Cores to pack the stages onto; changes no result.  [default: all]")
@click.option("--quiet", is_flag=True, help="Print the result alone, no progress.")
def command(
    file: Path, profile: str | None, overrides: tuple[str, ...], store: Path, only: tuple[str, ...], jobs: int | None, quiet: bool
) -> None:
    """Run a pipeline: what is done is kept, what is missing is made, and the report is written.

    \b
    embedseq run pipelines/quickstart.yaml
    embedseq run pipelines/multi30k.yaml --profile minutes --set seeds=[1,2]

    Exit code 0: all done; 1: a stage failed (the others are done, the report shows which); 2: the request was wrong.
    """
    from embedseq.pipeline.progress import progress_for
    from embedseq.pipeline.run import run

    observer = None if quiet else progress_for(sys.stderr)
    result = run(file, profile=profile, overrides=overrides, store=store, only=only, jobs=jobs, observer=observer)
    click.echo(result.text())
    sys.exit(result.exit_code)
