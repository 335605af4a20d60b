"""Which combinations are tried, and which is chosen."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedseq.errors import WorkError
from embedseq.training.history import Epoch, History
from embedseq.training.settings import TrainSettings
from embedseq.training.tune_settings import OF_THE_SHAPE, TUNABLE, TuneSettings, written_as
from embedseq.training.tuning import Trial, at_an_edge, best_of, candidates, grid_size, in_words

GRID = {"lr": (1e-4, 1e-3, 1e-2), "dropout": (0.0, 0.3), "warmup": (0, 10, 20, 40)}


def test_the_grid_is_tried_whole_and_the_last_list_turns_fastest() -> None:
    tried = candidates(TuneSettings(lr=(1e-3, 1e-2), dropout=(0.1, 0.2, 0.3)), seed=1)
    assert [tuple(each.values()) for each in tried] == [
        (1e-3, 0.1),
        (1e-3, 0.2),
        (1e-3, 0.3),
        (1e-2, 0.1),
        (1e-2, 0.2),
        (1e-2, 0.3),
    ]
    assert in_words(tried[0]) == "lr=0.001, dropout=0.1"


@given(number=st.integers(2, 23), seed=st.integers(0, 2**32))
def test_trials_are_drawn_from_the_grid_without_repetition_in_its_order(number: int, seed: int) -> None:
    whole = candidates(TuneSettings(**GRID), seed)
    drawn = candidates(TuneSettings(**GRID, trials=number), seed)
    assert len(whole) == grid_size(TuneSettings(**GRID)) == 24
    assert len(drawn) == number
    assert list(drawn) == [each for each in whole if each in drawn]
    assert candidates(TuneSettings(**GRID, trials=number), seed) == drawn


def test_every_combination_is_drawn_equally_often() -> None:
    settings, seeds = TuneSettings(**GRID, trials=6), 2000
    counts = dict.fromkeys(map(in_words, candidates(TuneSettings(**GRID), 0)), 0)
    for seed in range(seeds):
        for each in candidates(settings, seed):
            counts[in_words(each)] += 1
    expected = seeds * 6 / 24
    deviation = math.sqrt(expected * (1 - 6 / 24))
    assert all(abs(count - expected) < 4.5 * deviation for count in counts.values())


def epoch(number: int, loss: float, score: float | None = None) -> Epoch:
    return Epoch(number, number, 10, 1.0, loss, 0.1, 1.0, score)


def test_a_trial_is_judged_by_the_validation_loss_of_its_best_epoch() -> None:
    assert Trial.of({}, History((epoch(1, 3.0), epoch(2, 2.5), epoch(3, 2.75)))).badness == 2.5


@pytest.mark.parametrize(
    ("losses", "best"),
    [([3.0, 2.0, 2.5], 1), ([2.0, 2.0, 2.0], 0), ([None, 4.0, None], 1), ([3.0, None, 2.0], 2)],
    ids=["lowest", "first of equals", "one that did not fail", "after a failed one"],
)
def test_the_lowest_loss_is_chosen_and_failed_trials_lose(losses: list[float | None], best: int) -> None:
    assert best_of([Trial({"lr": number}, loss) for number, loss in enumerate(losses)]) == best


def test_where_all_failed_it_is_said_how_each_did() -> None:
    trials = [Trial({"lr": 10.0**number}, None, failure=f"it diverged in epoch {number}") for number in range(5)]
    with pytest.raises(WorkError) as told:
        best_of(trials)
    assert str(told.value).split("\n") == [
        "No value could be chosen, since training failed in each of the 5 trials:",
        "  lr=1.0: it diverged in epoch 0",
        "  lr=10.0: it diverged in epoch 1",
        "  lr=100.0: it diverged in epoch 2",
        "  and 2 more",
    ]


@pytest.mark.parametrize(
    ("lists", "chosen", "edges"),
    [
        ({"lr": (1e-4, 1e-3, 1e-2)}, {"lr": 1e-3}, []),
        ({"lr": (1e-4, 1e-3, 1e-2)}, {"lr": 1e-2}, [("lr", "largest")]),
        ({"lr": (1e-2, 1e-4, 1e-3)}, {"lr": 1e-4}, [("lr", "smallest")]),
        ({"dropout": (0.0, 0.3)}, {"dropout": 0.0}, []),
        ({"dropout": (0.1, 0.3)}, {"dropout": 0.1}, [("dropout", "smallest")]),
        ({"teacher_forcing": (0.5, 1.0)}, {"teacher_forcing": 1.0}, []),
        ({"accumulate": (1, 2)}, {"accumulate": 1}, []),
        ({"clip": (0.5, 1.0, None)}, {"clip": 1.0}, []),
        ({"clip": (0.5, 1.0, None)}, {"clip": None}, []),
        ({"schedule": ("constant", "cosine")}, {"schedule": "cosine"}, []),
        ({"lr": (0.1, 0.2), "warmup": (5, 9)}, {"lr": 0.1, "warmup": 9}, [("lr", "smallest"), ("warmup", "largest")]),
    ],
)
def test_a_choice_at_the_end_of_its_list_is_noticed_unless_the_field_ends_there(
    lists: dict[str, Any], chosen: dict[str, Any], edges: list[tuple[str, str]]
) -> None:
    assert list(at_an_edge(lists, chosen)) == edges


def test_a_trial_comes_back_from_its_record() -> None:
    trial = Trial({"lr": 1e-3, "clip": None}, 2.25, best_epoch=3, epochs=4)
    assert Trial.from_record(json.loads(json.dumps(trial.record()))) == trial


@pytest.mark.parametrize("name", TUNABLE)
def test_whatever_is_tuned_is_a_field_with_the_same_limits(name: str) -> None:
    if name in OF_THE_SHAPE:
        return
    assert written_as(name) == f"train.{name}"
    whole, tried = (cls.model_json_schema()["properties"][name] for cls in (TrainSettings, TuneSettings))
    forms = [form for form in tried["anyOf"] if form.get("type") == "array"]
    kept = ("type", "enum", "anyOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
    assert {key: whole[key] for key in kept if key in whole} == {
        key: forms[0]["items"][key] for key in kept if key in forms[0]["items"]
    }


@pytest.mark.parametrize(("higher", "best"), [(True, 1), (False, 0)])
def test_a_named_score_decides_and_not_the_loss(higher: bool, best: int) -> None:
    def history(losses: list[float], scores: list[float]) -> History:
        pairs = enumerate(zip(losses, scores, strict=True), start=1)
        return History(tuple(epoch(number, loss, score) for number, (loss, score) in pairs), best_by="chrf", higher=higher)

    trials = [
        Trial.of({"lr": 1e-3}, history([2.0, 1.0], [10.0, 20.0])),
        Trial.of({"lr": 1e-2}, history([4.0, 3.0], [30.0, 25.0])),
        Trial({"lr": 10.0}, None, failure="it diverged"),
    ]
    assert best_of(trials) == best
    assert [(trial.best_epoch, trial.loss) for trial in trials[:2]] == ([(2, 1.0), (1, 4.0)] if higher else [(1, 2.0), (2, 3.0)])
    assert Trial.from_record(trials[0].record()) == trials[0]
