"""Settings that a stage of the run chooses, and trials whose settings come to nothing."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from engine_toys import KINDS, Watcher, node

from embedseq.pipeline.choices import TO_BE_CHOSEN
from embedseq.pipeline.engine import run_graph
from embedseq.pipeline.events import Outcome
from embedseq.pipeline.plan import plan_graph
from embedseq.pipeline.recorder import RunRecorder
from embedseq.pipeline.runs import previous_nodes
from embedseq.pipeline.stage import Node
from embedseq.pipeline.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def run(nodes: Sequence[Node], store: Store, **options: Any) -> Outcome:
    return run_graph(nodes, store, kinds=KINDS, jobs=1, **options)


def statuses(outcome: Outcome) -> list[str]:
    return [result.status for result in outcome.results.values()]


def planned(nodes: Sequence[Node], store: Store) -> dict[str, tuple[str, str]]:
    return {item.id: (item.status, item.why) for item in plan_graph(nodes, store, previous_nodes(store, "p"), kinds=KINDS)}


def tuned(choice: dict[str, Any], epochs: int = 3) -> list[Node]:
    """A choice, and what is made with it."""
    train = {"epochs": epochs, "lr": TO_BE_CHOSEN, "plateau": TO_BE_CHOSEN}
    return [
        node("choice", "choose", choice=choice),
        node("text", text="T"),
        Node("made", "chosen", {"train": train, "seed": 1}, {"by": "choice", "text": "text"}),
    ]


def plain(**train: Any) -> list[Node]:
    return [node("text", text="T"), Node("plain", "chosen", {"train": train, "seed": 1}, {"text": "text"})]


def test_a_stage_is_given_what_was_chosen_and_not_shown_the_choice(store: Store) -> None:
    made = run(tuned({"train": {"lr": 0.5, "plateau": 4}}), store).results["made"]
    assert made.key is not None
    written = json.loads((store.artifacts / made.key / "text").read_text())
    assert written == [{"train": {"epochs": 3, "lr": 0.5, "plateau": 4}, "seed": 1}, ["text"]]


def test_what_was_chosen_is_computed_once_with_what_had_these_values_from_the_start(store: Store) -> None:
    first = run(plain(epochs=3, lr=0.5), store).results["plain"]
    chosen = run(tuned({"train": {"lr": 0.5}}), store).results["made"]
    assert (chosen.status, chosen.key) == ("cached", first.key)


def test_a_plan_knows_what_was_chosen(store: Store) -> None:
    nodes = tuned({"train": {"lr": 0.5}})
    assert planned(nodes, store)["made"] == ("depends", "new; input 'choice' runs first; input 'text' runs first")
    run(nodes, store, observer=RunRecorder(store, "p", ""))
    assert set(planned(nodes, store).values()) == {("cached", "")}


def test_a_plan_takes_what_is_not_chosen_yet_for_what_it_was(store: Store) -> None:
    run(tuned({"train": {"lr": 0.5}}), store, observer=RunRecorder(store, "p", ""))
    assert planned(tuned({"train": {"lr": 0.7}}), store)["made"] == ("depends", "input 'choice' runs first")
    changed = planned(tuned({"train": {"lr": 0.7}}, epochs=4), store)["made"]
    assert changed == ("depends", "spec changed: train.epochs 3 -> 4; input 'choice' runs first")


def test_another_choice_makes_it_anew_and_the_same_one_does_not(store: Store) -> None:
    run(tuned({"train": {"lr": 0.5}}), store)
    assert statuses(run(tuned({"train": {"lr": 0.7}}), store)) == ["done", "cached", "done"]
    assert statuses(run(tuned({"train": {"lr": 0.5}, "beside": 1}), store)) == ["done", "cached", "cached"]


def test_a_damaged_choice_is_made_again_before_it_is_believed(store: Store) -> None:
    outcome = run(tuned({"train": {"lr": 0.5}}), store)
    key = outcome.results["choice"].key
    assert key is not None
    path = store.artifacts / key / "choice.json"
    path.chmod(0o644)
    path.write_text(path.read_text().replace("0.5", "0.9"))
    again = run(tuned({"train": {"lr": 0.5}}), store)
    assert again.ok
    assert again.results["made"].key == outcome.results["made"].key


# Trials.


def trials(*do: str, trial: bool = True) -> list[Node]:
    names = [f"{what}-{number}" for number, what in enumerate(do)]
    tried = [node(name, "act", do=what, trial=trial) for name, what in zip(names, do, strict=True)]
    return [*tried, node("choice", "choose", inputs=names, choice={})]


def test_a_trial_that_comes_to_nothing_is_an_answer_and_is_kept(store: Store) -> None:
    watcher = Watcher()
    outcome = run(trials("diverge", "print"), store, observer=watcher)
    assert (outcome.ok, statuses(outcome)) == (True, ["done", "done", "done"])
    assert watcher.told("log") == ["this trial came to nothing: the loss is infinite in epoch 2"]
    key = outcome.results["choice"].key
    assert key is not None
    assert (store.artifacts / key / "found").read_text() == "failure.json manifest.json manifest.json text"
    assert statuses(run(trials("diverge", "print"), store)) == ["cached", "cached", "cached"]


@pytest.mark.parametrize("way", ["refuse", "crash", "die"])
def test_a_trial_that_fails_for_another_reason_is_no_answer(store: Store, way: str) -> None:
    outcome = run(trials(way, "print"), store)
    assert statuses(outcome) == ["failed", "done", "skipped"]


def test_what_would_come_to_nothing_as_a_trial_did_fails_at_once_with_the_same_words(store: Store) -> None:
    first = run(trials("diverge", "print", trial=False), store).results["diverge-0"]
    assert (first.status, first.message) == ("failed", "the loss is infinite in epoch 2")
    run(trials("diverge", "print"), store)
    watcher = Watcher()
    again = run(trials("diverge", "print", trial=False), store, observer=watcher)
    assert statuses(again) == ["failed", "cached", "skipped"]
    assert again.results["diverge-0"].message == first.message
    assert not [event for event in watcher.events if event.what == "started"]


def test_a_plan_says_that_it_came_to_nothing_as_a_trial(store: Store) -> None:
    run(trials("diverge", "print"), store)
    assert planned(trials("diverge", "print"), store)["diverge-0"] == ("cached", "")
    why = "failed before, as a trial: the loss is infinite in epoch 2"
    assert planned(trials("diverge", "print", trial=False), store)["diverge-0"] == ("to run", why)
