"""Two threads give the same bytes in every process that has a worker's environment, whatever runs beside it."""

import subprocess
import sys
from pathlib import Path

from embedseq.pipeline.pool import worker_environment

SCRIPT = Path(__file__).parent / "trained_in_threads.py"


def test_two_threads_train_to_the_same_bytes_beside_each_other_and_wherever_arrays_lie(tmp_path: Path) -> None:
    running = [
        subprocess.Popen(
            [sys.executable, str(SCRIPT), str(tmp_path / str(taken)), str(taken)],
            env=worker_environment(2),
            stdout=subprocess.PIPE,
            text=True,
        )
        for taken in (16, 1_000_012)
    ]
    try:
        first, second = (process.communicate(timeout=240)[0].split() for process in running)
    finally:
        for process in running:
            process.kill()
    assert [process.returncode for process in running] == [0, 0]
    assert first[0] == "2"
    assert [len(each) for each in first[1:]] == [64, 64]
    assert first == second
