"""Plans: what a run would do, and why, without doing it."""

from pathlib import Path

import pytest
from engine_toys import JOIN, KINDS, node

from embedseq.errors import RequestError
from embedseq.pipeline import plan
from embedseq.pipeline.engine import run_graph
from embedseq.pipeline.plan import plan_graph
from embedseq.pipeline.recorder import RunRecorder
from embedseq.pipeline.runs import previous_nodes
from embedseq.pipeline.stage import Node, StageKind
from embedseq.pipeline.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def graph(lr: float = 0.001, text: str = "T", threads: int = 1) -> list[Node]:
    return [
        node("text", text=text),
        node("train", inputs=["text"], train={"lr": lr, "epochs": 3}, threads=threads),
        node("report", inputs=["train"]),
    ]


def run(nodes: list[Node], store: Store) -> None:
    run_graph(nodes, store, kinds=KINDS, jobs=1, observer=RunRecorder(store, "p", ""))


def planned(nodes: list[Node], store: Store) -> dict[str, tuple[str, str]]:
    return {item.id: (item.status, item.why) for item in plan_graph(nodes, store, previous_nodes(store, "p"), kinds=KINDS)}


def test_the_first_plan_is_new_and_makes_nothing(store: Store) -> None:
    assert planned(graph(), store) == {
        "text": ("to run", "new"),
        "train": ("depends", "new; input 'text' runs first"),
        "report": ("depends", "new; input 'train' runs first"),
    }
    assert not store.root.exists()


def test_a_plan_names_the_field_that_changed(store: Store) -> None:
    run(graph(), store)
    assert set(planned(graph(), store).values()) == {("cached", "")}
    assert planned(graph(lr=0.002), store) == {
        "text": ("cached", ""),
        "train": ("to run", "spec changed: train.lr 0.001 -> 0.002"),
        "report": ("depends", "input 'train' runs first"),
    }
    assert planned(graph(threads=2), store)["train"] == ("to run", "threads 1 -> 2")


def test_a_plan_agrees_with_the_run_that_follows(store: Store) -> None:
    run(graph(), store)
    items = plan_graph(graph(lr=0.5), store, kinds=KINDS)
    outcome = run_graph(graph(lr=0.5), store, kinds=KINDS, jobs=1)
    for item in items:
        assert item.key in (None, outcome.results[item.id].key)
        assert (
            outcome.results[item.id].status
            in {"cached": ["cached"], "to run": ["done"], "depends": ["cached", "done"]}[item.status]
        )


def test_a_plan_knows_which_part_of_an_input_is_read(store: Store) -> None:
    def parted(**splits: str) -> list[Node]:
        return [node("all", "splits", splits=splits), node("train", "part", inputs=["all"], split="train")]

    run([*parted(train="A", test="B")], store)
    run([*parted(train="A", test="C")][:1], store)
    assert planned(parted(train="A", test="C"), store) == {"all": ("cached", ""), "train": ("cached", "")}


def test_a_plan_names_changed_inputs(store: Store) -> None:
    run(graph(), store)
    run_graph([node("text", text="U")], store, kinds=KINDS, jobs=1)
    assert planned(graph(text="U"), store)["train"] == ("to run", "input 'text' changed")
    more = [*graph()[:2], node("report", inputs=["train", "text"])]
    assert planned(more, store)["report"] == ("to run", "input 'text' added")
    fewer = [graph()[0], node("train", train={"lr": 0.001, "epochs": 3})]
    assert planned(fewer, store)["train"] == ("to run", "input 'text' removed")


def test_a_plan_names_a_changed_version_a_missing_and_a_damaged_artifact(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    run(graph(), store)
    monkeypatch.setattr(plan, "kind_of", lambda node, kinds: StageKind("join", 2, JOIN.run))
    assert planned(graph(), store)["text"] == ("to run", "version 1 -> 2")
    monkeypatch.undo()
    key = previous_nodes(store, "p")["text"].key
    (store.artifacts / key / "text").unlink()
    assert planned(graph(), store)["text"][1].startswith("artifact damaged: text cannot be read")
    assert (store.artifacts / key).exists()
    store.quarantine(key)
    assert planned(graph(), store)["text"] == ("to run", "artifact missing")


def test_a_plan_tells_what_failed_before(store: Store) -> None:
    nodes = [node("bad", "act", do="refuse"), node("after", inputs=["bad"])]
    run(nodes, store)
    assert planned(nodes, store) == {
        "bad": ("to run", "failed before: the loss is not a number in epoch 2"),
        "after": ("depends", "new; input 'bad' runs first"),
    }


def test_a_plan_of_a_part_holds_what_it_needs(store: Store) -> None:
    assert [item.id for item in plan_graph(graph(), store, only=["train"], kinds=KINDS)] == ["text", "train"]
    with pytest.raises(RequestError, match="Did you mean 'train'"):
        plan_graph(graph(), store, only=["trian"], kinds=KINDS)
