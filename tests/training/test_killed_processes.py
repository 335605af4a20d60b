"""A training that is killed by the system goes on in a fresh process and ends in the same bytes."""

import random
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from process_states import PROCESSES, alive, children_of

SCRIPT = Path(__file__).parent / "trained_apart.py"
KILLS = 4
UPDATES = 24
LINES = "\n" * 200
"""More than a process waits for."""
FEW = "\n" * 4
"""So that it waits before it is done, however late it is killed."""


def begun(folder: Path, replicas: int = 1) -> "subprocess.Popen[str]":
    command = [sys.executable, str(SCRIPT), str(folder), str(replicas)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def digest_of(folder: Path, replicas: int = 1) -> str:
    process = begun(folder, replicas)
    said = process.communicate(LINES, timeout=120)[0].split()
    assert process.returncode == 0
    assert len(said[-1]) == 64
    return said[-1]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> str:
    return digest_of(tmp_path_factory.mktemp("undisturbed") / "run")


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


def killed_in(folder: Path, seconds: float) -> list[int]:
    """The updates that a process told of, which waits behind the fifth alone and is killed so many seconds after the first."""
    process = begun(folder)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(FEW)
    process.stdin.flush()
    first = process.stdout.readline()
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    told = first + process.stdout.read()
    assert process.wait(timeout=60) == -signal.SIGKILL, "it was done before"
    process.stdin.close()
    process.stdout.close()
    return [int(line) for line in told.split()]


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
    while left := [number for number in replicas if alive(number)]:
        assert time.monotonic() < deadline, f"still there: {left}"
        time.sleep(0.05)
    process.stdin.close()
    process.stdout.close()
    assert digest_of(tmp_path / "killed", replicas=3) == undisturbed


def test_a_process_that_is_killed_again_and_again_ends_in_the_bytes_of_one_that_was_not(undisturbed: str, tmp_path: Path) -> None:
    draw = random.Random(5)
    reached = [killed_after(tmp_path / "killed", draw.randint(3, 6)) for _ in range(KILLS)]
    assert reached == sorted(set(reached))  # each went on from where the one before was killed,
    assert reached[-1] < UPDATES  # and the last one was not done either
    assert digest_of(tmp_path / "killed") == undisturbed


def test_a_process_that_is_killed_wherever_it_is_ends_in_the_bytes_of_one_that_was_not(undisturbed: str, tmp_path: Path) -> None:
    """Within an update, a validation or the writing of a checkpoint, as it happens: nothing is random in what must come of it."""
    draw = random.Random(6)
    told = [killed_in(tmp_path / "killed", draw.uniform(0.0, 0.05)) for _ in range(KILLS)]
    for before, after in pairwise(told):
        assert after[0] >= before[-1]  # the update that was told last may not have been saved yet, those before it were
    assert digest_of(tmp_path / "killed") == undisturbed
