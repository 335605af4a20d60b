"""`embedseq list`."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby

import click

from embedseq.cli.options import json_option
from embedseq.pipeline.catalogue import LISTS, Entry, as_markdown, catalogue


@click.command("list")
@click.argument("what", type=click.Choice(LISTS), required=False)
@json_option
@click.option("--markdown", is_flag=True, help="Print a page with a table for each list.")
def command(what: str | None, as_json: bool, markdown: bool) -> None:
    """List what there is, each with the paper it comes from; without WHAT, list everything.

    \b
    embedseq list attentions
    """
    if as_json and markdown:
        raise click.UsageError("--json and --markdown exclude each other.")
    found = {section: catalogue(section) for section in ((what,) if what else LISTS)}
    if markdown:
        click.echo(as_markdown(found), nl=False)
    elif as_json:
        listed = {section: [_filled(entry) for entry in entries] for section, entries in found.items()}
        click.echo(json.dumps(listed[what] if what else listed, indent=1, ensure_ascii=False))
    else:
        for section, entries in found.items():
            if not what:
                click.echo(f"{section}:")
            _print(entries)


def _filled(entry: Entry) -> dict[str, str]:
    return {key: value for key, value in asdict(entry).items() if value}


def _print(entries: Sequence[Entry]) -> None:
    width = max(len(entry.name) for entry in entries)
    for family, members in groupby(entries, key=lambda entry: entry.family):
        if family:
            click.echo(f"[{family}]")
        for entry in members:
            origin = "; ".join(part for part in (entry.licence, entry.paper) if part)
            click.echo(f"{entry.name:<{width}}  {entry.description}" + (f"   ({origin})" if origin else ""))
