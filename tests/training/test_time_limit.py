"""Training that ends by the clock."""

import math
from pathlib import Path

import pytest
from test_loop import Killed, killed_at, tiny

from embedseq.training.duration import minutes
from embedseq.training.loop import TrainingData, train
from embedseq.training.progress import Standing
from embedseq.training.schedule import learning_rate
from embedseq.training.settings import TrainSettings
from embedseq.training.time_limit import TimeLimit


class Watch:
    """A clock that goes on by `step` seconds with each update."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, step: float) -> None:
        self.now, self.step = 100.0, step
        monkeypatch.setattr("embedseq.training.time_limit.time.monotonic", lambda: self.now)

    def tell(self, standing: Standing) -> None:
        if standing.valid_loss is None:
            self.now += self.step


@pytest.mark.parametrize(
    ("written", "expected"), [(25, 25.0), (0.5, 0.5), ("25 min", 25.0), ("1.5h", 90.0), (" 90 s ", 1.5), ("2. min", 2.0)]
)
def test_a_time_is_minutes_or_has_a_unit(written: float | str, expected: float) -> None:
    assert minutes(written) == expected
    assert TrainSettings.model_validate({"max_time": written}, strict=False).minutes == expected


@pytest.mark.parametrize("written", ["25 weeks", "min", "", "-3 min", "1e3 s", "0 s"])
def test_what_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"expected (minutes, or a number with one of the units s, min, h|a time above 0)"):
        minutes(written)


def test_training_ends_with_the_update_in_which_its_time_is_over_and_validates(
    data: TrainingData,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watch = Watch(monkeypatch, 1.0)
    per_epoch = len(data.train)
    settings = TrainSettings(epochs=50, max_time=f"{per_epoch + 3} s")
    history = train(tiny(), data, settings, 7, watch.tell)
    assert [epoch.updates for epoch in history.epochs] == [per_epoch, per_epoch + 3]
    assert (history.ended_by_time, history.stopped_early) == (True, False)
    assert history.to_json()["repeatable"] is False


def test_the_rate_that_is_told_is_that_of_the_last_update(data: TrainingData, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock goes on while the model is validated, and at the end the time is over."""
    watch, rates = Watch(monkeypatch, 1.0), list[float]()
    monkeypatch.setattr("embedseq.training.loop.Optimiser.step", lambda optimiser, rate: rates.append(rate))
    settings = TrainSettings(epochs=50, max_time=f"{len(data.train) + 3} s", schedule="cosine")
    history = train(tiny(), data, settings, 7, watch.tell)
    assert [epoch.learning_rate for epoch in history.epochs] == [rates[len(data.train) - 1], rates[-1]]
    assert min(rates) > 0.0


def test_a_limit_that_is_not_reached_changes_no_weight_but_is_told(data: TrainingData) -> None:
    free, limited = tiny(), tiny()
    train(free, data, TrainSettings(epochs=2), 7)
    history = train(limited, data, TrainSettings(epochs=2, max_time="10 h"), 7)
    assert all((a == b).all() for a, b in zip(free.state_dict().values(), limited.state_dict().values(), strict=True))
    assert (history.ended_by_time, history.to_json()["repeatable"]) == (False, False)
    assert "repeatable" not in train(tiny(), data, TrainSettings(epochs=1), 7).to_json()


def test_where_there_is_time_for_nothing_one_update_is_made(data: TrainingData, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(monkeypatch, 9.0)
    history = train(tiny(), data, TrainSettings(max_time="1 s"), 7, watch.tell)
    assert [epoch.updates for epoch in history.epochs] == [1]
    assert history.best_epoch == 1


@pytest.mark.usefixtures("saved_at_each_update")
def test_the_time_before_a_kill_is_counted(data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(monkeypatch, 1.0)
    settings = TrainSettings(epochs=50, max_time="11 s")

    def tell(standing: Standing) -> None:
        killed_at(6)(standing)
        watch.tell(standing)

    with pytest.raises(Killed):
        train(tiny(), data, settings, 7, tell, tmp_path / "saved", save_seconds=0.0)
    watch.now += 1000.0  # nobody trained
    history = train(tiny(), data, settings, 7, watch.tell, tmp_path / "saved")
    assert history.updates == 11


def test_a_cosine_comes_down_with_the_time_or_the_updates_whichever_is_further() -> None:
    settings = TrainSettings(schedule="cosine", lr=1.0)
    assert learning_rate(settings, 50, 100) == pytest.approx(0.5)
    assert learning_rate(settings, 10, 100, time=0.5) == pytest.approx(0.5)
    assert learning_rate(settings, 50, 100, time=0.1) == pytest.approx(0.5)
    assert learning_rate(settings, 10, 100, time=1.0) == pytest.approx(0.0)
    others = ("constant", "inverse-sqrt", "plateau")
    assert all(
        learning_rate(settings.model_copy(update={"schedule": name}), 10, 100, time=0.9)
        == learning_rate(settings.model_copy(update={"schedule": name}), 10, 100)
        for name in others
    )


def test_without_a_limit_time_is_never_over() -> None:
    limit = TimeLimit(None)
    assert (limit.out, limit.share) == (False, 0.0)
    assert not math.isnan(limit.spent)
