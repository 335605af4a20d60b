"""The record of a run: complete, readable at any time, and found by its name."""

import io
import json
from pathlib import Path

import pytest
from engine_toys import KINDS, node

from embedseq.errors import RequestError
from embedseq.pipeline.engine import run_graph
from embedseq.pipeline.environment import environment
from embedseq.pipeline.events import Event, NodeResult, Observers, Outcome
from embedseq.pipeline.progress import BarProgress, LineProgress, describe, duration, outcome_line, progress_for
from embedseq.pipeline.recorder import RunRecorder
from embedseq.pipeline.runs import all_runs, find_run, latest_run, load_run, previous_nodes
from embedseq.pipeline.store import Store

NODES = [node("a", "act", do="tell"), node("bad", "act", do="crash"), node("after", inputs=["bad"])]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def record(store: Store, name: str = "quickstart") -> RunRecorder:
    recorder = RunRecorder(store, name, "name: quickstart\n", profile="tiny")
    run_graph(NODES, store, kinds=KINDS, jobs=1, observer=recorder)
    return recorder


def test_a_record_holds_what_became_of_each_stage(store: Store) -> None:
    run = load_run(record(store).folder)
    assert (run.name, run.pipeline, run.status, run.content["profile"]) == ("quickstart-1", "quickstart", "failed", "tiny")
    assert run.pipeline_text == "name: quickstart\n"
    assert {name: node.status for name, node in run.nodes.items()} == {"a": "done", "bad": "failed", "after": "skipped"}
    assert run.ended is not None
    assert run.ended >= run.started
    artifact = run.artifact("a", store)
    assert (artifact.path / "text").read_text() == "acted"
    assert run.nodes["a"].digest == artifact.digest
    with pytest.raises(RequestError, match="'bad' has no result in the run quickstart-1: failed KeyError"):
        run.artifact("bad", store)
    with pytest.raises(RequestError, match=r"no stage 'afte'\. Did you mean 'after'"):
        run.artifact("afte", store)


def test_times_speeds_and_tracebacks_are_in_the_log(store: Store) -> None:
    run = load_run(record(store).folder)
    events = list(run.events())
    assert (events[0]["event"], events[-1]["event"]) == ("run-started", "run-ended")
    assert any(event["event"] == "fact" and event["name"] == "speed" and event["value"] == 3.5 for event in events)
    used = [event["value"] for event in events if event["event"] == "fact" and event["name"] == "peak_memory"]
    assert len(used) == 1
    assert 2**20 < used[0] < 2**40
    assert any(event["event"] == "traceback" and "KeyError" in event["message"] for event in events)
    assert any(event["event"] == "progress" and event["loss"] == "nan" and event["node"] == "a" for event in events)
    assert any(event["event"] == "stage-ended" and event["seconds"] > 0 for event in events)


def test_a_log_that_was_cut_off_can_be_read(store: Store) -> None:
    run = load_run(record(store).folder)
    whole = list(run.events())
    with (run.path / "events.jsonl").open("a") as file:
        file.write('{"time": 1, "eve')
    assert list(run.events()) == whole


def test_runs_are_numbered_and_found_by_name(store: Store) -> None:
    for name in ("quickstart", "other", "quickstart", "other-2"):
        RunRecorder(store, name, "").end(Outcome({}))
    assert [run.name for run in all_runs(store)] == ["quickstart-1", "other-1", "quickstart-2", "other-2-1"]
    assert find_run(store, "quickstart-1").name == "quickstart-1"
    assert find_run(store, "quickstart").name == "quickstart-2"
    assert find_run(store, "other").name == "other-1"
    assert find_run(store, "latest").name == "other-2-1"
    newest = latest_run(store, "quickstart")
    assert newest is not None
    assert newest.name == "quickstart-2"
    with pytest.raises(RequestError, match=r"no run is called 'quikstart'\. Did you mean 'quickstart'"):
        find_run(store, "quikstart")


def test_a_store_without_runs_says_how_to_make_one(store: Store) -> None:
    assert latest_run(store) is None
    with pytest.raises(RequestError, match="embedseq run FILE"):
        find_run(store, "latest")


@pytest.mark.parametrize("name", ["", "a/b", ".."])
def test_a_name_that_is_no_folder_is_refused(store: Store, name: str) -> None:
    with pytest.raises(RequestError, match="cannot be the name of a run"):
        RunRecorder(store, name, "")


def test_a_run_that_goes_on_is_running_and_one_that_vanished_was_interrupted(store: Store) -> None:
    recorder = RunRecorder(store, "p", "")
    assert load_run(recorder.folder).status == "running"
    recorder.close()
    assert load_run(recorder.folder).status == "interrupted"


