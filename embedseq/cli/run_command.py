"""`embedseq run FILE`."""

import sys
from dataclasses import dataclass
from pathlib import Path

import click

from embedseq.cli.options import as_one, pipeline_options, store_option


@dataclass(frozen=True)
class Asked:
    """What the command is told."""

    file: Path
    profile: str | None
    overrides: tuple[str, ...]
    store: Path
    only: tuple[str, ...]
    jobs: int | None
    device: str
    gibibytes: float
    keep_captures: bool
    trace: bool
    quiet: bool


@click.command("run")
@pipeline_options
@store_option
@click.option("--only", multiple=True, metavar="STAGE", help="Only the stages whose name contains this, and what they need.")
@click.option("--jobs", type=click.IntRange(min=1), help="Cores to pack the stages onto; changes no result.  [default: all]")
@click.option(
    "--device",
    default="cpu",
    show_default=True,
    metavar="NAME",
    help="Where models compute: cpu, cuda, cuda:1, or auto, a GPU where there is one. Only a CPU's results repeat exactly.",
)
@click.option(
    "--captures",
    "gibibytes",
    type=click.FloatRange(min=0),
    default=8.0,
    show_default=True,
    metavar="GIB",
    help="How much room captured states may take on the disk at a time.",
)
@click.option("--keep-captures", is_flag=True, help="Leave captured states in the store when their probes are done.")
@click.option(
    "--trace",
    is_flag=True,
    help="Have torch's profiler watch a few updates of each training; see the report.",
)
@click.option("--quiet", is_flag=True, help="Print the result alone, no progress.")
@as_one(Asked)
def command(asked: Asked) -> None:
    """Run a pipeline: what is done is kept, what is missing is made, and the report is written.

    \b
    embedseq run pipelines/quickstart.yaml
    embedseq run pipelines/multi30k.yaml --profile minutes --set seeds=[1,2]

    Exit code 0: all done; 1: a stage failed (the others are done, the report shows which); 2: the request was wrong.
    """
    from embedseq.pipeline.passing import Captures
    from embedseq.pipeline.progress import progress_for
    from embedseq.pipeline.running import run

    result = run(
        asked.file,
        profile=asked.profile,
        overrides=asked.overrides,
        store=asked.store,
        only=asked.only,
        jobs=asked.jobs,
        observer=None if asked.quiet else progress_for(sys.stderr),
        captures=Captures(round(asked.gibibytes * 2**30), asked.keep_captures),
        trace=asked.trace,
        device=asked.device,
    )
    if asked.trace and not result.traces:
        click.echo("Nothing was traced: no model had to be trained, or only with a single update.", err=True)
    click.echo(result.text())
    sys.exit(result.exit_code)
