"""Processes that benchmarks start: the command `embedseq`, and what is measured beside it."""

import os
import sys
from pathlib import Path

from embedseq.pipeline.pool import THREAD_VARIABLES, worker_environment

COMMAND = "import sys; sys.argv[0] = 'embedseq'; from embedseq.cli.main import main; main()"


def environment(compiled: Path) -> dict[str, str]:
    """That of the processes: compiled files are kept in a folder, as they are for anyone who installed the package."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(compiled)}


def plain_environment(threads: int) -> dict[str, str]:
    """This process's, with so many threads, and without what would make it ours."""
    own = worker_environment(threads, {})
    kept = {name: value for name, value in os.environ.items() if name not in own}
    return kept | {name: str(threads) for name in THREAD_VARIABLES}


def as_worker(threads: int) -> None:
    """Begin this program anew in a worker's environment, unless it is in it: some of that counts from a process's start alone."""
    wanted = worker_environment(threads)
    if any(os.environ.get(name) != value for name, value in wanted.items() if name != "PYTHONPATH"):  # which grows
        os.execve(sys.executable, [sys.executable, *sys.argv], wanted)
