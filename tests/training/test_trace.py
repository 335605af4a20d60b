import gzip
import json
from pathlib import Path

import pytest
import torch

from embedseq.training.progress import Standing
from embedseq.training.trace import Trace, Traced


def trained(path: Path, updates: int, first: int = 1, epoch: int = 1000, made: int | None = None) -> Traced | None:
    """What is seen of a training run with so many planned updates, of which perhaps fewer are `made`."""
    trace, matrix = Trace(path), torch.ones(8, 8)
    for update in range(first, (made or updates) + 1):
        matrix = matrix @ torch.eye(8)
        trace.watch(Standing(1, 1, update, updates, 1.0, 1.0, 1.0))
        if update % epoch == 0:
            trace.watch(Standing(1, 1, update, updates, 1.0, 1.0, 1.0, valid_loss=1.0))
    trace.end()
    return trace.traced


@pytest.mark.parametrize(
    ("updates", "first", "seen"),
    [(200, 1, (22, 31)), (200, 101, (122, 131)), (10, 1, (5, 7)), (2, 1, (2, 2))],
    ids=["long", "resumed", "short", "two"],
)
def test_some_updates_in_the_middle_are_seen(tmp_path: Path, updates: int, first: int, seen: tuple[int, int]) -> None:
    traced = trained(tmp_path / "trace.json.gz", updates, first)
    assert traced is not None
    assert (traced.first, traced.last) == seen
    calls = {each.name: each.calls for each in traced.operators}
    assert calls["aten::mm"] == seen[1] - seen[0] + 1
    assert 0 < sum(each.seconds for each in traced.operators) <= traced.busy_seconds * (1 + 1e-9) <= traced.seconds


def test_the_trace_is_one_of_chrome(tmp_path: Path) -> None:
    trained(tmp_path / "below" / "trace.json.gz", 60)
    content = json.loads(gzip.decompress((tmp_path / "below" / "trace.json.gz").read_bytes()))
    assert sum(event.get("name") == "aten::mm" for event in content["traceEvents"]) == 10


def test_a_validation_in_between_is_counted(tmp_path: Path) -> None:
    traced = trained(tmp_path / "trace.json.gz", 90, epoch=25)
    assert traced is not None
    assert traced.validations == 1


def test_training_that_ends_early_is_told_as_far_as_it_came(tmp_path: Path) -> None:
    traced = trained(tmp_path / "trace.json.gz", 90, made=23)
    assert traced is not None
    assert (traced.first, traced.last) == (22, 23)


@pytest.mark.parametrize("made", [1, 20, 21])
def test_nothing_is_written_of_training_that_ends_before(tmp_path: Path, made: int) -> None:
    assert trained(tmp_path / "trace.json.gz", 90, made=made) is None
    assert list(tmp_path.iterdir()) == []


def test_a_single_update_has_no_middle(tmp_path: Path) -> None:
    assert trained(tmp_path / "trace.json.gz", 1) is None
