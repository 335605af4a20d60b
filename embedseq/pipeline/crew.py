"""The stages that are being done: which worker is at which, what it says, and how it ended."""

import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from embedseq.pipeline.events import What
from embedseq.pipeline.execution import Request
from embedseq.pipeline.locks import FileLock
from embedseq.pipeline.pool import Pool, WorkerProcess
from embedseq.pipeline.stage import Node

OUTPUT_LINES = 1000
"""So many printed lines of one stage are logged."""

Note = Callable[[What, Node, Mapping[str, Any]], None]


@dataclass
class Work:
    """A stage that is being done."""

    node: Node
    request: Request
    lock: FileLock
    began: float = field(default_factory=time.monotonic)
    result: dict[str, Any] = field(default_factory=dict)
    """`status`, and with it `message`, or `digest` and `signature`; empty until the stage says so."""
    printed: list[str] = field(default_factory=list)
    waited: float = 0.0
    """How many seconds it was ready and had no cores, or another run worked on it."""
    ended: bool = False

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self.began


class Crew:
    """Workers and what they are at."""

    def __init__(self, pool: Pool, note: Note) -> None:
        self.cores = pool.size
        self._note = note
        self._pool = pool
        self._at_work: dict[WorkerProcess, Work] = {}
        self.signatures: dict[str, str] = {}
        """Key -> signature of the artifacts of which every byte was read in this run."""

    def busy_with(self) -> set[str]:
        """The ids of the nodes being done."""
        return {work.node.id for work in self._at_work.values()}

    def has_room_for(self, node: Node) -> bool:
        """Whether the node's threads fit on the cores that are free; one that wants more than there are gets all."""
        taken = sum(min(work.node.threads, self.cores) for work in self._at_work.values())
        return taken + min(node.threads, self.cores) <= self.cores

    def begin(self, work: Work) -> None:
        """Hand a stage to a worker."""
        worker = self._pool.take(work.node.threads, work.request.reference)
        self._at_work[worker] = work
        facts = {"key": work.request.record.key, "threads": work.node.threads, "waited": work.waited}
        self._note("started", work.node, facts)
        worker.start(work.request)

    def listen(self, seconds: float) -> list[Work]:
        """The stages that ended within so long, or sooner."""
        ended = []
        dead = [worker for worker in self._at_work if worker.dead()]
        for worker in dict.fromkeys((*dead, *self._pool.wait(0 if dead else seconds))):
            messages = worker.messages()
            work = self._at_work.get(worker)
            for message in messages or ():
                if work is not None:
                    self._hear(worker, work, message)
            self._log_output(worker, work)
            if messages is None or worker in dead:
                self._bury(worker, work)
            if work is not None and work.ended:
                self._at_work.pop(worker, None)
                ended.append(work)
        return ended

    def kill(self) -> None:
        """Everything, at once."""
        self._pool.end(at_once=True)

    def stop(self) -> None:
        """End the workers and what they are at."""
        self._pool.close()
        for work in self._at_work.values():
            work.lock.release()
        self._at_work.clear()

    def _hear(self, worker: WorkerProcess, work: Work, message: dict[str, Any]) -> None:
        match message.pop("event", None):
            case "started":
                worker.child = message["pid"]
                self._note("fact", work.node, {"name": "loading_seconds", "value": work.seconds})
            case "verified":
                self.signatures[message["key"]] = message["signature"]
            case "result":
                work.result = message
                if "signature" in message:
                    self.signatures[work.request.record.key] = message["signature"]
            case "exit":
                self._complete(worker, work, message)
            case "progress" | "log" | "fact" | "traceback" as what:
                self._note(what, work.node, message)

    def _log_output(self, worker: WorkerProcess, work: Work | None) -> None:
        for line in worker.output():
            if work is not None:
                work.printed.append(line)
                if len(work.printed) <= OUTPUT_LINES:
                    self._note("output", work.node, {"message": line})

    def _complete(self, worker: WorkerProcess, work: Work, exit_facts: Mapping[str, Any]) -> None:
        self._log_output(worker, work)
        self._pool.give_back(worker)
        for name in ("cpu_seconds", "peak_bytes"):
            if name in exit_facts:
                self._note("fact", work.node, {"name": name, "value": exit_facts[name]})
        work.result = work.result or {"status": "failed", "message": how_it_ended(exit_facts["code"])}
        work.ended = True

    def _bury(self, worker: WorkerProcess, work: Work | None) -> None:
        """The worker itself is dead, and with it the stage it was at."""
        status = worker.exit_status()
        worker.end(at_once=True)
        self._pool.discard(worker)
        if work is not None:
            told = f": {work.printed[-1]}" if work.printed else ""
            work.result = work.result or {"status": "failed", "message": f"its worker was {how_it_ended(status)}{told}"}
            work.ended = True


def how_it_ended(code: int) -> str:
    """An exit code as Python gives it, in words."""
    if code >= 0:
        return f"ended with exit code {code} before it had a result"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = "unknown"
    return f"killed by signal {-code} ({'SIGKILL: out of memory?' if -code == signal.SIGKILL else name})"
