import json
import shutil
from pathlib import Path

import pytest
from engine_toys import KINDS, Watcher, node
from hypothesis import given
from hypothesis import strategies as st

import embedseq
from embedseq.pipeline.durations import effort, guessed_seconds, measured_seconds
from embedseq.pipeline.engine import run_graph
from embedseq.pipeline.graph import build_graph
from embedseq.pipeline.schedule import path_seconds
from embedseq.pipeline.stage import EARLIER_SECONDS, Node
from embedseq.pipeline.store import Store
from embedseq.report.content import ArmFacts
from embedseq.report.fact_tables import training_table

DIAMOND = [Node("a", "x"), Node("b", "x", inputs={"of": "a"}), Node("c", "x", inputs={"of": "a"})]
DIAMOND += [Node("d", "x", inputs={"one": "b", "other": "c"})]


def test_a_path_takes_as_long_as_its_slowest_branch() -> None:
    assert path_seconds(DIAMOND, {"a": 1.0, "b": 5.0, "c": 2.0, "d": 3.0}) == {"a": 9.0, "b": 8.0, "c": 5.0, "d": 3.0}


def test_without_guesses_a_path_is_as_long_as_its_stages_are_many() -> None:
    assert path_seconds(DIAMOND, {}) == {"a": 3.0, "b": 2.0, "c": 2.0, "d": 1.0}


@given(st.lists(st.floats(0.0, 1e6), min_size=4, max_size=4))
def test_no_path_is_shorter_than_those_that_it_goes_on_with(seconds: list[float]) -> None:
    paths = path_seconds(DIAMOND, dict(zip("abcd", seconds, strict=True)))
    assert all(paths[source] >= paths[each.id] for each in DIAMOND for source in each.inputs.values())


def test_what_takes_long_begins_first_and_no_key_knows(tmp_path: Path) -> None:
    nodes = [node(name, text=name) for name in "abc"]
    orders, keys = [], []
    for place, seconds in enumerate(({}, {"a": 1.0, "b": 2.0, "c": 9.0})):
        watcher = Watcher()
        outcome = run_graph(nodes, Store(tmp_path / str(place)), jobs=1, observer=watcher, kinds=KINDS, seconds=seconds)
        orders.append([event.node for event in watcher.events if event.what == "started"])
        keys.append([(result.key, result.digest) for result in outcome.results.values()])
    assert orders == [["a", "b", "c"], ["c", "b", "a"]]
    assert keys[0] == keys[1]


def training(name: str, epochs: int, **shape: object) -> Node:
    sides = {"encoder": {"layers": None, "architecture": None}, "decoder": {"layers": None, "architecture": None}}
    common = {"architecture": "gru", "layers": 1, "dim": 128, "attention": "additive", **sides, **shape}
    return Node(name, "train", spec={"train": {"epochs": epochs}, "shape": common})


def test_more_epochs_layers_and_width_are_more_effort() -> None:
    small = effort(training("a", 10))
    assert effort(training("b", 20)) == 2 * small
    assert effort(training("c", 10, layers=2)) > small
    assert effort(training("d", 10, dim=256)) > small
    assert effort(training("e", 10, decoder={"layers": 3})) > small
    assert effort(training("f", 10, architecture="transformer")) < small
    assert effort(training("g", 10, attention={"scorer": "dot", "input_feeding": True})) > small


def test_what_was_never_measured_is_guessed_by_what_was() -> None:
    nodes = [training("a", 10), training("b", 20), training("c", 30), Node("d", "summary")]
    guessed = guessed_seconds(nodes, {"a": 4.0, "b": 8.0})
    assert guessed == pytest.approx({"a": 4.0, "b": 8.0, "c": 12.0, "d": 1.0})


def test_every_stage_of_a_pipeline_has_a_guess_and_a_finished_run_its_times(tiny_store: Path) -> None:
    run = embedseq.open_run("captions-1", store=tiny_store)
    nodes = build_graph(run.pipeline)
    assert all(seconds > 0 for seconds in guessed_seconds(nodes, {}).values())
    measured = measured_seconds(Store(tiny_store), "captions", nodes)
    assert set(measured) == {each.id for each in nodes}
    assert guessed_seconds(nodes, measured) == measured


def test_what_a_training_had_done_before_an_interruption_counts(tiny_store: Path, tmp_path: Path) -> None:
    store, node = tmp_path / "store", "train plain, seed 1"
    shutil.copytree(tiny_store, store)
    run = embedseq.open_run("captions-1", store=store)
    (before,) = arm_of(run, "plain").seeds
    measured = measured_seconds(Store(store), "captions", build_graph(run.pipeline))
    assert "interrupted" not in training_table((arm_of(run, "plain"),)).how_to_read
    events = run.record.path / "events.jsonl"
    lines = events.read_text(encoding="utf-8").splitlines()
    (ended,) = [place for place, line in enumerate(lines) if '"stage-ended"' in line and f'"{node}"' in line]
    fact = {"event": "fact", "node": node, "time": run.record.started, "name": EARLIER_SECONDS, "value": 100.0}
    lines.insert(ended, json.dumps(fact))
    events.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    run = embedseq.open_run("captions-1", store=store)
    (seed,) = arm_of(run, "plain").seeds
    assert (seed.seconds, seed.interrupted) == (pytest.approx((before.seconds or 0.0) + 100.0), True)
    assert "a training that was interrupted is that of all its parts" in training_table((arm_of(run, "plain"),)).how_to_read
    now = measured_seconds(Store(store), "captions", build_graph(run.pipeline))
    assert now == {**measured, node: pytest.approx(measured[node] + 100.0)}


def arm_of(run: embedseq.Run, label: str) -> ArmFacts:
    (found,) = [arm for arm in run.content().arms if arm.label == label]
    return found
