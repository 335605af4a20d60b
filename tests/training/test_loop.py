import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from embedseq.decoding.settings import SearchSettings
from embedseq.decoding.translate import translate
from embedseq.errors import DivergedError, RequestError, WorkError
from embedseq.models.build import HandedOver, Sizes, build_seq2seq
from embedseq.models.seq2seq import Seq2Seq
from embedseq.models.settings import ModelShape
from embedseq.text.batches import TokenBatches
from embedseq.text.encoded import Encoded
from embedseq.training.checkpoint import Checkpoint, write_checkpoint
from embedseq.training.failures import rows_at_fault, some_at_fault
from embedseq.training.history import History
from embedseq.training.loop import TrainingData, train, valid_loss
from embedseq.training.progress import SavePace, Standing
from embedseq.training.settings import TrainSettings

VOCABULARY = 14
WORDS = range(4, VOCABULARY)


def sentences(count: int, seed: int) -> list[list[int]]:
    random = np.random.default_rng(seed)
    return [random.integers(min(WORDS), VOCABULARY, size=random.integers(1, 8)).tolist() for _ in range(count)]


def batches(folder: Path, sources: list[list[int]], batch_tokens: int = 60) -> TokenBatches:
    """Each target is its source backwards."""
    folder.mkdir(exist_ok=True)
    source = Encoded.write(folder / "source", sources)
    target = Encoded.write(folder / "target", [sentence[::-1] for sentence in sources])
    return TokenBatches(source, target, batch_tokens)


def tiny(architecture: str = "gru", seed: int = 1, **fields: object) -> Seq2Seq:
    shape = ModelShape.model_validate({"architecture": architecture, "dim": 16, "heads": 2, "dropout": 0.2, **fields})
    return build_seq2seq(shape, Sizes(VOCABULARY, VOCABULARY), HandedOver(), seed)


def weights(model: Seq2Seq) -> dict[str, bytes]:
    return {name: tensor.numpy().tobytes() for name, tensor in model.state_dict().items()}


def stop_after(epochs: int) -> Callable[[Standing], None]:
    """Interrupts in the middle of the epoch after so many."""
    seen = 0

    def progress(standing: Standing) -> None:
        nonlocal seen
        seen += standing.epoch > epochs
        if seen == 2:
            raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize("architecture", ["gru", "transformer"])
def test_a_tiny_model_learns_twenty_pairs_by_heart_and_translates_them_back(architecture: str, tmp_path: Path) -> None:
    sources = sentences(20, 3)
    pairs = batches(tmp_path / "pairs", sources, batch_tokens=200)
    model = tiny(architecture, dim=32, dropout=0.0)
    settings = TrainSettings(epochs=80, lr=1.5e-2, warmup=20, schedule="inverse-sqrt", early_stopping=None)
    history = train(model, TrainingData(pairs, pairs), settings, seed=1)
    assert min(epoch.valid_loss for epoch in history.epochs) < 0.02
    found = translate(model, sources, SearchSettings(beam=3), batch_tokens=50)
    assert [best[0].tokens for best in found] == [tuple(sentence[::-1]) for sentence in sources]


@pytest.mark.usefixtures("saved_at_each_update")
@pytest.mark.parametrize("architecture", ["lstm", "transformer"])
@pytest.mark.parametrize("teacher_forcing", [1.0, 0.5])
def test_an_interrupted_training_ends_in_the_bytes_of_an_undisturbed_one(
    architecture: str, teacher_forcing: float, data: TrainingData, tmp_path: Path
) -> None:
    settings = TrainSettings(epochs=5, warmup=6, schedule="cosine", label_smoothing=0.1, teacher_forcing=teacher_forcing)
    undisturbed = tiny(architecture)
    expected = train(undisturbed, data, settings, seed=7)
    for epochs in (1, 3):
        with pytest.raises(KeyboardInterrupt):
            train(tiny(architecture), data, settings, 7, stop_after(epochs), tmp_path / "checkpoint", save_seconds=0.0)
        assert [path.name.rpartition("-")[2] for path in (tmp_path / "checkpoint").iterdir()] == [f"{epochs + 1}"]
    resumed = tiny(architecture, seed=99)
    history = train(resumed, data, settings, seed=7, checkpoint=tmp_path / "checkpoint")
    assert history == expected
    assert weights(resumed) == weights(undisturbed)
    again = tiny(architecture, seed=98)
    assert train(again, data, settings, seed=7, checkpoint=tmp_path / "checkpoint") == expected
    assert weights(again) == weights(undisturbed)


