"""Runs that are interrupted, killed, or not alone: nothing is lost, nothing is left, and the end is the same."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from embedseq.pipeline.runs import all_runs
from embedseq.pipeline.store import Store

DRIVER = Path(__file__).parent / "engine_driver.py"
PATIENCE = 60.0


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], "subprocess.Popen[str]"]]:
    """Starts the driver on the store in the test's folder."""
    processes = []

    def begin(scenario: str, store: str = "store") -> "subprocess.Popen[str]":
        command = [sys.executable, str(DRIVER), str(tmp_path / store), scenario, str(tmp_path)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
        processes.append(process)
        return process

    yield begin
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def until(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"waited in vain until {what}"
        time.sleep(0.01)


def ended(process: "subprocess.Popen[str]") -> dict[str, Any]:
    output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    result: dict[str, Any] = json.loads(output)
    return result


def stage_processes(folder: Path) -> list[int]:
    """The gated stage, the process it started, and its worker."""
    begun = folder / "begun"
    until(lambda: begun.exists() and len(begun.read_text().split()) == 3, "the stage has begun")
    return [int(word) for word in begun.read_text().split()]


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        with contextlib.suppress(OSError):
            os.kill(process, 0)
            return sys.platform != "linux"
        return False
    return state not in "ZX"


def gone(processes: list[int]) -> None:
    until(lambda: not any(alive(process) for process in processes), "the stage's processes are gone")


@pytest.mark.parametrize(
    "numbers", [[signal.SIGINT], [signal.SIGTERM], [signal.SIGINT, signal.SIGINT]], ids=["int", "term", "twice"]
)
def test_an_interrupt_ends_cleanly_and_the_next_run_goes_on(start: Any, store: Store, tmp_path: Path, numbers: list[int]) -> None:
    process = start("gated")
    processes = stage_processes(tmp_path)
    for number in numbers:
        process.send_signal(number)
    outcome = ended(process)
    assert outcome["cancelled"]
    assert {name: result[0] for name, result in outcome["results"].items()} == {
        "first": "done",
        "slow": "cancelled",
        "last": "cancelled",
    }
    gone(processes)
    assert list(store.tmp.iterdir()) == []
    (tmp_path / "gate").touch()
    again = ended(start("gated"))
    assert again["ok"]
    assert {name: result[0] for name, result in again["results"].items()} == {"first": "cached", "slow": "done", "last": "done"}
    assert [run.status for run in all_runs(store)] == ["cancelled", "done"]


def test_a_killed_engine_takes_its_workers_and_their_stages_along(start: Any, store: Store, tmp_path: Path) -> None:
    process = start("gated")
    processes = stage_processes(tmp_path)
    process.kill()
    process.wait()
    gone(processes)
    run = all_runs(store)[0]
    assert run.status == "interrupted"
    assert {name: node.status for name, node in run.nodes.items()} == {"first": "done", "slow": "running", "last": "pending"}
    assert len(list(store.tmp.iterdir())) == 2
    (tmp_path / "gate").touch()
    assert ended(start("gated"))["ok"]
    assert list(store.tmp.iterdir()) == []
    assert list(store.locks.iterdir()) == []


def test_a_killed_worker_takes_its_stage_along(start: Any, tmp_path: Path) -> None:
    process = start("gated")
    stage, grandchild, worker = stage_processes(tmp_path)
    os.kill(worker, signal.SIGKILL)
    outcome = ended(process)
    assert outcome["results"]["slow"][0] == "failed"
    assert "its worker was killed by signal 9" in outcome["results"]["slow"][2]
    gone([stage, grandchild])


def test_a_run_killed_again_and_again_ends_in_the_same_bytes(start: Any, store: Store, tmp_path: Path) -> None:
    undisturbed = ended(start("training", "undisturbed"))
    assert undisturbed["ok"]
    (tmp_path / "journal").unlink()
    for seconds in (0.3, 0.5, 0.6, 0.7, 0.8):
        process = start("training")
        until(lambda: (tmp_path / "journal").exists(), "a stage has begun")
        time.sleep(seconds)
        process.kill()
        process.wait()
    disturbed = ended(start("training"))
    assert disturbed["ok"]
    digests = [{name: result[1] for name, result in outcome["results"].items()} for outcome in (undisturbed, disturbed)]
    assert digests[0] == digests[1]
    assert list(store.scratch_root.iterdir()) == []


def test_two_runs_on_one_store_compute_each_stage_once(start: Any, store: Store, tmp_path: Path) -> None:
    first = start("gated")
    stage_processes(tmp_path)
    second = start("gated")
    log = store.runs / "driven-2" / "events.jsonl"
    until(lambda: log.exists() and '"waiting"' in log.read_text(), "the second run waits")
    waiting = next(json.loads(line) for line in log.read_text().split("\n") if '"waiting"' in line)
    assert waiting["node"] == "slow"
    assert f"process {first.pid} on" in waiting["message"]
    (tmp_path / "gate").touch()
    outcomes = [ended(first), ended(second)]
    assert all(outcome["ok"] for outcome in outcomes)
    assert sorted((tmp_path / "journal").read_text().split()) == ["first", "last", "slow"]
    assert outcomes[1]["results"]["slow"][0] == "cached"


def test_a_run_takes_over_when_the_one_it_waits_for_is_killed(start: Any, store: Store, tmp_path: Path) -> None:
    first = start("gated")
    stage_processes(tmp_path)
    second = start("gated")
    log = store.runs / "driven-2" / "events.jsonl"
    until(lambda: log.exists() and '"waiting"' in log.read_text(), "the second run waits")
    first.kill()
    first.wait()
    (tmp_path / "gate").touch()
    outcome = ended(second)
    assert outcome["ok"]
    assert outcome["results"]["slow"][0] == "done"
