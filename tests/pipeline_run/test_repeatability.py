"""The same file and seed give the same bytes: in another process, on more cores, and after a kill."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import embedseq
from embedseq.report.content import ScoreRow

PATIENCE = 240.0
MAIN = "from embedseq.cli.main import main; main()"


def start(file: Path, store: Path, jobs: int, **options: Any) -> "subprocess.Popen[str]":
    """`embedseq run` in a process group of its own."""
    command = [sys.executable, "-c", MAIN, "run", str(file), "--store", str(store), "--jobs", str(jobs), "--quiet"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, **pipes, text=True, start_new_session=True, **options)


def ended(process: "subprocess.Popen[str]") -> None:
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors


def statuses(store: Path, run: str) -> dict[str, str]:
    path = store / "runs" / run / "run.json"
    nodes = json.loads(path.read_text(encoding="utf-8"))["nodes"] if path.exists() else {}
    return {name: node["status"] for name, node in nodes.items()}


def digests(run: embedseq.Run) -> dict[str, str | None]:
    return {name: node.digest for name, node in run.record.nodes.items()}


def scored(run: embedseq.Run) -> dict[tuple[str, str], ScoreRow]:
    """The rows of the report's tables of scores."""
    return {(table.metric, row.subject): row for table in run.content().scores for row in table.rows}


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


NOISE = {"OMP_NUM_THREADS": "3", "MKL_NUM_THREADS": "2", "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
BESIDE = """
  beside:
    data: captions
    architecture: lstm
    dim: 8
    train: {epochs: 1, batch_tokens: 300, lr: 1e-2}
    evaluate: {beam: 1, max_length: 15}
"""


@pytest.fixture
def disturbed(tiny_text: str, tiny_file: Path, tmp_path: Path) -> embedseq.Run:
    """The tiny pipeline in another process, environment, folder and store, on more cores and with another model beside it."""
    file = tmp_path / "captions.yaml"
    file.write_text(tiny_text.replace("\nprobes:", f"{BESIDE.rstrip()}\n\nprobes:"), encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    ended(start(file, tmp_path / "store", jobs=2, cwd=tmp_path / "elsewhere", env={**os.environ, **NOISE}))
    return embedseq.open_run("captions-1", store=tmp_path / "store")


def test_jobs_environment_and_what_runs_beside_change_no_byte(disturbed: embedseq.Run, finished: embedseq.Run) -> None:
    assert {node.status for node in disturbed.record.nodes.values()} == {"done"}
    found, expected = digests(disturbed), digests(finished)
    assert {name: found[name] for name in expected} == expected
    for node in disturbed.record.nodes.values():
        assert node.key is not None
        assert disturbed.store.verify(node.key) is not None
    subjects = {row["subject"] for row in finished.summary}
    assert [row for row in disturbed.summary if row["subject"] in subjects] == finished.summary
    rows = scored(finished)
    assert rows
    assert {name: row for name, row in scored(disturbed).items() if name in rows} == rows


SHARED = """\
name: shared
seeds: [1]
data:
  pairs:
    train: &files {pairs: pairs.tsv}
    valid: *files
    test: *files
models:
  translator:
    data: pairs
    architecture: gru
    dim: 8
    train: {epochs: 2, batch_tokens: 80, replicas: 2}
    evaluate: {beam: 2, max_length: 8, replicas: 2}
"""


def test_replicas_of_a_stage_repeat_bit_for_bit_in_fresh_processes(tmp_path: Path) -> None:
    """The engine's workers fork the stage, and the stage its replicas."""
    lines = [f"the {word} dog barks {often}\tder {word} Hund bellt" for word in ("old", "small") for often in ("twice", "now")]
    (tmp_path / "pairs.tsv").write_text("\n".join(6 * lines) + "\n", encoding="utf-8")
    (tmp_path / "shared.yaml").write_text(SHARED, encoding="utf-8")
    found = []
    for jobs in (2, 3):
        ended(start(tmp_path / "shared.yaml", store := tmp_path / f"store-{jobs}", jobs=jobs))
        run = embedseq.open_run("shared-1", store=store)
        assert {node.status for node in run.record.nodes.values()} == {"done"}
        found.append((digests(run), run.summary))
    assert found[0] == found[1]
