"""A training that is killed by the system, wherever it happens to be, goes on in a fresh process and ends in the same bytes."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "trained_apart.py"
KILLS = 4


PROCESSES = Path("/proc")


def begun(folder: Path, replicas: int = 1) -> "subprocess.Popen[str]":
    command = [sys.executable, str(SCRIPT), str(folder), str(replicas)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def digest_of(folder: Path, replicas: int = 1) -> str:
    process = begun(folder, replicas)
    said = process.communicate("\n" * 100, timeout=120)[0].split()
    assert process.returncode == 0
    assert len(said[-1]) == 64
    return said[-1]


def killed_after(folder: Path, lines: int) -> int:
    """The last update that a process told of before it was killed; it may have done what follows, but not told it."""
    process = begun(folder)
    assert process.stdin is not None
    assert process.stdout is not None
    for line in range(lines):
        if line:
            process.stdin.write("\n")
            process.stdin.flush()
        update = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=60)
    process.stdin.close()
    process.stdout.close()
    return update


def children_of(process: int) -> list[int]:
    """Ids of the processes that it started and that are alive; a state of Z means that only its parent's word is missing."""
    found = []
    for path in PROCESSES.glob("[0-9]*/stat"):
        try:
            number, (state, parent) = int(path.parent.name), path.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue  # it ended meanwhile
        if int(parent) == process and state != "Z":
            found.append(number)
    return found


@pytest.mark.skipif(not PROCESSES.exists(), reason="processes are found in /proc")
def test_replicas_end_with_a_killed_first_process_and_training_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    undisturbed = digest_of(tmp_path / "undisturbed", replicas=3)
    process = begun(tmp_path / "killed", replicas=3)
    assert process.stdin is not None
    assert process.stdout is not None
    for _ in range(5):
        process.stdout.readline()
        process.stdin.write("\n")
        process.stdin.flush()
    replicas = children_of(process.pid)
    assert len(replicas) == 2
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=60)
    deadline = time.monotonic() + 30
    while left := [number for number in replicas if (PROCESSES / str(number)).exists()]:
        assert time.monotonic() < deadline, f"still there: {left}"
        time.sleep(0.05)
    process.stdin.close()
    process.stdout.close()
    assert digest_of(tmp_path / "killed", replicas=3) == undisturbed


def test_a_process_that_is_killed_again_and_again_ends_in_the_bytes_of_one_that_was_not(tmp_path: Path) -> None:
    undisturbed = digest_of(tmp_path / "undisturbed")
    draw = random.Random(5)
    reached = [killed_after(tmp_path / "killed", draw.randint(3, 6)) for _ in range(KILLS)]
    assert reached == sorted(set(reached))  # each went on from where the one before was killed,
    assert reached[-1] < 24  # and the last one was not done either
    assert digest_of(tmp_path / "killed") == undisturbed
