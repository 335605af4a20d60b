"""`embedseq plan FILE`."""

from pathlib import Path

import click

from embedseq.cli.options import json_option, pipeline_options, store_option


@click.command("plan")
@pipeline_options
@store_option
@json_option
def command(file: Path, profile: str | None, overrides: tuple[str, ...], store: Path, as_json: bool) -> None:
    """Show the graph of stages: what is cached, what would run, and why.

    \b
    embedseq plan pipelines/quickstart.yaml --set models.restorer.train.lr=0.002
    """
    import json
    from dataclasses import asdict

    from embedseq.pipeline.running import plan

    steps = plan(file, profile=profile, overrides=overrides, store=store)
    if as_json:
        click.echo(json.dumps([asdict(step) for step in steps], indent=1, ensure_ascii=False))
        return
    width = max(len(step.id) for step in steps)
    for step in steps:
        click.echo(f"{step.status:<8} {step.id:<{width}}  {step.why}".rstrip())
    click.echo(f"{len(steps)} stages, {sum(step.status == 'cached' for step in steps)} of them cached")
