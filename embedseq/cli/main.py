"""The `embedseq` command: finds the command's module by name, so that `--help` loads nothing that a command needs."""

import errno
import sys
from importlib import import_module

import click

from embedseq.errors import EmbedseqError

COMMANDS = (
    "run",
    "check",
    "plan",
    "test",
    "similar",
    "translate",
    "attend",
    "generate",
    "label",
    "fill",
    "report",
    "runs",
    "list",
    "schema",
)


DISK_ERRORS = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT)
"""What a disk may refuse; anything else that the system says is a bug of ours."""


class LazyGroup(click.Group):
    """A group whose commands live in `embedseq.cli.<name>_command`, imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command called `cmd_name`, or none."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"embedseq.cli.{cmd_name}_command").command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, and with the nearest name where there is no such command."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            ctx.fail(f"there is no command '{args[0]}'.{hint} ({', '.join(COMMANDS)})")
        return super().resolve_command(ctx, args)


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="embedseq")
def group() -> None:
    """One YAML file takes a corpus to word vectors, sequence models, probes and a report.

    \b
    embedseq run pipelines/quickstart.yaml      train, evaluate, probe, report
    embedseq similar city                       ask the vectors of the last run
    """


def main() -> None:
    """The console script: errors meant for people end in their message and exit code, never in a traceback."""
    try:
        code = group.main(prog_name="embedseq", standalone_mode=False)
    except EmbedseqError as error:
        click.echo(f"embedseq: {error}" if "\n" not in str(error) else str(error), err=True)
        sys.exit(error.exit_code)
    except click.exceptions.Abort:
        click.echo("embedseq: interrupted", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except OSError as error:
        if error.errno not in DISK_ERRORS:
            raise
        click.echo(
            f"embedseq: {error.filename or 'the store'}: {error.strerror}. Free some space, or name another --store.", err=True
        )
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)
