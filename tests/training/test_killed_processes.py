"""A training that is killed by the system, wherever it happens to be, goes on in a fresh process and ends in the same bytes."""

import random
import signal
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parent / "trained_apart.py"
KILLS = 4


def begun(folder: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, str(SCRIPT), str(folder)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def digest_of(folder: Path) -> str:
    process = begun(folder)
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


def test_a_process_that_is_killed_again_and_again_ends_in_the_bytes_of_one_that_was_not(tmp_path: Path) -> None:
    undisturbed = digest_of(tmp_path / "undisturbed")
    draw = random.Random(5)
    reached = [killed_after(tmp_path / "killed", draw.randint(3, 6)) for _ in range(KILLS)]
    assert reached == sorted(set(reached))  # each went on from where the one before was killed,
    assert reached[-1] < 24  # and the last one was not done either
    assert digest_of(tmp_path / "killed") == undisturbed
