"""A model whose learning rate and dropout are tuned: what is tried, chosen, computed, kept and told."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import embedseq
from embedseq.pipeline.events import Event, Observers
from embedseq.pipeline.file import read_pipeline
from embedseq.pipeline.graph import build_graph
from embedseq.pipeline.running import plan
from embedseq.pipeline.stage import Node
from embedseq.report.content import TuningFacts

PIPELINE = """\
name: tuned
seeds: [2, 1]
data:
  captions:
    dataset: multi30k
    source: en
    target: de
    tokens: {kind: word}
    limits: {train: 60, valid: 10, test: 10}
models:
  translator:
    data: captions
    matrix: {architecture: [rnn, gru]}
    dim: 8
    train: {epochs: 2, batch_tokens: 300, clip: null}
    tune: {lr: [1e-7, 1e-2, 1e30]}
    evaluate: {beam: 1, max_length: 8, metrics: [chrf]}
"""
TRIALS = [f"trial lr={lr}, of translator[{cell}], seed 1" for cell in ("rnn", "gru") for lr in ("1e-07", "0.01", "1e+30")]
CHOICES = ["choose for translator[rnn]", "choose for translator[gru]"]


OTHERS = """\
  accumulating:
    data: captions
    architecture: rnn
    dim: 8
    train: {epochs: 2, batch_tokens: 300, clip: null, lr: 1e-2}
    tune: {accumulate: [1, 50]}
  longer:
    data: captions
    architecture: rnn
    dim: 8
    train: {epochs: 2, batch_tokens: 300, clip: null}
    tune: {lr: [1e-7, 1e-2, 1e30, 1e-6]}
  hopeless:
    data: captions
    architecture: rnn
    dim: 8
    train: {epochs: 2, batch_tokens: 300, clip: null}
    tune: {lr: [1e30, 1e31]}
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tuned") / "tuned.yaml"
    path.write_text(PIPELINE, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def tuned(file: Path) -> embedseq.Run:
    return again(file)


@pytest.fixture(scope="module")
def others(file: Path, tuned: embedseq.Run) -> embedseq.Run:
    """Models that differ from the first arm in what is tuned, on the store of its run."""
    path = file.parent / "others.yaml"
    path.write_text(PIPELINE.replace("name: tuned", "name: others").replace("[2, 1]", "[1]") + OTHERS, encoding="utf-8")
    return embedseq.run(path, store=file.parent / "store", jobs=1, only=["train "])


def again(file: Path, *overrides: str, **options: Any) -> embedseq.Run:
    return embedseq.run(file, overrides=overrides, store=file.parent / "store", jobs=1, **options)


def graph(file: Path, *overrides: str) -> dict[str, Node]:
    return {node.id: node for node in build_graph(read_pipeline(file, overrides=overrides))}


def with_status(run: embedseq.Run, *statuses: str) -> set[str]:
    return {name for name, node in run.record.nodes.items() if node.status in statuses}


def key(run: embedseq.Run, node: str) -> str | None:
    return run.record.nodes[node].key


# What is tried and chosen.


def test_silly_rates_lose_and_a_trial_that_diverges_fails_nothing(tuned: embedseq.Run) -> None:
    assert tuned.failures == {}
    assert tuned.exit_code == 0
    assert tuned.chosen == {"translator[rnn]": {"lr": 0.01}, "translator[gru]": {"lr": 0.01}}


def test_every_arm_has_the_same_budget(file: Path) -> None:
    nodes = graph(file, "models.translator.tune={lr: [1e-3, 1e-2, 1e-1], dropout: [0.1, 0.2, 0.3], trials: 4, epochs: 1}")
    arms = {
        cell: [node for name, node in nodes.items() if name.startswith("trial ") and f"[{cell}]" in name]
        for cell in ("rnn", "gru")
    }
    assert [len(arm) for arm in arms.values()] == [4, 4]
    tried = [[(node.spec["train"], node.spec["shape"]["dropout"], node.spec["seed"]) for node in arm] for arm in arms.values()]
    assert tried[0] == tried[1]
    assert {train["epochs"] for train, _, _ in tried[0]} == {1}
    assert {seed for _, _, seed in tried[0]} == {1}, "the lowest of the seeds, whatever their order"


def test_every_seed_is_trained_with_the_values_that_the_lowest_one_chose(tuned: embedseq.Run) -> None:
    for seed in (1, 2):
        record = tuned.record.nodes[f"train translator[gru], seed {seed}"].record
        assert record is not None
        assert (record.spec["seed"], record.spec["train"]["lr"]) == (seed, 0.01)


def test_a_setting_at_a_default_that_stands_in_no_key_can_be_chosen(tuned: embedseq.Run, others: embedseq.Run) -> None:
    assert others.chosen["accumulating"] == {"accumulate": 1}
    assert key(others, "train accumulating, seed 1") == key(tuned, "train translator[rnn], seed 1")


# What is computed.


def test_a_trial_with_the_settings_of_the_training_is_the_training(tuned: embedseq.Run) -> None:
    assert key(tuned, "train translator[gru], seed 1") == key(tuned, "trial lr=0.01, of translator[gru], seed 1")
    assert tuned.record.nodes["train translator[gru], seed 1"].status == "cached"
    assert tuned.log.seconds("train translator[gru], seed 1"), "its time is that of the trial"


def test_shorter_trials_are_stages_of_their_own(file: Path) -> None:
    nodes = graph(file, "models.translator.tune.epochs=1")
    trial, training = nodes[TRIALS[1]], nodes["train translator[rnn], seed 1"]
    assert (trial.spec["train"]["epochs"], training.spec["train"]["epochs"]) == (1, 2)


def test_a_rerun_computes_nothing_trials_that_diverged_included(file: Path, tuned: embedseq.Run) -> None:
    assert {item.status for item in plan(file, store=file.parent / "store")} == {"cached"}
    run = again(file)
    assert with_status(run, "cached") == set(tuned.record.nodes)


def test_the_plan_shows_the_trials_before_anything_is_known(file: Path, tmp_path: Path) -> None:
    planned = {item.id: item for item in plan(file, store=tmp_path / "nothing")}
    assert set(TRIALS) <= set(planned)
    assert planned["train translator[gru], seed 2"].status == "depends"
    assert "input 'choose for translator[gru]' runs first" in planned["train translator[gru], seed 2"].why


def test_another_test_split_tries_and_trains_nothing(file: Path, tuned: embedseq.Run) -> None:
    run = again(file, "data.captions.limits.test=5", only=["train"])
    assert with_status(run, "done") == {"text captions", "tokens captions"}
    assert {*TRIALS, *CHOICES} <= with_status(run, "cached")


def test_to_write_the_chosen_values_into_the_file_computes_nothing(file: Path, tuned: embedseq.Run) -> None:
    run = again(file, "models.translator.tune=null", "models.translator.train.lr=1e-2")
    assert with_status(run, "cached") == set(run.record.nodes) == set(tuned.record.nodes) - {*TRIALS, *CHOICES}


def test_a_longer_list_tries_what_is_new(tuned: embedseq.Run, others: embedseq.Run) -> None:
    of_longer = {name for name in with_status(others, "done") if "longer" in name}
    assert of_longer == {"trial lr=1e-06, of longer, seed 1", "choose for longer"}
    assert key(others, "train longer, seed 1") == key(tuned, "train translator[rnn], seed 1")


def test_only_a_model_takes_its_own_trials_along(file: Path, tuned: embedseq.Run) -> None:
    run = again(file, only=["evaluate translator[gru], seed 2"])
    trials = {name for name in run.record.nodes if name.startswith(("trial", "choose"))}
    assert trials == {*TRIALS[3:], CHOICES[1]}


class Axe(Observers):
    """Ends the run in the middle of a stage's work."""

    def __init__(self, stage: str) -> None:
        super().__init__()
        self.stage = stage

    def note(self, event: Event) -> None:
        if event.node == self.stage and event.what == "progress":
            raise InterruptedError


def test_a_run_that_was_broken_off_ends_in_the_bytes_of_one_that_was_not(file: Path, tuned: embedseq.Run, tmp_path: Path) -> None:
    options: dict[str, Any] = {"store": tmp_path / "store", "jobs": 1, "only": ["train translator[rnn], seed 1"]}
    with pytest.raises(InterruptedError):
        embedseq.run(file, observer=Axe(TRIALS[1]), **options)
    resumed = embedseq.run(file, **options)
    assert resumed.failures == {}
    assert {name: node.digest for name, node in resumed.record.nodes.items()} == {
        name: tuned.record.nodes[name].digest for name in resumed.record.nodes
    }


# What fails.


def test_where_all_trials_diverge_the_arm_fails_with_a_clear_message_and_no_other(others: embedseq.Run) -> None:
    assert others.exit_code == 1
    assert list(others.failures) == ["choose for hopeless"]
    message = others.failures["choose for hopeless"]
    assert message.startswith("No value could be chosen, since training failed in each of the 2 trials:\n  lr=1e+30: Training ")
    assert "Try a lower `lr`" in message
    assert with_status(others, "skipped") == {"train hopeless, seed 1"}
    assert "training failed in each of the 2 trials" in others.text()


def test_a_model_with_the_settings_of_a_diverged_trial_fails_at_once_and_its_report_says_why(
    file: Path, tuned: embedseq.Run
) -> None:
    run = again(file, "models.translator.tune=null", "models.translator.train.lr=1e30", "seeds=[1]", only=["translator[rnn]"])
    assert list(run.failures) == ["train translator[rnn], seed 1"]
    assert run.failures["train translator[rnn], seed 1"].startswith("Training ")
    assert with_status(run, "done") == set()


# What is asked and told.


def test_a_tuned_model_answers_like_any_other_and_trials_are_no_models(tuned: embedseq.Run, embedseq_command: Any) -> None:
    assert list(tuned.models) == ["translator[rnn]", "translator[gru]"]
    assert len(tuned.models["translator[gru]"].translate(["a dog", "a man"])) == 2
    answer = embedseq_command("similar", "man", "--store", tuned.store.root, "--run", tuned.name, "--top", 2)
    assert answer.code == 0
    assert "trial" not in answer.out
    assert {row["subject"] for row in tuned.summary} == {"translator[rnn]", "translator[gru]"}


def tuning_of(run: embedseq.Run, label: str) -> TuningFacts:
    found = next(arm.tuning for arm in run.content().arms if arm.label == label)
    assert found is not None
    return found


def test_the_report_has_every_trial_and_what_was_chosen(tuned: embedseq.Run) -> None:
    facts = tuning_of(tuned, "translator[gru]")
    assert (facts.fields, facts.seed, facts.length, facts.edges) == (("lr",), 1, "2 epochs", ())
    assert [trial.values for trial in facts.trials] == [("1e-07",), ("0.01",), ("1e+30",)]
    assert [trial.chosen for trial in facts.trials] == [False, True, False]
    losses = [trial.loss for trial in facts.trials]
    assert losses[2] is None
    history = next(arm for arm in tuned.content().arms if arm.label == "translator[gru]").seeds[1].curve
    assert losses[1] == min(point.valid_loss for point in history)
    page = tuned.report.read_text(encoding="utf-8")
    assert all(title in page for title in ("Tuning: what was chosen", "Tuning: all trials"))
    assert "| translator[gru] | 0.01 |" in tuned.text()


def test_a_choice_at_the_end_of_its_list_is_told_with_advice(file: Path, tuned: embedseq.Run) -> None:
    run = again(file, "models.translator.tune.lr=[1e-7, 1e-2]")
    assert tuning_of(run, "translator[rnn]").edges == ("lr 0.01, the largest of its list",)
    told = "translator[rnn] and translator[gru] chose lr 0.01, the largest of its list: a better value may lie beyond; widen"
    assert told in run.text()


def test_the_list_of_runs_says_what_was_chosen(tuned: embedseq.Run, embedseq_command: Any) -> None:
    lines: Sequence[str] = embedseq_command("runs", "--store", tuned.store.root).out.split("\n")
    place = next(number for number, line in enumerate(lines) if line.startswith(f"{tuned.name} "))
    assert lines[place + 1 : place + 3] == ["  translator[rnn] was tuned to lr 0.01", "  translator[gru] was tuned to lr 0.01"]
