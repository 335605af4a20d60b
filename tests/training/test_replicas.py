"""Several processes train as one does, exactly alike each time, and do not leave anyone behind."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from process_states import PROCESSES, alive
from test_loop import batches, sentences, tiny, weights

from embedseq.errors import WorkError
from embedseq.forked import Forked
from embedseq.models.seq2seq import Seq2Seq
from embedseq.seeds import stream
from embedseq.text.batches import Batch
from embedseq.training.gradients import Gradients, Part
from embedseq.training.history import History
from embedseq.training.loop import TrainingData, train
from embedseq.training.progress import Progress, Standing
from embedseq.training.replicas import Replicas
from embedseq.training.settings import TrainSettings

BASE = {"epochs": 2, "batch_tokens": 60, "lr": 0.01, "label_smoothing": 0.1}


@pytest.fixture
def data(tmp_path: Path) -> TrainingData:
    """The last batch is one long sentence, of which all but one process have nothing."""
    texts = [*sentences(40, seed=1), [5] * 70]
    return TrainingData(batches(tmp_path / "train", texts), batches(tmp_path / "valid", sentences(9, seed=2)))


def trained(
    model: Seq2Seq, data: TrainingData, fields: dict[str, Any], progress: Progress | None = None, folder: Path | None = None
) -> History:
    return train(model, data, TrainSettings.model_validate({**BASE, **fields}), 1, progress, folder, save_seconds=0.0)


@pytest.mark.parametrize("architecture", ["gru", "transformer"])
@pytest.mark.parametrize("further", [{}, {"accumulate": 3}, {"teacher_forcing": 0.5}])
def test_without_dropout_three_processes_learn_what_one_learns(
    data: TrainingData, architecture: str, further: dict[str, Any]
) -> None:
    models = [tiny(architecture, dropout=0.0).double() for _ in range(2)]
    alone, together = (
        trained(model, data, {**further, "replicas": replicas}) for model, replicas in zip(models, (1, 3), strict=True)
    )
    for one, other in zip(alone.epochs, together.epochs, strict=True):
        assert (one.number, one.updates, one.tokens) == (other.number, other.updates, other.tokens)
        assert other.train_loss == pytest.approx(one.train_loss, abs=1e-9)
        assert other.valid_loss == pytest.approx(one.valid_loss, abs=1e-9)
        assert other.gradient_norm == pytest.approx(one.gradient_norm, abs=1e-9)
    for name, weight in models[0].state_dict().items():
        torch.testing.assert_close(models[1].state_dict()[name], weight, atol=1e-9, rtol=0)


@pytest.mark.usefixtures("saved_at_each_update")
def test_with_dropout_it_repeats_bit_for_bit_and_goes_on_where_it_was_interrupted(data: TrainingData, tmp_path: Path) -> None:
    models = [tiny() for _ in range(3)]
    first, second = (trained(model, data, {"replicas": 2}) for model in models[:2])
    assert first == second
    assert weights(models[0]) == weights(models[1])

    def interrupted(standing: Standing) -> None:
        if standing.update == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(tiny(), data, {"replicas": 2}, interrupted, tmp_path / "checkpoint")
    assert [path.name for path in (tmp_path / "checkpoint").iterdir()] == ["update-6-of-epoch-2"]
    assert trained(models[2], data, {"replicas": 2}, None, tmp_path / "checkpoint") == first
    assert weights(models[2]) == weights(models[0])


@pytest.mark.skipif(not PROCESSES.exists(), reason="processes are found in /proc")
def test_where_a_process_cannot_be_started_the_others_end_and_the_weights_come_back(
    data: TrainingData, monkeypatch: pytest.MonkeyPatch
) -> None:
    from embedseq.training import replicas

    real, started = replicas.Forked, list[int]()

    def second_fails(number: int, serve: Callable[[int, int], None]) -> Forked:
        if number == 2:
            raise MemoryError
        other = real(number, serve)
        started.append(other.process)
        return other

    monkeypatch.setattr(replicas, "Forked", second_fails)
    model = tiny()
    before = weights(model)
    with pytest.raises(MemoryError), Replicas(model, data.train, TrainSettings(replicas=3), 1):
        pass
    assert len(started) == 1
    assert not any(map(alive, started))
    assert weights(model) == before


def test_the_first_process_has_never_more_than_its_part_of_a_batch(data: TrainingData, monkeypatch: pytest.MonkeyPatch) -> None:
    model, seen = tiny(), list[int]()
    real = model.predict

    def predict(batch: Batch) -> Any:
        if model.training:
            seen.append(len(batch.rows))
        return real(batch)

    monkeypatch.setattr(model, "predict", predict)
    trained(model, data, {"replicas": 2, "epochs": 1})
    rows = [len(batch.rows) for batch in data.train.epoch(stream(1, "order", 1))]
    assert seen == [-(-number // 2) for number in (rows[0], *rows)]  # in the look before the first update, too
    assert rows[0] > 1


def test_each_process_drops_something_else(data: TrainingData) -> None:
    """Otherwise equal sentences in both parts of a batch would lose the same numbers."""
    settings, batch = TrainSettings.model_validate(BASE), next(iter(data.train.epoch(1)))
    twice = Batch(*(torch.cat((part[:1], part[:1])) for part in (batch.rows, batch.source, batch.source_valid)), *(
        torch.cat((part[:1], part[:1])) for part in (batch.target_in, batch.target_out, batch.target_valid)
    ))  # fmt: skip
    losses = [float(Gradients(tiny().train(), settings, 1, Part(number, 2)).add([twice], 1)[0]) for number in range(2)]
    assert losses[0] != losses[1]


def test_gradual_vectors_are_trained_by_all_from_their_epoch_on(data: TrainingData) -> None:
    models = [tiny("lstm", dropout=0.0).double() for _ in range(2)]
    for model in models:
        model.target.trained.requires_grad_(False)
        model.set_epoch = lambda epoch, of=model: of.target.trained.requires_grad_(epoch > 1)  # type: ignore[method-assign]
    alone, together = (trained(model, data, {"replicas": count}) for model, count in zip(models, (1, 2), strict=True))
    assert together.epochs[-1].valid_loss == pytest.approx(alone.epochs[-1].valid_loss, abs=1e-9)
    torch.testing.assert_close(models[1].target.trained, models[0].target.trained, atol=1e-9, rtol=0)


def test_one_that_is_killed_ends_the_training_with_a_word_and_leaves_no_other(data: TrainingData) -> None:
    model, settings = tiny(), TrainSettings.model_validate({**BASE, "replicas": 3})
    with pytest.raises(WorkError, match=r"replica 2, a process .* ended before its work was done"):  # noqa: SIM117, PT012
        with Replicas(model, data.train, settings, 1) as replicas:
            processes = [other.forked.process for other in replicas._others]
            replicas.begin(1, 0, 1)
            replicas.end()
            os.kill(processes[1], signal.SIGKILL)
            replicas.begin(1, 1, 2)
            replicas.end()
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_what_goes_wrong_in_another_process_is_told(data: TrainingData) -> None:
    model, settings = tiny(), TrainSettings.model_validate({**BASE, "replicas": 2})
    with Replicas(model, data.train, settings, 1) as replicas:
        replicas.begin(1, 10_000, 1)
        with pytest.raises(WorkError, match="replica 1 failed: StopIteration"):
            replicas.end()


def test_weights_are_the_models_own_again_afterwards(data: TrainingData) -> None:
    model = tiny()
    parameters = list(model.parameters())
    trained(model, data, {"replicas": 2, "max_updates": 2})
    assert all(one is other for one, other in zip(model.parameters(), parameters, strict=True))
    again = tiny()
    again.load_state_dict(model.state_dict())
    assert weights(again) == weights(model)


def test_replicas_have_one_thread_each() -> None:
    with pytest.raises(ValueError, match="expected threads: 1 beside replicas: 2, found 2"):
        TrainSettings.model_validate({"replicas": 2, "threads": 2})
    assert TrainSettings(replicas=3).cores == 3


@given(st.integers(1, 5))
def test_the_parts_of_a_batch_are_all_of_it(of: int) -> None:
    rows = torch.arange(7)
    batch = Batch(rows, rows[:, None], rows[:, None] > 0, rows[:, None], rows[:, None], rows[:, None] >= 0)
    parts = [batch.every(number, of) for number in range(of)]
    assert sorted(torch.cat([part.rows for part in parts]).tolist()) == rows.tolist()
    assert all(torch.equal(part.source.squeeze(1), part.rows) for part in parts)
