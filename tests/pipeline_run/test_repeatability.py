"""The same file and seed give the same bytes: in another process, on more cores, and after a kill."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import embedseq

PATIENCE = 240.0
MAIN = "from embedseq.cli.main import main; main()"


def start(file: Path, store: Path, jobs: int) -> "subprocess.Popen[str]":
    """`embedseq run` in a process group of its own."""
    command = [sys.executable, "-c", MAIN, "run", str(file), "--store", str(store), "--jobs", str(jobs), "--quiet"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def ended(process: "subprocess.Popen[str]") -> None:
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors


def statuses(store: Path, run: str) -> dict[str, str]:
    path = store / "runs" / run / "run.json"
    nodes = json.loads(path.read_text(encoding="utf-8"))["nodes"] if path.exists() else {}
    return {name: node["status"] for name, node in nodes.items()}


def digests(run: embedseq.Run) -> dict[str, str | None]:
    return {name: node.digest for name, node in run.record.nodes.items()}


@pytest.fixture
def killed(tiny_file: Path, tmp_path: Path) -> Path:
    """A store whose run was killed, with all its processes, when the first model was trained."""
    store = tmp_path / "store"
    process = start(tiny_file, store, jobs=1)
    try:
        end = time.monotonic() + PATIENCE
        while not any(name.startswith("train ") and status == "done" for name, status in statuses(store, "captions-1").items()):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end
            time.sleep(0.02)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    return store


def test_a_run_that_was_killed_ends_in_the_same_bytes(killed: Path, tiny_file: Path, finished: embedseq.Run) -> None:
    before = embedseq.open_run("captions-1", store=killed)
    assert before.record.status == "interrupted"
    done = {name for name, node in before.record.nodes.items() if node.status == "done"}
    assert not any(name.startswith("summary") for name in done)
    ended(start(tiny_file, killed, jobs=1))
    after = embedseq.open_run("captions-2", store=killed)
    assert {name for name, node in after.record.nodes.items() if node.status == "cached"} >= done
    assert digests(after) == digests(finished)
    assert list((killed / "tmp").iterdir()) == []
    assert list((killed / "scratch").iterdir()) == []


def test_another_process_with_more_jobs_gives_the_same_bytes(tiny_file: Path, tmp_path: Path, finished: embedseq.Run) -> None:
    ended(start(tiny_file, tmp_path, jobs=2))
    run = embedseq.open_run("captions-1", store=tmp_path)
    assert {node.status for node in run.record.nodes.values()} == {"done"}
    assert digests(run) == digests(finished)
    for node in run.record.nodes.values():
        assert node.key is not None
        artifact = run.store.verify(node.key)
        assert artifact is not None
