"""`embedseq check FILE`."""

from pathlib import Path

import click

from embedseq.cli.options import pipeline_options


@click.command("check")
@pipeline_options
def command(file: Path, profile: str | None, overrides: tuple[str, ...]) -> None:
    """Validate a pipeline without working: the file, its corpora, and every model in a rehearsal with eleven words.

    \b
    embedseq check pipelines/quickstart.yaml
    """
    from embedseq.pipeline.preflight import check

    click.echo(check(file, profile=profile, overrides=overrides))
