"""A training that is killed by the system, wherever it happens to be, goes on in a fresh process and ends in the same bytes."""

import random
import signal
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parent / "trained_apart.py"
KILLS = 4


def begun(folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, str(SCRIPT), str(folder)], stdout=subprocess.PIPE, text=True)


def digest_of(folder: Path) -> str:
    said = begun(folder).communicate(timeout=120)[0].split()
    assert len(said[-1]) == 64
    return said[-1]


def test_a_process_that_is_killed_again_and_again_ends_in_the_bytes_of_one_that_was_not(tmp_path: Path) -> None:
    undisturbed = digest_of(tmp_path / "undisturbed")
    draw, reached = random.Random(5), [0]
    for _ in range(KILLS):
        process = begun(tmp_path / "killed")
        assert process.stdout is not None
        for _ in range(draw.randint(2, 5)):
            update = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
        process.stdout.close()
        reached.append(update)
    assert reached == sorted(reached)  # nothing that was saved is done again from the beginning,
    assert reached[-1] < 24  # and the last one was not done either
    assert digest_of(tmp_path / "killed") == undisturbed