def test_a_damaged_record_is_left_out_of_the_list_and_refused_by_name(store: Store) -> None:
    folder = record(store).folder
    (folder / "run.json").write_text("{")
    assert all_runs(store) == []
    with pytest.raises(RequestError, match="cannot be read as the record of a run"):
        find_run(store, "quickstart-1")


def test_earlier_runs_fill_in_what_the_last_one_did_not_reach(store: Store) -> None:
    record(store)
    RunRecorder(store, "quickstart", "").end(Outcome({}))
    known = previous_nodes(store, "quickstart")
    assert known["a"].status == "done"
    assert known["bad"].status == "failed"
    assert "after" not in known


def test_a_stage_whose_record_is_no_record_is_as_if_it_had_not_been(store: Store) -> None:
    folder = record(store).folder
    content = json.loads((folder / "run.json").read_text())
    content["nodes"]["a"]["record"] = {"kind": "act"}
    (folder / "run.json").write_text(json.dumps(content))
    assert set(previous_nodes(store, "quickstart")) == {"bad"}


def test_the_environment_names_processor_and_versions() -> None:
    found = environment()
    assert found["packages"]["numpy"]
    assert found["processor"]
    assert json.loads(json.dumps(found)) == found


def test_lines_tell_of_a_run_and_are_few() -> None:
    stream = io.StringIO()
    now = [0.0]
    lines = LineProgress(stream, every=30.0, clock=lambda: now[0])
    lines.begin([node("a"), node("b")], 2)
    lines.finish(NodeResult("b", "join", "cached"))
    lines.note(Event("started", "a", 0.0))
    for second in range(70):
        now[0] = float(second)
        lines.note(Event("progress", "a", 0.0, {"done": second, "total": 100, "epoch": 1, "epochs": 2, "loss": 2.5}))
    lines.note(Event("log", "a", 0.0, {"message": "4 sentences were split"}))
    lines.note(Event("fact", "a", 0.0, {"name": "speed", "value": 1}))
    result = NodeResult("a", "join", "failed", seconds=70.0, message="no luck")
    lines.finish(result)
    lines.end(Outcome({"b": NodeResult("b", "join", "cached"), "a": result}, seconds=70.0))
    assert stream.getvalue().split("\n")[:-1] == [
        "2 stages on 2 cores",
        "a: begins",
        "a: epoch 1/2, 30 %, loss 2.500",
        "a: epoch 1/2, 60 %, loss 2.500",
        "a: 4 sentences were split",
        "[2/2] a: FAILED: no luck",
        "2 stages: 1 cached, 1 failed, in 1:10",
    ]


def test_bars_survive_a_run_with_brackets_in_names(store: Store) -> None:
    stream = io.StringIO()
    nodes = [node("train m[lstm,random]", "act", do="tell"), node("bad [/bold]", "act", do="refuse")]
    run_graph(nodes, store, kinds=KINDS, jobs=2, observer=Observers(BarProgress(stream), RunRecorder(store, "p", "")))
    written = stream.getvalue()
    assert "train m[lstm,random]: done" in written
    assert "bad [/bold]: FAILED: the loss is not a number" in written
    assert "2 stages: 1 done, 1 failed" in written


def test_without_a_terminal_there_are_lines() -> None:
    assert isinstance(progress_for(io.StringIO()), LineProgress)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"done": 1, "total": 4}, "25 %"),
        ({"done": 1, "total": None}, ""),
        (
            {"done": 1, "total": 2, "epoch": 3, "epochs": 10, "loss": 2.4141, "tokens_per_second": 3100.4, "seconds_left": 125},
            "epoch 3/10, 50 %, loss 2.414, 3,100 tokens/s, 2:05 left",
        ),
    ],
)
def test_progress_in_words(facts: dict[str, object], words: str) -> None:
    assert describe(facts) == words


@pytest.mark.parametrize(("seconds", "words"), [(0.04, "0.0 s"), (9.96, "10 s"), (59.4, "59 s"), (60, "1:00"), (3725, "1:02:05")])
def test_durations_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_an_empty_run_has_nothing_to_do() -> None:
    assert outcome_line(Outcome({}, seconds=0.1)) == "0 stages: nothing to do, in 0.1 s"


def test_a_record_of_another_version_is_refused_with_what_to_do(store: Store) -> None:
    folder = record(store).folder
    content = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    (folder / "run.json").write_text(json.dumps({**content, "format": 1}), encoding="utf-8")
    with pytest.raises(RequestError, match=r"another version of embedseq \(format 1, this one reads 2\): run the pipeline again"):
        load_run(folder)
    assert all_runs(store) == []
