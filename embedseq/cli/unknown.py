"""What a model does not know of what it was given."""

from collections.abc import Sequence

import click


def say_unknown(tokens: Sequence[str]) -> None:
    """Say on standard error which tokens a model reads `<unk>` for; nothing where it knows all."""
    if tokens:
        listed = ", ".join(f"'{token}'" for token in tokens)
        click.echo(f"embedseq: not in the model's vocabulary, so that it reads <unk> for it: {listed}", err=True)