class Killed(BaseException):
    """Nothing in the loop catches it."""


def killed_at(update: int) -> Callable[[Standing], None]:
    def progress(standing: Standing) -> None:
        if standing.update == update and standing.valid_loss is None:
            raise Killed

    return progress


@pytest.mark.usefixtures("saved_at_each_update")
@pytest.mark.parametrize("architecture", ["lstm", "transformer"])
def test_a_run_that_is_killed_at_every_single_update_ends_in_the_same_bytes(
    architecture: str, data: TrainingData, tmp_path: Path
) -> None:
    """It is saved after each update, killed at the next one, and goes on: in the middle of epochs and at their ends."""
    settings = TrainSettings(epochs=3, warmup=3, schedule="inverse-sqrt", label_smoothing=0.1)
    undisturbed = tiny(architecture)
    expected = train(undisturbed, data, settings, seed=7)
    last = expected.epochs[-1].updates
    for update in range(2, last + 1):
        with pytest.raises(Killed):
            train(tiny(architecture), data, settings, 7, killed_at(update), tmp_path / "saved", save_seconds=0.0)
        (folder,) = (tmp_path / "saved").iterdir()
        assert folder.name.startswith(f"update-{update - 1}-of-epoch-")
    resumed = tiny(architecture, seed=99)
    assert train(resumed, data, settings, seed=7, checkpoint=tmp_path / "saved", save_seconds=0.0) == expected
    assert weights(resumed) == weights(undisturbed)


