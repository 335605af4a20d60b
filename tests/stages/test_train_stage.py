"""What the training stage makes of a checkpoint that is of no use, and of a training that fails."""

import errno
import math
import re
from pathlib import Path
from typing import Any

import pytest
from corpus_artifacts import run_stages

from embedseq.errors import DivergedError, WorkError
from embedseq.models.settings import ModelShape
from embedseq.pipeline.stage import EARLIER_SECONDS, StageContext
from embedseq.pipeline.stages.train import run
from embedseq.training.settings import TrainSettings

LINES = ("the dog", "a dog sees the cat", "the cat", "a cat sees a dog", "the dog sees", "a dog")


class Killed(BaseException):
    """Nothing in the stage catches it."""


class Stage:
    """The stage in a folder, whose scratch stays from one execution to the next."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.number, self.said, self.facts = folder, 0, list[str](), dict[str, Any]()
        for split in ("train", "valid", "test"):
            lines = LINES if split == "train" else LINES[::-1]
            for side in ("source", "target"):
                (folder / f"{split}.{side}").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        files = {split: {side: f"{split}.{side}" for side in ("source", "target")} for split in ("train", "valid", "test")}
        self.tokens = run_stages(folder, {**files, "tokens": {"kind": "word"}}).tokens

    @property
    def checkpoint(self) -> Path:
        (newest,) = (self.folder / "scratch" / "checkpoint").iterdir()
        return newest

    def run(self, killed_at: int | None = None, device: str = "cpu", **fields: Any) -> dict[str, bytes]:
        """The files that it writes; what it says is in `said`, what it measures in `facts`."""
        self.number, self.said, self.facts = self.number + 1, [], {}
        output = self.folder / f"output-{self.number}"
        output.mkdir()

        def send(event: dict[str, Any]) -> None:
            if event["event"] == "log":
                self.said.append(event["message"])
            if event["event"] == "fact":
                self.facts[event["name"]] = event["value"]
            if event["event"] == "progress" and event["done"] == killed_at:
                raise Killed

        shape = ModelShape.model_validate({"architecture": "gru", "dim": 4})
        settings = TrainSettings.model_validate({"epochs": 3, "batch_tokens": 8, **fields})
        corpus = {"max_length": None, "sources": ["source"], "images": False, "stretch": None}
        spec = {"shape": shape.record(), "train": settings.record(), **corpus, "seed": 1}
        run(StageContext(spec, output, self.folder / "scratch", {"tokens": self.tokens}, execution={"device": device}, send=send))
        return {path.relative_to(output).as_posix(): path.read_bytes() for path in output.rglob("*") if path.is_file()}


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """It saves after every update, and tells of each."""
    monkeypatch.setattr("embedseq.training.progress.SavePace.due", lambda pace: True)
    monkeypatch.setattr("embedseq.pipeline.stage.PROGRESS_SECONDS", -1.0)
    return Stage(tmp_path)


@pytest.fixture
def killed(stage: Stage) -> Stage:
    with pytest.raises(Killed):
        stage.run(killed_at=4)
    assert stage.checkpoint.name == "update-3-of-epoch-1"
    return stage


@pytest.fixture
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return Stage(tmp_path_factory.mktemp("undisturbed")).run()


def test_it_goes_on_from_where_it_was_killed(killed: Stage, undisturbed: dict[str, bytes]) -> None:
    with pytest.raises(Killed):
        killed.run(killed_at=4)  # the very next update
    assert killed.run() == undisturbed
    assert goes_on_after(3, killed)
    assert killed.facts[EARLIER_SECONDS] > 0.0


def goes_on_after(updates: int, stage: Stage) -> bool:
    """Whether a stage said so, and nothing else."""
    (said,) = stage.said
    return said.startswith(f"goes on from a checkpoint after {updates} updates, which took ")


def test_the_time_of_all_parts_is_told(killed: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second part takes no time: whoever tells of the last part alone would tell of none."""
    with monkeypatch.context() as stopped:
        stopped.setattr("embedseq.training.time_limit.time.monotonic", lambda: 0.0)
        with pytest.raises(Killed):
            killed.run(killed_at=6)
    first_part = killed.facts[EARLIER_SECONDS]
    with pytest.raises(Killed):
        killed.run(killed_at=7)
    assert killed.said[0].startswith("goes on from a checkpoint after 5 updates")
    assert killed.facts[EARLIER_SECONDS] == first_part > 0.0


