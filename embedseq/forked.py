"""Processes forked from this one: what it has, they have at once, and they do not outlive it. Light to import: no torch.

They share one piece of work, and are called its replicas, numbered from 1; this process is number 0.
"""

import os
import signal
from collections.abc import Callable

from embedseq.errors import WorkError


class Forked:
    """A process beside this one, until it is ended here."""

    def __init__(self, number: int, serve: Callable[[int, int], None]) -> None:
        """Start it. There `serve(orders, answers)` reads from one file descriptor, whose end is reached when this process closes
        it or is gone, and writes to the other; when it returns or raises, the process is over.

        Raises WorkError where no process can be started.
        """
        self.number = number
        ends: list[int] = []
        try:
            ends += os.pipe()
            ends += os.pipe()
            process = os.fork()
        except OSError as error:
            for end in ends:
                os.close(end)
            raise WorkError(f"replica {number} could not be started ({error}); try fewer `replicas`") from error
        orders, self.orders, self.answers, answers = ends
        if process == 0:
            try:
                os.close(self.orders)
                os.close(self.answers)
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                signal.signal(signal.SIGINT, signal.SIG_IGN)  # who interrupts the first process ends this one, too
                serve(orders, answers)
            finally:
                os._exit(0)
        self.process = process
        os.close(orders)
        os.close(answers)

    def end(self) -> None:
        """Whatever it does: it writes nothing that anyone would miss."""
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        os.close(self.orders)
        os.close(self.answers)

    def ended_early(self, does: str, remedy: str) -> WorkError:
        """The error where it was gone too soon; `does`: what it is there for."""
        return WorkError(
            f"replica {self.number}, a process that {does}, ended before its work was done: was it killed, or is the "
            f"memory full? {remedy}"
        )
