"""Frames on disk."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embedseq.errors import InputError
from embedseq.text.frames import Frames


def rows_of(lengths: Sequence[int], features: int = 3) -> list[np.ndarray]:
    random = np.random.default_rng(1)
    return [random.random((length, features)).astype(np.float32) for length in lengths]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lengths=st.lists(st.integers(0, 5), min_size=1, max_size=8), features=st.integers(1, 4))
def test_what_is_written_is_read(tmp_path: Path, lengths: list[int], features: int) -> None:
    rows = rows_of(lengths, features)
    Frames.write(tmp_path / "train.source", iter(rows))
    frames = Frames.open(tmp_path / "train.source")
    assert len(frames) == len(rows)
    assert frames.lengths.tolist() == lengths
    assert frames.features == features
    for found, expected in zip(frames, rows, strict=True):
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, expected)


def test_the_files_are_plain_npy_and_byte_stable(tmp_path: Path) -> None:
    for name in ("one", "two"):
        Frames.write(tmp_path / name, rows_of([2, 1]))
    frames, offsets = np.load(tmp_path / "one.frames.npy"), np.load(tmp_path / "one.offsets.npy")
    assert (frames.dtype, frames.shape) == (np.float32, (3, 3))
    assert (offsets.dtype, offsets.tolist()) == (np.int64, [0, 2, 3])
    assert (tmp_path / "one.frames.npy").read_bytes() == (tmp_path / "two.frames.npy").read_bytes()


def test_the_end_is_a_frame_of_zeros_after_the_last(tmp_path: Path) -> None:
    rows = rows_of([2, 4])
    ended = Frames.write(tmp_path / "f", rows).ended(np.array([1, 0]))
    assert ended.shape == (2, 5, 3)
    np.testing.assert_array_equal(ended[0, :4], rows[1])
    np.testing.assert_array_equal(ended[1, :2], rows[0])
    assert not ended[0, 4].any()
    assert not ended[1, 2:].any()


def test_frames_of_different_width_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"expected frames of 3 numbers, found an array of shape \(2, 4\)"):
        Frames.write(tmp_path / "f", [*rows_of([1]), np.zeros((2, 4))])


def test_files_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    Frames.write(tmp_path / "f", rows_of([2]))
    np.save(tmp_path / "f.offsets.npy", np.array([0, 3]))
    with pytest.raises(InputError, match="expected 3 frames as its offsets say, found 2"):
        Frames.open(tmp_path / "f")
    np.save(tmp_path / "f.frames.npy", np.zeros(3))
    with pytest.raises(InputError, match=r"expected frames \(total, F\), found numbers of shape \(3,\)"):
        Frames.open(tmp_path / "f")