@pytest.mark.parametrize("between", [False, True], ids=["at once", "with a part between"])
def test_a_checkpoint_of_another_environment_is_gone_on_with_and_told(
    between: bool, stage: Stage, undisturbed: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as then:
        then.setattr("embedseq.training.loop.environment", lambda: {"torch": "2.0.1", "instructions": "AltiVec"})
        with pytest.raises(Killed):
            stage.run(killed_at=4)
    if between:
        with pytest.raises(Killed):
            stage.run(killed_at=6)
    assert stage.run() == undisturbed
    _, said = stage.said
    assert said.startswith("warning: it was trained in different environments (torch 2.0.1 in place of ")
    assert "instructions AltiVec in place of" in said
    assert "MKL_CBWR" not in said


def test_a_finished_training_elsewhere_is_no_other_environment(
    stage: Stage, undisturbed: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed when all was trained and nothing was written: nothing is computed anew."""

    def full(path: Path, record: object) -> None:
        raise Killed

    with monkeypatch.context() as then:
        then.setattr("embedseq.training.loop.environment", lambda: {"torch": "2.0.1", "instructions": "AltiVec"})
        then.setattr("embedseq.training.progress.SavePace.cheap", lambda pace: True)
        then.setattr("embedseq.pipeline.stages.train.write_record", full)
        with pytest.raises(Killed):
            stage.run()
    assert stage.run() == undisturbed
    (said,) = stage.said
    assert said.startswith("goes on from a checkpoint after ")
    assert stage.facts[EARLIER_SECONDS] > 0.0


def test_a_training_that_begins_tells_of_nothing_before_it(stage: Stage) -> None:
    stage.run()
    assert stage.said == []
    assert EARLIER_SECONDS not in stage.facts


@pytest.mark.parametrize("file", ["weights.safetensors", "optimiser.safetensors", "state.json"])
@pytest.mark.parametrize("damage", ["cut", "gone", "other"])
def test_a_damaged_checkpoint_is_deleted_and_told(killed: Stage, undisturbed: dict[str, bytes], file: str, damage: str) -> None:
    path = killed.checkpoint / file
    if damage == "gone":
        path.unlink()
    else:
        content = path.read_bytes()
        path.write_bytes(content[:-9] if damage == "cut" else content[:-9] + bytes(255 - byte for byte in content[-9:]))
    assert killed.run() == undisturbed
    (said,) = killed.said
    assert "cannot be gone on from and was deleted, training begins anew: it is damaged" in said


def test_a_checkpoint_of_another_version_is_deleted_and_told(
    killed: Stage, undisturbed: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedseq.training.checkpoint.FORMAT", 99)
    assert killed.run() == undisturbed
    (said,) = killed.said
    assert said.endswith("training begins anew: it was written by another version of embedseq")


def test_a_checkpoint_that_cannot_be_read_now_is_kept(killed: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(path: Path) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("embedseq.training.checkpoint.load_file", unreadable)
    with pytest.raises(OSError, match="Too many open files"):
        killed.run()
    assert killed.checkpoint.name == "update-3-of-epoch-1"
    assert killed.said == []


def test_another_kind_of_device_leaves_the_checkpoint_of_the_processor(killed: Stage, undisturbed: dict[str, bytes]) -> None:
    with pytest.raises((RuntimeError, NotImplementedError, WorkError)):
        killed.run(device="meta")  # nothing can be computed there
    assert killed.checkpoint.name == "update-3-of-epoch-1"
    assert killed.run() == undisturbed
    assert goes_on_after(3, killed)


def test_a_field_that_was_added_since_changes_nothing(killed: Stage, undisturbed: dict[str, bytes]) -> None:
    """What stands in no key at its default stands in no checkpoint either."""
    state = (killed.checkpoint / "state.json").read_text(encoding="utf-8")
    assert '"replicas"' not in state
    assert '"batch_tokens"' in state
    with pytest.raises(Killed):
        killed.run(killed_at=4, replicas=1)
    assert killed.run() == undisturbed
    assert goes_on_after(3, killed)


def test_all_rows_of_a_batch_that_failed_are_in_the_log(stage: Stage) -> None:
    with pytest.raises(DivergedError) as raised:
        stage.run(lr=1e30, clip=None)
    told = re.search(r"the batch held rows? ([\d, ]+) of the training split .* What is in row (\d): '(.*?)'", str(raised.value))
    assert told is not None
    assert f"rows of the split train that failed: {told[1]}" in stage.said
    assert told[3] == LINES[int(told[2]) - 1]


def test_rows_of_the_validation_split_without_a_loss_are_named_and_quoted(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedseq.training.loop.valid_loss", lambda model, batches: math.inf)
    monkeypatch.setattr("embedseq.training.loop.some_at_fault", lambda model, batches: [1, 2])
    with pytest.raises(DivergedError, match=r"the loss of rows 2, 3 of the validation split, .* is not finite") as raised:
        stage.run()
    assert f"What is in row 2: {LINES[-2]!r}, 3: {LINES[-3]!r}." in str(raised.value)
    assert "rows of the split valid that failed: 2, 3" in stage.said
