"""`embedseq runs`."""

import json
from pathlib import Path

import click

from embedseq.cli.options import json_option, store_option


@click.command("runs")
@store_option
@json_option
def command(store: Path, as_json: bool) -> None:
    """List the runs of a store, the newest first.

    \b
    embedseq runs --store embedseq-store
    """
    from embedseq.pipeline.queries import list_runs

    rows = list_runs(store)
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    for row in rows:
        click.echo(f"{row['name']:<24} {row['started']:<20} {row['state']:<12} {row['report']}")
        for label, values in row["chosen"].items():
            click.echo(f"  {label} was tuned to {', '.join(f'{name} {json.dumps(value)}' for name, value in values.items())}")
    if not rows:
        click.echo(f"no runs in {store}")
