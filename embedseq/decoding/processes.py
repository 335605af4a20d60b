"""Processes that share the sentences to be translated.

Many small operations are faster in two processes of one thread than in one of two.
"""

import os
import pickle
import selectors
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from threading import Thread
from typing import Any, TypeVar

import torch

from embedseq.errors import EmbedseqError, RequestError, WorkError
from embedseq.forked import Forked

FoundT = TypeVar("FoundT")
_AT_ONCE = 2**16
"""So many bytes are read from a pipe at once."""


def in_processes(count: int, work: Callable[[int], FoundT]) -> list[FoundT]:
    """`work(1)` to `work(count)`, each in a process of one thread, forked from this one, which has model and sentences at once.

    What is found is pickled, and holds no tensors. As soon as one of the processes fails all of them are ended, and none of
    them is left behind even where this process is killed. Raises RequestError where that is what was raised there, otherwise
    WorkError, also where a process could not be started or was killed.
    """
    with ExitStack() as stack:
        others = []
        for number in range(1, count + 1):
            others.append(Forked(number, partial(_serve, work, number)))
            stack.callback(others[-1].end)
        found = dict(_answers(others))
    return [found[other.number] for other in others]


def _answers(others: Sequence[Forked]) -> Iterator[tuple[int, Any]]:
    """The number of each process, and what it found, in the order in which they are done."""
    said = {other.number: bytearray() for other in others}
    with selectors.DefaultSelector() as selector:
        for other in others:
            selector.register(other.answers, selectors.EVENT_READ, other)
        while selector.get_map():
            for key, _ in selector.select():
                if piece := os.read(key.fd, _AT_ONCE):
                    said[key.data.number] += piece
                    continue
                selector.unregister(key.fd)
                yield key.data.number, _understood(key.data, bytes(said[key.data.number]))


def _understood(other: Forked, said: bytes) -> Any:
    """What it found. Raises what it failed with."""
    try:
        found, failure = pickle.loads(said)
    except (EOFError, pickle.UnpicklingError):  # nothing, or not all of it
        raise other.ended_early(
            "translates a part of the sentences", "Run again, with fewer `replicas` if memory is short."
        ) from None
    if failure is not None:
        raise failure
    return found


def _serve(work: Callable[[int], FoundT], number: int, orders: int, answers: int) -> None:
    """What another process does."""
    Thread(target=_end_with_the_first, args=(orders,), daemon=True).start()
    torch.set_num_threads(1)
    try:
        said = pickle.dumps((work(number), None))
    except EmbedseqError as error:  # not as it is: some are made of something else than what they hold
        kind = RequestError if isinstance(error, RequestError) else WorkError
        said = pickle.dumps((None, kind(str(error))))
    except BaseException:  # whatever it is, the first process says it
        said = pickle.dumps((None, WorkError(f"replica {number} failed:\n{traceback.format_exc()}")))
    with os.fdopen(answers, "wb") as file:
        file.write(said)


def _end_with_the_first(orders: int) -> None:
    """Nothing is ever ordered: the pipe ends when the first process is gone, and nobody waits for an answer any more."""
    os.read(orders, 1)
    os._exit(0)
