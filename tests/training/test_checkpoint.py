from dataclasses import replace
from pathlib import Path

import pytest
import torch

from embedseq.errors import RequestError
from embedseq.training.checkpoint import Checkpoint, CheckpointError, Sums, read_checkpoint, write_checkpoint
from embedseq.training.history import Epoch, History

IDENTITY = {"seed": 1, "shapes": {"w": [2, 2]}, "lr": 0.1}


def checkpoint(epochs: int, unfinished: Sums | None = None) -> Checkpoint:
    history = History(tuple(Epoch(n, n, 3, 1 / 3, 0.1 + n, 1e-3, 0.7) for n in range(1, epochs + 1)))
    weights = {"w": torch.arange(4.0).view(2, 2) / 3, "half": torch.ones(1, dtype=torch.float64) / epochs}
    kept, optimiser = {epochs: {"w": torch.full((2, 2), float(epochs))}}, {"w/step": torch.tensor(5.0)}
    return Checkpoint(history, unfinished or Sums(), weights, kept, optimiser)


def test_what_was_written_comes_back_bit_for_bit(tmp_path: Path) -> None:
    written = checkpoint(2, Sums(loss=1 / 3, tokens=7, updates=2, norm=0.1))
    write_checkpoint(tmp_path / "new" / "folder", written, IDENTITY)
    read = read_checkpoint(tmp_path / "new" / "folder", IDENTITY)
    assert read is not None
    assert (read.history, read.unfinished) == (written.history, written.unfinished)
    assert read.kept.keys() == {2}
    parts = [(getattr(read, part), getattr(written, part)) for part in ("weights", "optimiser")]
    for one, other in (*parts, (read.kept[2], written.kept[2])):
        assert one.keys() == other.keys()
        assert all(torch.equal(one[name], other[name]) and one[name].dtype == other[name].dtype for name in one)


def test_only_the_newest_stays(tmp_path: Path) -> None:
    for epochs in (9, 10):
        write_checkpoint(tmp_path, checkpoint(epochs), IDENTITY)
    assert [path.name for path in tmp_path.iterdir()] == ["update-10-of-epoch-11"]


def test_the_newest_is_read_where_the_one_before_was_not_yet_removed(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, checkpoint(9), IDENTITY)
    (tmp_path / "update-9-of-epoch-10").rename(tmp_path / "kept")
    write_checkpoint(tmp_path, checkpoint(10), IDENTITY)
    (tmp_path / "kept").rename(tmp_path / "update-9-of-epoch-10")
    read = read_checkpoint(tmp_path, IDENTITY)
    assert read is not None
    assert len(read.history.epochs) == 10


def test_the_weights_of_an_epoch_are_written_once_and_then_linked(tmp_path: Path) -> None:
    inodes = []
    for state in (checkpoint(1), checkpoint(1, Sums(updates=1)), checkpoint(1, Sums(updates=2)), checkpoint(2)):
        write_checkpoint(tmp_path, state, IDENTITY)
        (folder,) = tmp_path.iterdir()
        assert folder.name == state.name
        ((number, kept),) = state.kept.items()
        inodes.append((folder / f"epoch-{number}.safetensors").stat().st_ino)
        read = read_checkpoint(tmp_path, IDENTITY)
        assert read is not None
        assert read.kept.keys() == {number}
        assert torch.equal(read.kept[number]["w"], kept["w"])
    assert inodes[0] == inodes[1] == inodes[2]


@pytest.mark.parametrize("name", ["weights", "optimiser", "means", "epoch-1"])
def test_a_checkpoint_that_lacks_a_file_is_damaged(tmp_path: Path, name: str) -> None:
    write_checkpoint(tmp_path, replace(checkpoint(1), means={"w": torch.ones(2)}), IDENTITY)
    assert read_checkpoint(tmp_path, IDENTITY) is not None
    (tmp_path / "update-1-of-epoch-2" / f"{name}.safetensors").unlink()
    with pytest.raises(CheckpointError, match=rf"this checkpoint is damaged: {name}\.safetensors is not what was written"):
        read_checkpoint(tmp_path, IDENTITY)


def test_what_differs_deep_inside_is_named_alone(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, checkpoint(1), IDENTITY)
    with pytest.raises(CheckpointError, match=r"its shapes\.w is \[2, 2\], here it is \[2, 3\]\. Delete the folder"):
        read_checkpoint(tmp_path, {**IDENTITY, "shapes": {"w": [2, 3]}})


def test_of_two_with_as_many_updates_the_one_whose_epoch_is_over_is_newer(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "a", checkpoint(2), IDENTITY)
    write_checkpoint(tmp_path / "b", checkpoint(1, Sums(updates=1)), IDENTITY)
    (tmp_path / "b" / "update-2-of-epoch-2").rename(tmp_path / "a" / "update-2-of-epoch-2")
    read = read_checkpoint(tmp_path / "a", IDENTITY)
    assert read is not None
    assert len(read.history.epochs) == 2


def test_no_folder_and_an_empty_one_hold_no_checkpoint(tmp_path: Path) -> None:
    assert read_checkpoint(tmp_path / "missing", IDENTITY) is None
    assert read_checkpoint(tmp_path, IDENTITY) is None


def test_equal_checkpoints_are_equal_bytes(tmp_path: Path) -> None:
    torch.manual_seed(3)
    for name in ("a", "b"):
        write_checkpoint(tmp_path / name, checkpoint(1), IDENTITY)
    files = sorted(path.name for path in (tmp_path / "a" / "update-1-of-epoch-2").iterdir())
    assert len(files) == 4
    for name in files:
        assert (tmp_path / "a" / "update-1-of-epoch-2" / name).read_bytes() == (
            tmp_path / "b" / "update-1-of-epoch-2" / name
        ).read_bytes()


def test_a_checkpoint_of_another_run_says_what_differs(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, checkpoint(1), IDENTITY)
    with pytest.raises(
        RequestError, match=r"update-1-of-epoch-2: this checkpoint is of another training run: its lr is 0\.1, here it is 0\.2"
    ):
        read_checkpoint(tmp_path, {**IDENTITY, "lr": 0.2})
