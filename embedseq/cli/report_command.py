"""`embedseq report RUN`."""

from pathlib import Path

import click

from embedseq.cli.options import store_option


@click.command("report")
@click.argument("run_name", default="latest", metavar="[RUN]")
@store_option
@click.option("--text", is_flag=True, help="Print the report as plain text instead of writing the page.")
def command(run_name: str, store: Path, text: bool) -> None:
    """Write the report of a run anew and say where it lies.

    \b
    embedseq report quickstart
    """
    from embedseq.pipeline.run import open_run

    run = open_run(run_name, store=store)
    click.echo(run.text() if text else run.write_report())
