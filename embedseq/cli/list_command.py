"""`embedseq list`."""

import json
from dataclasses import asdict
from itertools import groupby

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
        listed = {
            section: [{key: value for key, value in asdict(entry).items() if value} for entry in entries]
            for section, entries in found.items()
        }
        click.echo(json.dumps(listed[what] if what else listed, indent=1, ensure_ascii=False))
        return
    for section, entries in found.items():
        if not what:
            click.echo(f"{section}:")
        width = max(len(entry.name) for entry in entries)
        for family, members in groupby(entries, key=lambda entry: entry.family):
            if family:
                click.echo(f"[{family}]")
            for entry in members:
                click.echo(f"{entry.name:<{width}}  {entry.description}")
