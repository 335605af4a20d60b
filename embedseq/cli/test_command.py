"""`embedseq test FILE`."""

import sys
from pathlib import Path

import click

from embedseq.cli.options import pipeline_options, store_option


@click.command("test")
@pipeline_options
@store_option
@click.option("--jobs", type=click.IntRange(min=1), help="Cores to pack the stages onto.  [default: all]")
def command(file: Path, profile: str | None, overrides: tuple[str, ...], store: Path, jobs: int | None) -> None:
    """Run a pipeline and its `expect` section; exit code 1 where an expectation does not hold.

    \b
    embedseq test pipelines/quickstart.yaml --profile tiny
    """
    from embedseq.pipeline.progress import progress_for
    from embedseq.pipeline.running import run

    result = run(file, profile=profile, overrides=overrides, store=store, jobs=jobs, observer=progress_for(sys.stderr))
    for outcome in result.expectations:
        verdict = "ok" if outcome.holds else "FAILED" if outcome.ran else "NOT RUN"
        click.echo(f"{verdict:<7}  {outcome.sentence}  ({outcome.found})")
    failed = sum(not outcome.holds for outcome in result.expectations)
    click.echo(f"{failed} of {len(result.expectations)} expectations failed; report: {result.report}")
    sys.exit(1 if failed else result.exit_code)
