"""Errors for people. Whatever a user can cause ends in one of these; a traceback is for bugs.

Each says what was expected, what was found, where, and what to do. The command line prints the message alone and exits
with the error's code: 2 where the request was wrong, 1 where the work failed.
"""

from collections.abc import Sequence


class EmbedseqError(Exception):
    """The base of every error that embedseq raises on purpose."""

    exit_code = 1


class RequestError(EmbedseqError):
    """The request cannot be carried out as it was made: a wrong file, name or value."""

    exit_code = 2


class InputError(RequestError):
    """A corpus or vector file is not what it should be; the message begins with `file:line:` where there is a line."""


class MissingExtraError(RequestError):
    """A feature needs a package that is not installed; the message names the extra that brings it."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs an optional package: pip install 'embedseq[{extra}]'")


class WorkError(EmbedseqError):
    """The work began and failed: a loss that is no number, a full disk, a stage that was killed."""


class DivergedError(WorkError):
    """Training came to nothing by its own settings: the same ones, on the same data, come to nothing again."""


class Problems(RequestError):
    """Several errors found in one go; each is worth its own line."""

    def __init__(self, messages: Sequence[str]) -> None:
        self.messages = tuple(messages)
        super().__init__("\n".join(self.messages))
