"""`embedseq list`."""

import json

import click

from embedseq.cli.options import json_option

WHAT = ("models", "attentions", "probes", "datasets", "tokens", "metrics")


@click.command("list")
@click.argument("what", type=click.Choice(WHAT))
@json_option
def command(what: str, as_json: bool) -> None:
    """List what there is, each with the paper it comes from.

    \b
    embedseq list attentions
    """
    from embedseq.pipeline.catalogue import catalogue

    rows = catalogue(what)
    if as_json:
        click.echo(json.dumps([{"name": name, "description": description} for name, description in rows], indent=1))
        return
    width = max(len(name) for name, _ in rows)
    for name, description in rows:
        click.echo(f"{name:<{width}}  {description}")
