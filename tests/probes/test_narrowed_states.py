"""States of one width: what varies most stays, as the training words have it, and all probes have as many weights."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedseq.errors import RequestError
from embedseq.probes.material import StatesInMemory
from embedseq.probes.narrowed_states import NarrowedStates, narrowed

Arrays = dict[str, np.ndarray]


def drawn(seed: int, width: int, scales: np.ndarray | None = None) -> StatesInMemory:
    random = np.random.default_rng(seed)
    scale = np.ones(width) if scales is None else scales
    turn = np.linalg.qr(random.standard_normal((width, width)))[0]

    def rows(count: int) -> np.ndarray:
        return ((random.standard_normal((count, width)) * scale) @ turn + 3).astype(np.float32)

    by_split = {split: {"encoder 1": rows(count)} for split, count in {"train": 400, "valid": 30, "test": 50}.items()}
    return StatesInMemory(by_split, {(split, "encoder 1", "mean"): rows(60) for split in by_split})


@given(st.integers(0, 500), st.integers(3, 12))
def test_all_states_have_that_width_and_at_the_full_one_distances_stay(seed: int, width: int) -> None:
    own = drawn(seed, width)
    assert NarrowedStates(own, 2).words("test", "encoder 1").shape == (50, 2)
    assert NarrowedStates(own, 2).sentences("valid", "encoder 1", "mean").shape == (60, 2)  # type: ignore[union-attr]
    lengths = (np.linalg.norm(each.words("test", "encoder 1"), axis=1) for each in (own, NarrowedStates(own, width)))
    np.testing.assert_allclose(*lengths, atol=1e-4)
    before, after = own.words("test", "encoder 1"), NarrowedStates(own, width).words("test", "encoder 1")
    np.testing.assert_allclose(np.linalg.norm(after[0] - after, axis=1), np.linalg.norm(before[0] - before, axis=1), atol=1e-4)


def test_directions_that_vary_stay_and_others_go() -> None:
    own = drawn(1, 8, np.array([9.0, 5.0, 2.0] + [0.01] * 5))
    narrow = NarrowedStates(own, 3).words("test", "encoder 1")
    assert narrow.var(axis=0).sum() > 0.999 * own.words("test", "encoder 1").var(axis=0).sum()
    assert (np.diff(narrow.var(axis=0)) < 0).all()


def test_components_are_those_of_the_training_words_alone() -> None:
    own, other = drawn(2, 6), drawn(2, 6)
    other.by_split["test"]["encoder 1"][:] = 100 * np.random.default_rng(0).standard_normal((50, 6))  # type: ignore[index]
    np.testing.assert_array_equal(*(NarrowedStates(each, 2).words("valid", "encoder 1") for each in (own, other)))


def test_two_widths_of_the_same_knowledge_are_read_alike() -> None:
    """A representation with 40 further numbers of noise knows no more; a probe of all of it has more weights than one of 4."""
    random = np.random.default_rng(3)
    wide = {}
    for split, layers in drawn(3, 4, np.full(4, 9.0)).by_split.items():
        rows = layers["encoder 1"]
        wide[split] = {"encoder 1": np.hstack([rows, random.standard_normal((len(rows), 40)).astype(np.float32)])}
    both = (narrowed(each, 4) for each in (drawn(3, 4, np.full(4, 9.0)), StatesInMemory(wide)))
    one, other = (each.words("test", "encoder 1").astype(float) for each in both)
    shared = np.linalg.lstsq(np.c_[other, np.ones(50)], one, rcond=None)[1].sum() / ((one - one.mean(axis=0)) ** 2).sum()
    assert shared < 0.05  # one is a linear map of the other, but for the noise


def test_too_wide_and_too_few_is_told_and_none_changes_nothing() -> None:
    own = drawn(0, 5)
    with pytest.raises(RequestError, match="6 numbers or more, found 5 in 'encoder 1'"):
        NarrowedStates(own, 6).words("test", "encoder 1")
    few = StatesInMemory({split: {"encoder 1": np.eye(3, 9, dtype=np.float32)} for split in ("train", "test")})
    with pytest.raises(RequestError, match="3 training rows"):
        NarrowedStates(few, 4).words("test", "encoder 1")
    assert narrowed(own, None) is own
    assert NarrowedStates(own, 2).sentences("test", "encoder 1", "last") is None
