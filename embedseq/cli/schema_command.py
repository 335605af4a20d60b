"""`embedseq schema`."""

import json

import click


@click.command("schema")
@click.option("--markdown", is_flag=True, help="Print the reference of all fields as Markdown instead.")
def command(markdown: bool) -> None:
    """Print the JSON Schema of pipeline files, for editors.

    \b
    embedseq schema > embedseq.schema.json
    """
    from embedseq.pipeline.file.schema import field_reference, schema

    click.echo(field_reference() if markdown else json.dumps(schema(), indent=1, ensure_ascii=False))
