"""`embedseq list`."""

import json

import click

from embedseq.cli.options import json_option

WHAT = ("models", "attentions", "probes", "datasets", "tokens", "metrics")


@click.command("list")
@click.argument("what", type=click.Choice(WHAT), required=False)
@json_option
def command(what: str | None, as_json: bool) -> None:
    """List what there is, each with the paper it comes from; without WHAT, list everything.

    \b
    embedseq list attentions
    """
    from embedseq.pipeline.catalogue import catalogue

    found = {section: catalogue(section) for section in ((what,) if what else WHAT)}
    if as_json:
        listed = {section: [{"name": name, "description": text} for name, text in rows] for section, rows in found.items()}
        click.echo(json.dumps(listed[what] if what else listed, indent=1, ensure_ascii=False))
        return
    for section, rows in found.items():
        if not what:
            click.echo(f"{section}:")
        width = max(len(name) for name, _ in rows)
        for name, description in rows:
            click.echo(f"{name:<{width}}  {description}")