@pytest.mark.usefixtures("saved_at_each_update")
@pytest.mark.parametrize("step", ["save_file", "_fsync", "_write_kept", "rmtree", "rename"])
@pytest.mark.parametrize("time", [1, 3, 4, 5, 9])
def test_a_run_that_is_killed_while_it_saves_ends_in_the_same_bytes(
    step: str, time: int, data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from embedseq.training import checkpoint

    settings = TrainSettings(epochs=2)
    undisturbed = tiny()
    expected = train(undisturbed, data, settings, seed=7)
    owner = {"rmtree": checkpoint.shutil, "rename": Path}.get(step, checkpoint)
    real, calls = getattr(owner, step), 0

    def killing(*given: object, **named: object) -> object:
        nonlocal calls
        calls += 1
        if calls == time:
            raise Killed
        return real(*given, **named)

    monkeypatch.setattr(owner, step, killing)
    with pytest.raises(Killed):
        train(tiny(), data, settings, seed=7, checkpoint=tmp_path / "saved", save_seconds=0.0)
    monkeypatch.setattr(owner, step, real)
    resumed = tiny()
    assert train(resumed, data, settings, seed=7, checkpoint=tmp_path / "saved") == expected
    assert weights(resumed) == weights(undisturbed)


@pytest.mark.usefixtures("saved_at_each_update")
@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_a_run_that_is_killed_while_it_validates_ends_in_the_same_bytes(
    epoch: int, data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All updates of the epoch are saved then, and none is left to be made."""
    from embedseq.training import loop

    settings = TrainSettings(epochs=3)
    undisturbed = tiny()
    expected = train(undisturbed, data, settings, seed=7)
    validated = 0

    def killing(*given: object) -> float:
        nonlocal validated
        validated += 1
        if validated == epoch:
            raise Killed
        return valid_loss(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(loop, "valid_loss", killing)
    with pytest.raises(Killed):
        train(tiny(), data, settings, 7, checkpoint=tmp_path / "saved", save_seconds=0.0)
    monkeypatch.setattr(loop, "valid_loss", valid_loss)
    (folder,) = (tmp_path / "saved").iterdir()
    assert folder.name == f"update-{expected.epochs[epoch - 1].updates}-of-epoch-{epoch}"
    resumed = tiny(seed=99)
    assert train(resumed, data, settings, seed=7, checkpoint=tmp_path / "saved") == expected
    assert weights(resumed) == weights(undisturbed)


def test_saving_waits_until_it_costs_little(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("embedseq.training.progress.time.perf_counter", lambda: now)
    pace = SavePace(10.0)
    now = 9.0
    assert not pace.due()
    now = 10.0
    assert pace.due()
    with pace.saving():
        now = 11.0  # it took a second: fifty must go by
    now = 60.0
    assert not pace.due()
    now = 61.0
    assert pace.due()


def test_the_first_time_waits_for_as_long_as_its_bytes_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("embedseq.training.progress.time.perf_counter", lambda: now)
    pace = SavePace(10.0, size=2 * 10**8)  # two seconds, perhaps: a hundred must go by
    now = 99.0
    assert not pace.due()
    assert not pace.cheap()
    now = 100.0
    assert pace.due()
    now = 0.0
    pace = SavePace(10.0, size=10**12)  # as large as it may be, the first one comes in the end
    now = 299.0
    assert not pace.due()
    now = 300.0
    assert pace.due()


@pytest.mark.usefixtures("saved_at_each_update")
@pytest.mark.parametrize("settings", [{}, {"moving_average": 0.9}])
def test_training_knows_how_large_its_first_checkpoint_is(
    settings: dict[str, Any], data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = list[int]()

    class Noted(SavePace):
        def __init__(self, seconds: float, size: int) -> None:
            sizes.append(size)
            super().__init__(seconds, size)

    monkeypatch.setattr("embedseq.training.loop.SavePace", Noted)
    train(tiny(dim=64), data, TrainSettings(epochs=1, **settings), seed=7, checkpoint=tmp_path)
    (folder,) = tmp_path.glob("update-*")
    assert sum(path.stat().st_size for path in folder.iterdir()) == pytest.approx(sizes[0], rel=0.1)


def test_short_epochs_are_not_saved_one_by_one(data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = list[int]()
    monkeypatch.setattr("embedseq.training.progress.FIRST_SAVE", 0.0)
    monkeypatch.setattr("embedseq.training.progress.BYTES_PER_SECOND", math.inf)

    def counted(folder: Path, checkpoint: Checkpoint, identity: Mapping[str, Any]) -> None:
        saved.append(len(checkpoint.history.epochs))
        write_checkpoint(folder, checkpoint, identity)

    monkeypatch.setattr("embedseq.training.loop.write_checkpoint", counted)
    train(tiny(), data, TrainSettings(epochs=5), seed=7, checkpoint=tmp_path)
    assert saved == [5]
    again = tiny(seed=99)
    train(again, data, TrainSettings(epochs=5), seed=7, checkpoint=tmp_path)
    assert saved == [5]


def test_a_training_that_is_over_before_saving_is_cheap_is_not_saved(
    data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedseq.training.progress.FIRST_SAVE", 100.0)
    train(tiny(), data, TrainSettings(epochs=1), seed=7, checkpoint=tmp_path / "saved")
    assert not (tmp_path / "saved").exists()


@pytest.mark.parametrize("architecture", ["lstm", "transformer"])
def test_accumulated_gradients_are_those_of_one_large_batch(architecture: str, data: TrainingData, tmp_path: Path) -> None:
    """Sums over the global number of tokens, not a mean of means: batches differ in size, and the last group is smaller."""
    shared = {"lr": 0.01, "label_smoothing": 0.1, "clip": 0.5}
    small = batches(tmp_path / "small", sentences(60, 1), batch_tokens=30)
    large = batches(tmp_path / "large", sentences(60, 1), batch_tokens=10_000)
    assert len(large) == 1
    found = []
    for train_split, settings in (
        (large, TrainSettings(epochs=3, **shared)),
        (small, TrainSettings(epochs=3, accumulate=len(small), **shared)),
        (small, TrainSettings(epochs=3, accumulate=len(small) + 5, **shared)),
    ):
        model = tiny(architecture, dropout=0.0).double()
        history = train(model, TrainingData(train_split, data.valid), settings, seed=3)
        assert [epoch.updates for epoch in history.epochs] == [1, 2, 3]
        assert history.epochs[0].tokens == 274
        found.append((model.state_dict(), history))
    for weights_of, history in found[1:]:
        for name, weight in weights_of.items():
            torch.testing.assert_close(weight, found[0][0][name], rtol=1e-7, atol=1e-9)
        for epoch, expected in zip(history.epochs, found[0][1].epochs, strict=True):
            assert epoch.train_loss == pytest.approx(expected.train_loss, rel=1e-9)
            assert epoch.gradient_norm == pytest.approx(expected.gradient_norm, rel=1e-9)


@pytest.mark.usefixtures("saved_at_each_update")
def test_accumulation_resumes_between_updates_in_the_same_bytes(data: TrainingData, tmp_path: Path) -> None:
    settings = TrainSettings(epochs=2, accumulate=4, teacher_forcing=0.5)
    undisturbed = tiny()
    expected = train(undisturbed, data, settings, seed=7)
    assert expected.epochs[-1].updates == 2 * math.ceil(len(data.train) / 4)
    with pytest.raises(Killed):
        train(tiny(), data, settings, 7, killed_at(2), tmp_path / "saved", save_seconds=0.0)
    resumed = tiny(seed=99)
    assert train(resumed, data, settings, seed=7, checkpoint=tmp_path / "saved") == expected
    assert weights(resumed) == weights(undisturbed)


@pytest.mark.usefixtures("saved_at_each_update")
def test_a_plateau_halves_the_rate_also_of_a_run_that_was_killed(data: TrainingData, tmp_path: Path) -> None:
    settings = TrainSettings(epochs=12, lr=0.05, schedule="plateau", plateau=1, early_stopping=None)
    undisturbed = tiny()
    expected = train(undisturbed, data, settings, seed=7)
    rates = [epoch.learning_rate for epoch in expected.epochs]
    best, halvings = math.inf, 0
    for epoch, rate in zip(expected.epochs, rates, strict=True):
        assert rate == 0.05 / 2**halvings
        halvings += epoch.valid_loss >= best
        best = min(best, epoch.valid_loss)
    assert rates[-1] < rates[0]
    update = expected.epochs[-2].updates + 2
    with pytest.raises(Killed):
        train(tiny(), data, settings, 7, killed_at(update), tmp_path / "saved", save_seconds=0.0)
    resumed = tiny(seed=99)
    assert train(resumed, data, settings, seed=7, checkpoint=tmp_path / "saved") == expected
    assert weights(resumed) == weights(undisturbed)


@pytest.mark.usefixtures("saved_at_each_update")
@pytest.mark.parametrize("average", [1, 3, 9])
def test_the_last_epochs_are_averaged_also_by_a_run_that_was_killed(average: int, data: TrainingData, tmp_path: Path) -> None:
    """Against the weights of trainings that end after each of the epochs: the rate is constant, so that they are the same."""
    ends = []
    for epochs in range(1, 6):
        model = tiny()
        train(model, data, TrainSettings(epochs=epochs, average=1, early_stopping=None), seed=7)
        ends.append(model.state_dict())
    settings = TrainSettings(epochs=5, average=average, early_stopping=None)
    with pytest.raises(Killed):
        train(tiny(), data, settings, 7, killed_at(21), tmp_path / "saved", save_seconds=0.0)
    resumed = tiny(seed=99)
    history = train(resumed, data, settings, seed=7, checkpoint=tmp_path / "saved")
    assert len(history.epochs) == 5
    for name, weight in resumed.state_dict().items():
        expected = torch.stack([each[name].double() for each in ends[-average:]]).mean(dim=0)
        torch.testing.assert_close(weight.double(), expected, rtol=1e-6, atol=1e-7)
    undisturbed = tiny()
    train(undisturbed, data, settings, seed=7)
    assert weights(resumed) == weights(undisturbed)


@pytest.mark.usefixtures("saved_at_each_update")
def test_a_checkpoint_that_was_being_written_is_passed_over(data: TrainingData, tmp_path: Path) -> None:
    settings = TrainSettings(epochs=3)
    model = tiny()
    expected = train(model, data, settings, seed=7)
    with pytest.raises(KeyboardInterrupt):
        train(tiny(), data, settings, 7, stop_after(1), tmp_path, save_seconds=0.0)
    writing = tmp_path / "writing-update-99-of-epoch-2"
    writing.mkdir()
    (writing / "weights.safetensors").write_bytes(b"half")
    resumed = tiny()
    assert train(resumed, data, settings, seed=7, checkpoint=tmp_path) == expected
    assert weights(resumed) == weights(model)
    writing.mkdir(exist_ok=True)
    train(tiny(), data, TrainSettings(epochs=3), seed=7, checkpoint=tmp_path)


@pytest.mark.usefixtures("saved_at_each_update")
def test_a_checkpoint_of_another_run_is_refused(data: TrainingData, tmp_path: Path) -> None:
    train(tiny(), data, TrainSettings(epochs=1), seed=7, checkpoint=tmp_path)
    with pytest.raises(RequestError, match=r"its lr is 0\.001, here it is 0\.01"):
        train(tiny(), data, TrainSettings(epochs=1, lr=0.01), seed=7, checkpoint=tmp_path)
    with pytest.raises(RequestError, match="its seed is 7, here it is 8"):
        train(tiny(), data, TrainSettings(epochs=1), seed=8, checkpoint=tmp_path)


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(data: TrainingData) -> None:
    settings = TrainSettings(epochs=2)
    models = [tiny(), tiny(), tiny()]
    torch.manual_seed(0)
    histories = [train(models[0], data, settings, seed=5)]
    torch.manual_seed(1)
    histories += [train(models[1], data, settings, seed=5), train(models[2], data, settings, seed=6)]
    assert histories[0] == histories[1] != histories[2]
    assert weights(models[0]) == weights(models[1]) != weights(models[2])


def test_the_global_generator_is_left_as_it_was(data: TrainingData) -> None:
    before = torch.get_rng_state()
    train(tiny(), data, TrainSettings(epochs=1), seed=5)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_history_is_json_and_comes_back(data: TrainingData) -> None:
    history = train(tiny(), data, TrainSettings(epochs=2), seed=5)
    assert History.from_json(json.loads(json.dumps(history.to_json()))) == history


def test_the_best_epochs_weights_end_up_in_the_model(data: TrainingData) -> None:
    model = tiny()
    history = train(model, data, TrainSettings(epochs=40, lr=0.03, early_stopping=None), seed=5)
    best = min(epoch.valid_loss for epoch in history.epochs)
    assert history.epochs[-1].valid_loss > best
    assert valid_loss(model, data.valid) == best
    assert not model.training


def test_training_stops_when_the_validation_loss_no_longer_falls(data: TrainingData) -> None:
    history = train(tiny(), data, TrainSettings(epochs=200, lr=0.03, early_stopping=2), seed=5)
    assert history.stopped_early
    assert len(history.epochs) == history.best_epoch + 2 < 200


def test_training_makes_no_more_updates_than_asked(data: TrainingData) -> None:
    per_epoch = len(data.train)
    history = train(tiny(), data, TrainSettings(epochs=9, max_updates=per_epoch + 2), seed=5)
    assert [epoch.updates for epoch in history.epochs] == [per_epoch, per_epoch + 2]
    assert not history.stopped_early


def test_progress_counts_updates_and_reports_each_epoch(data: TrainingData) -> None:
    seen: list[Standing] = []
    history = train(tiny(), data, TrainSettings(epochs=2), 5, seen.append)
    assert [s.update for s in seen if s.valid_loss is None] == list(range(1, 2 * len(data.train) + 1))
    assert [s.valid_loss for s in seen if s.valid_loss is not None] == [epoch.valid_loss for epoch in history.epochs]
    assert all(s.updates == 2 * len(data.train) and s.tokens_per_second > 0 for s in seen)
    assert seen[-1].seconds_left == 0


def test_a_loss_that_is_no_number_names_epoch_update_and_rows(data: TrainingData) -> None:
    model = tiny()
    with torch.no_grad():
        model.target.trained.fill_(torch.nan)
    with pytest.raises(WorkError, match=r"epoch 1, update 1: .*nan.* learning rate was 0\.001; the batch held rows \d+, "):
        train(model, data, TrainSettings(epochs=1), seed=5)


def test_the_rows_at_fault_are_those_whose_own_loss_is_no_number(data: TrainingData) -> None:
    model = tiny()
    group = list(data.train.epoch(1))[:2]
    bad = int(group[1].source[0, 0])
    with torch.no_grad():
        (table,) = [each for name, each in model.source.named_parameters() if name == "trained"]
        table[model.source.trained_slot[bad]] = torch.inf
    expected = [
        row for batch in group for row, source in zip(batch.rows.tolist(), batch.source.tolist(), strict=True) if bad in source
    ]
    model.train()
    assert rows_at_fault(model, group) == expected
    assert 0 < len(expected) < sum(len(batch.rows) for batch in group)
    assert model.training
    with torch.no_grad():
        table.fill_(torch.inf)
    assert some_at_fault(model, data.train) == []  # all of them are: it is the weights


def test_a_validation_loss_that_is_no_number_names_the_rows_at_fault(tmp_path: Path) -> None:
    """A token that no training sentence has, and whose vector is no number."""
    known, bad = sentences(60, 1), max(WORDS)
    heard = [[token for token in sentence if token != bad] or [min(WORDS)] for sentence in known]
    seen = [[min(WORDS), min(WORDS) + 1], [bad, min(WORDS)], [min(WORDS)]]
    target = Encoded.write(tmp_path / "target", [[4], [5], [6]])
    valid = TokenBatches(Encoded.write(tmp_path / "source", seen), target, 60)
    model = tiny()
    with torch.no_grad():
        (table,) = [each for name, each in model.source.named_parameters() if name == "trained"]
        table[model.source.trained_slot[bad]] = torch.nan
    with pytest.raises(DivergedError, match=r"validation loss nan; .* the loss of row 2 of the validation split"):
        train(model, TrainingData(batches(tmp_path / "train", heard), valid), TrainSettings(epochs=1), seed=5)


def test_a_loss_far_above_guessing_is_divergence(data: TrainingData) -> None:
    with pytest.raises(WorkError, match=r"diverged in epoch 1, .* guessing evenly among 14 tokens costs 2\.639"):
        train(tiny("rnn", dropout=0.0), data, TrainSettings(epochs=3, lr=30.0, clip=None), seed=5)


def test_weights_do_not_change_where_there_is_no_gradient(data: TrainingData) -> None:
    model = tiny()
    model.encoder.requires_grad_(False)
    before = weights(model)
    train(model, data, TrainSettings(epochs=1, weight_decay=0.1), seed=5)
    after = weights(model)
    assert all(after[name] == before[name] for name in before if name.startswith("encoder."))
    assert any(after[name] != before[name] for name in before if name.startswith("decoder."))


@dataclass(frozen=True)
class Vectors:
    matrix: NDArray[np.float32]
    has_vector: NDArray[np.bool_]


def with_vectors(as_: str, seed: int = 1) -> Seq2Seq:
    has_vector = np.arange(VOCABULARY) > 6
    matrix = np.random.default_rng(1).normal(size=(VOCABULARY, 16)).astype(np.float32) * has_vector[:, None]
    handoff = {"from": "vectors", "as": as_, **({"from_epoch": 3} if as_ == "gradual" else {})}
    shape = ModelShape.model_validate({"architecture": "gru", "dim": 16, "embedding": {"source": handoff}})
    return build_seq2seq(shape, Sizes(VOCABULARY, VOCABULARY), HandedOver(source=Vectors(matrix, has_vector)), seed)


def test_frozen_vectors_stay_the_same_bytes_and_words_without_one_are_trained(data: TrainingData) -> None:
    model = with_vectors("frozen")
    before, digest = model.vectors("source"), model.source.frozen_digest()
    train(model, data, TrainSettings(epochs=2, weight_decay=0.1, lr=0.01), seed=5)
    after = model.vectors("source")
    assert model.source.frozen_digest() == digest
    assert after[7:].tobytes() == before[7:].tobytes()
    assert (after[4:7] != before[4:7]).all()
    assert not after[0].any()


@pytest.mark.usefixtures("saved_at_each_update")
@pytest.mark.parametrize("stopped_after", [1, 2, 3])
def test_gradual_vectors_change_from_their_epoch_on_also_after_an_interruption(
    stopped_after: int, data: TrainingData, tmp_path: Path
) -> None:
    settings = TrainSettings(epochs=4, lr=0.01)
    frozen_until: list[bool] = []
    undisturbed = with_vectors("gradual")
    start = undisturbed.vectors("source")[7:].tobytes()

    def look(standing: Standing) -> None:
        if standing.valid_loss is not None:
            frozen_until.append(undisturbed.vectors("source")[7:].tobytes() == start)

    train(undisturbed, data, settings, 5, look)
    assert frozen_until == [True, True, False, False]
    with pytest.raises(KeyboardInterrupt):
        train(with_vectors("gradual"), data, settings, 5, stop_after(stopped_after), tmp_path / "checkpoint", save_seconds=0.0)
    resumed = with_vectors("gradual", seed=99)
    train(resumed, data, settings, 5, checkpoint=tmp_path / "checkpoint")
    assert weights(resumed) == weights(undisturbed)
