"""A worker process: `python -P -m embedseq.pipeline.worker`, started by the engine, which it does not outlive.

It reads requests as JSON lines, loads what is slow to import once, and forks a process for each stage, so that a crash, a leak
or the system's memory killer hurts one stage only. This process itself never computes: OpenMP's threads do not survive a fork,
and a child whose parent has started them hangs. Whatever prints goes to standard error; standard output carries messages alone.
"""

import gc
import importlib
import json
import os
import select
import signal
import sys
import warnings
from types import FrameType
from typing import Any

from embedseq.pipeline.execution import LOAD, Request, execute
from embedseq.pipeline.stage import load_kind

PR_SET_PDEATHSIG = 1


class Channel:
    """JSON lines to the engine. Each begins with a line end, too: what a killed child left half-written ends there."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def send(self, message: dict[str, Any]) -> None:
        """Write one message."""
        content = memoryview(f"\n{json.dumps(message, default=_as_number_or_text)}\n".encode())
        while content:
            content = content[os.write(self._descriptor, content) :]


class Lines:
    """Lines from standard input, read without Python's own buffer, so that select sees what is left in the pipe."""

    def __init__(self) -> None:
        self._rest = b""

    def next_line(self) -> str:
        """The next line; empty at the end of the pipe."""
        while b"\n" not in self._rest:
            if not (piece := os.read(0, 1 << 16)):
                return ""
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode() or self.next_line()


class Worker:
    """The loop of one worker process."""

    def __init__(self, requests: Lines, channel: Channel) -> None:
        self.requests = requests
        self.channel = channel
        self.child: int | None = None
        self._unloadable: dict[str, BaseException] = {}
        """What could not be loaded ahead, and why: a second attempt would fail otherwise, amid half-imported modules."""
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)
        os.set_blocking(self._wake_read, False)

    def serve(self) -> None:
        """Work until the engine closes the pipe."""
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.signal(signal.SIGTERM, self._end)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        while line := self.requests.next_line():
            request = json.loads(line)
            if LOAD in request:
                self._load_ahead(request[LOAD])
            else:
                self._stage(Request.from_json(request))

    def _stage(self, request: Request) -> None:
        try:
            self._preload(request.reference)
        except BaseException as error:  # the stage's own module may raise anything
            self.channel.send(
                {"event": "result", "status": "failed", "message": f"{request.reference} cannot be loaded: {error!r}"}
            )
            self.channel.send({"event": "exit"})
            return
        gc.freeze()  # the child's collector leaves alone, and thereby shared, what was loaded here
        worker = os.getpid()
        child = os.fork()
        if child == 0:
            self._run_child(request, worker)
        self.child = child
        _own_group(child)
        self.channel.send({"event": "started", "pid": child})
        status, usage = self._wait(child)
        self.child = None
        _kill_group(child)  # whatever it started and left behind
        code = os.waitstatus_to_exitcode(status)
        scale = 1 if sys.platform == "darwin" else 1024
        facts = {"cpu_seconds": usage.ru_utime + usage.ru_stime, "peak_bytes": usage.ru_maxrss * scale}
        self.channel.send({"event": "exit", "code": code, **facts})

    def _load_ahead(self, reference: str) -> None:
        try:
            self._preload(reference)
        except BaseException as error:  # the stage says so, if there is to be one
            self._unloadable[reference] = error

    def _preload(self, reference: str) -> None:
        if reference in self._unloadable:
            raise self._unloadable[reference]
        kind = load_kind(reference)
        for module in (("torch",) if kind.needs_torch else ()) + kind.preload:
            importlib.import_module(module)

    def _run_child(self, request: Request, worker: int) -> None:
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            _own_group(0)
            _die_with_parent(worker, signal.SIGKILL)
            _prefer_as_victim()
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            execute(request, self.channel.send)
            sys.stdout.flush()
            sys.stderr.flush()
            code = 0
        finally:
            os._exit(code)

    def _wait(self, child: int) -> tuple[int, Any]:
        """Until the child ends; when the engine is gone first, end the child and this process."""
        while True:
            pid, status, usage = os.wait4(child, os.WNOHANG)
            if pid:
                return status, usage
            ready, _, _ = select.select([0, self._wake_read], [], [])
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
            if 0 in ready:  # the engine sends nothing while a stage runs: this is the end of the pipe
                self._end()

    def _end(self, number: int = signal.SIGTERM, frame: FrameType | None = None) -> None:
        if self.child is not None:
            _kill_group(self.child)
        os._exit(128 + number)


def _as_number_or_text(value: object) -> Any:
    """Facts come from stages, which hand over numbers of NumPy and torch."""
    return value.item() if hasattr(value, "item") else str(value)


def _own_group(pid: int) -> None:
    """Make a process the head of its own group; parent and child both do it, since either may be first."""
    try:
        os.setpgid(pid, pid)
    except (PermissionError, ProcessLookupError):
        return


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _die_with_parent(parent: int, number: signal.Signals) -> None:
    """Have Linux send a signal when the parent dies, however it dies. Elsewhere the end of the pipe is all there is."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def _prefer_as_victim() -> None:
    """When memory runs out the system should kill the stage, not the engine."""
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:  # noqa: PTH123 (pathlib would be no shorter)
            file.write("500")
    except OSError:
        return


def main() -> None:
    """Serve the engine whose process id is the first argument; the rest of the import path comes first on standard input."""
    channel = Channel(os.dup(1))
    os.dup2(2, 1)
    _die_with_parent(int(sys.argv[1]), signal.SIGTERM)
    # Python 3.12 and later warn of a fork beside threads: BLAS has idle ones, and brings them over the fork itself.
    warnings.filterwarnings("ignore", message=".*fork.*", category=DeprecationWarning)
    requests = Lines()
    sys.path[:] = json.loads(requests.next_line())
    Worker(requests, channel).serve()


if __name__ == "__main__":
    main()
