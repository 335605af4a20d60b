"""The lines of standard input, answered many at a time, so that one which cannot be read takes no other's answer away."""

import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from embedseq.errors import RequestError

AnswerT = TypeVar("AnswerT")


def answers(ask: Callable[[list[str]], Sequence[AnswerT]], size: int) -> Iterator[AnswerT]:
    """What `ask` says of each line, `size` of them at a time. Raises RequestError with the number of a line that is no UTF-8 or
    that `ask` refuses, after the answers to those before it."""
    first, rest = 1, iter(sys.stdin.buffer)
    while lines := list(islice(rest, size)):
        yield from _answers(ask, lines, first)
        first += len(lines)


def _answers(ask: Callable[[list[str]], Sequence[AnswerT]], lines: list[bytes], first: int) -> Iterator[AnswerT]:
    """Those to the lines from number `first` on; in halves, where one of them cannot be read and all have no answer for it."""
    try:
        found = ask([_text(line) for line in lines])
    except RequestError as error:
        if len(lines) == 1:
            raise RequestError(f"line {first:,} of standard input: {error}") from error
        half = len(lines) // 2
        yield from _answers(ask, lines[:half], first)
        yield from _answers(ask, lines[half:], first + half)
    else:
        yield from found


def _text(line: bytes) -> str:
    try:
        return line.rstrip(b"\r\n").decode("utf-8")
    except UnicodeDecodeError as error:
        found = f"the byte 0x{line[error.start]:02x} at place {error.start + 1}"
        raise RequestError(f"expected text in UTF-8, found {found}") from error
