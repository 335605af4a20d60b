"""A small corpus to train on, and training that may save as often as it likes."""

import math
from pathlib import Path

import pytest
from test_loop import batches, sentences

from embedseq.training.loop import TrainingData


@pytest.fixture
def data(tmp_path: Path) -> TrainingData:
    return TrainingData(batches(tmp_path / "train", sentences(60, 1)), batches(tmp_path / "valid", sentences(20, 2)))


@pytest.fixture
def saved_at_each_update(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedseq.training.progress.SAVE_SHARE", math.inf)
