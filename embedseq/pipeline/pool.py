"""Worker processes as the engine sees them: started when needed, used again, ended with everything they started."""

import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import embedseq.pipeline
from embedseq.pipeline.execution import LOAD, Request

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "BLIS_NUM_THREADS",
    "RAYON_NUM_THREADS",
)
KEPT_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(32 * 2**20), "MALLOC_TRIM_THRESHOLD_": str(2**40)}
"""Bytes: pieces up to the one come from the heap and stay in it, as long as less than the other is free at its end."""
PATIENCE_SECONDS = 5.0
"""How long a worker that was asked to end may take."""


def worker_environment(threads: int, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of a worker whose stages use `threads` threads, made for results that repeat bit for bit.

    `MKL_CBWR`: without it MKL's sums may depend on where arrays lie in memory. The rest is speed: memory that is
    given back after an operation has to be cleared by the system for the next, which is much of what beam search over a
    vocabulary does; so it is kept, up to the largest threshold that the GNU library takes. A value of the user's own stands.
    """
    fixed = {name: str(threads) for name in THREAD_VARIABLES}
    fixed |= {
        "OMP_DYNAMIC": "FALSE",
        "MKL_DYNAMIC": "FALSE",
        "PYTHONHASHSEED": "0",
        "TOKENIZERS_PARALLELISM": "true" if threads > 1 else "false",
    }
    chosen = {"MKL_CBWR": mkl_branch(), "THP_MEM_ALLOC_ENABLE": "1", **KEPT_MEMORY}
    root = str(Path(next(iter(embedseq.pipeline.__path__))).parents[1])
    paths = os.pathsep.join(filter(None, (root, base.get("PYTHONPATH"))))
    return {**chosen, **base, **fixed, "PYTHONPATH": paths}


def mkl_branch(processor: Path = Path("/proc/cpuinfo")) -> str:
    """The value for `MKL_CBWR`: the widest instructions of this kind of processor; STRICT holds for arrays at any address.

    Both run at full speed on Intel's and AMD's processors, whereas COMPATIBLE, the documented one for AMD, takes twice as long.
    """
    try:
        wide = "avx512f" in processor.read_text()
    except OSError:
        wide = False
    return "AVX512,STRICT" if wide else "AVX2,STRICT"


class WorkerProcess:
    """One worker. It does one stage at a time."""

    def __init__(self, threads: int, selector: selectors.BaseSelector) -> None:
        self.threads = threads
        self.loaded: set[str] = set()
        """References of the stage kinds that it has loaded already, or is about to."""
        self.kept_for: str | None = None
        """The one that it has loaded ahead, until it is taken."""
        self.child: int | None = None
        """The process of the stage at work, which heads a group of its own."""
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "embedseq.pipeline.worker", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=worker_environment(threads),
            start_new_session=True,  # the terminal's Ctrl-C is for the engine, which ends the workers
        )
        self._selector = selector
        self._partial = {"messages": b"", "output": b""}
        for name, pipe in (("messages", self._process.stdout), ("output", self._process.stderr)):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
            selector.register(pipe, selectors.EVENT_READ, (self, name))
        self._write(json.dumps([path or str(Path.cwd()) for path in sys.path]))

    def load(self, reference: str) -> None:
        """Load what a kind of stage needs, before there is one to do."""
        self.loaded.add(reference)
        self.kept_for = reference
        self._write(json.dumps({LOAD: reference}))

    def start(self, request: Request) -> None:
        """Begin with a stage."""
        self.loaded.add(request.reference)
        self._write(json.dumps(request.as_json()))

    def messages(self) -> list[dict[str, Any]] | None:
        """What it has said since; None when it is dead and has said everything."""
        lines = self._lines("messages")
        if lines is None:
            return None
        return [message for line in lines if (message := _parse(line)) is not None]

    def output(self) -> list[str]:
        """What the stage has printed since."""
        return [line.decode(errors="replace").rstrip() for line in self._lines("output") or () if line.strip()]

    def dead(self) -> bool:
        """Whether the process has ended. Its pipes may be open still, in the hands of what its stage had started."""
        return self._process.poll() is not None

    def exit_status(self) -> int:
        """Of a dead worker."""
        return self._process.wait(PATIENCE_SECONDS)

    def end(self, *, at_once: bool = False) -> None:
        """Ask the worker to end, or kill it; its stage dies in both cases."""
        if self._process.poll() is None:
            _signal_group(self._process.pid, signal.SIGKILL if at_once else signal.SIGTERM)
        if at_once and self.child is not None:
            _signal_group(self.child, signal.SIGKILL)

    def close(self) -> None:
        """Wait until it has ended, with force if it takes too long."""
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert pipe is not None
            if pipe is not self._process.stdin and pipe in self._selector.get_map():
                self._selector.unregister(pipe)
            try:
                pipe.close()
            except BrokenPipeError:
                continue
        try:
            self._process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.end(at_once=True)
            self._process.wait()

    def _write(self, line: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return  # it is dead: `messages` says so

    def _lines(self, name: str) -> list[bytes] | None:
        pipe = self._process.stdout if name == "messages" else self._process.stderr
        assert pipe is not None
        pieces, ended = _drain(pipe.fileno())
        *lines, self._partial[name] = (self._partial[name] + pieces).split(b"\n")
        if ended and not lines:
            if pipe in self._selector.get_map():
                self._selector.unregister(pipe)
            return None
        return lines


class Pool:
    """The workers of one run, at most about `size` of them."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._selector = selectors.DefaultSelector()
        self._idle: list[WorkerProcess] = []
        self._all: list[WorkerProcess] = []

    def take(self, threads: int, reference: str) -> WorkerProcess:
        """An idle worker with so many threads, rather one that has loaded this kind of stage; a new one where there is none.

        Those that load ahead are left to the stages that they do it for, as long as there is room for another one.
        """
        self._retire([worker for worker in self._idle if worker.dead()])
        full = len(self._all) >= self.size
        fitting = [each for each in self._idle if each.threads == threads and (full or each.kept_for in (None, reference))]
        if not fitting:
            if full:
                self._retire(self._idle)  # they wait for stages of other widths, and each holds its own copy of torch
            return self._new(threads)
        worker = max(fitting, key=lambda candidate: (reference in candidate.loaded, len(candidate.loaded)))
        worker.kept_for = None
        self._idle.remove(worker)
        return worker

    def load_ahead(self, threads: int, reference: str) -> None:
        """Have a new worker with so many threads load what a kind of stage needs, and wait for one."""
        worker = self._new(threads)
        worker.load(reference)
        self._idle.append(worker)

    def give_back(self, worker: WorkerProcess) -> None:
        """The worker's stage has ended."""
        worker.child = None
        self._idle.append(worker)

    def discard(self, worker: WorkerProcess) -> None:
        """The worker is dead."""
        self._retire([worker])

    def wait(self, seconds: float) -> list[WorkerProcess]:
        """The workers that have said something, after at most so long."""
        ready = self._selector.select(seconds)
        return list(dict.fromkeys(key.data[0] for key, _ in ready))

    def end(self, *, at_once: bool = False) -> None:
        """End all workers and their stages."""
        for worker in list(self._all):
            worker.end(at_once=at_once)

    def close(self) -> None:
        """End all workers and wait for them."""
        self.end()  # all at once, before one is waited for
        self._retire(self._all)
        self._selector.close()

    def _new(self, threads: int) -> WorkerProcess:
        worker = WorkerProcess(threads, self._selector)
        self._all.append(worker)
        return worker

    def _retire(self, workers: Iterable[WorkerProcess]) -> None:
        for worker in list(workers):
            if worker in self._idle:
                self._idle.remove(worker)
            self._all.remove(worker)
            worker.end()
            worker.close()


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return


def _drain(descriptor: int) -> tuple[bytes, bool]:
    """What is in the pipe, and whether it has ended."""
    pieces: list[bytes] = []
    while True:
        try:
            piece = os.read(descriptor, 1 << 16)
        except BlockingIOError:
            return b"".join(pieces), False
        if not piece:
            return b"".join(pieces), True
        pieces.append(piece)


def _parse(line: bytes) -> dict[str, Any] | None:
    """A message; None for an empty line or what a killed stage left half-written."""
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None
