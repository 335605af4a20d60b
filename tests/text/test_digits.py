"""Rows of handwritten digits."""

from pathlib import Path

import numpy as np
import pytest

from embedseq.errors import InputError
from embedseq.text.corpora import open_corpus
from embedseq.text.digits import IMAGES, ROWS, DigitsSplit, digits_path, frames_of, read_digits
from embedseq.text.number_words import number_words
from embedseq.text.settings import DataSettings, SplitLimits

SETTINGS = DataSettings(dataset="digits", source="images", target="words")


def shown_in(frames: np.ndarray, images: np.ndarray) -> list[set[int]]:
    """For each image of a row the numbers of those that look just like it."""
    parts = frames.reshape(-1, 8, 8).transpose(0, 2, 1)
    return [set(np.flatnonzero((images == part).all(axis=(1, 2))).tolist()) for part in parts]


def test_the_images_are_those_of_scikit_learn() -> None:
    from sklearn.datasets import load_digits

    expected = load_digits()
    found = read_digits(digits_path())
    np.testing.assert_array_equal(found.images * 16, expected.images)
    np.testing.assert_array_equal(found.shown, expected.target)


def test_frames_are_the_columns_from_left_to_right() -> None:
    images = np.arange(2 * 8 * 8, dtype=np.float32).reshape(2, 8, 8)
    frames = frames_of(images)
    assert frames.shape == (16, 8)
    for image in range(2):
        for column in range(8):
            np.testing.assert_array_equal(frames[8 * image + column], images[image, :, column])


@pytest.mark.parametrize("split", ROWS)
def test_a_row_shows_its_number_and_says_it_in_words(split: str) -> None:
    digits = read_digits(digits_path())
    for pair in list(DigitsSplit(digits_path(), split, "images").pairs())[:50]:
        assert pair.frames is not None
        assert pair.frames.dtype == np.float32
        assert pair.frames.shape == (8 * len(pair.source), 8)
        assert 0.0 <= pair.frames.min() <= pair.frames.max() <= 1.0
        assert pair.target == number_words(int(pair.source))
        for images, digit in zip(shown_in(pair.frames, digits.images), pair.source, strict=True):
            assert {int(digits.shown[image]) for image in images} == {int(digit)}


def test_no_number_begins_with_a_zero_but_zero() -> None:
    numbers = [pair.source for split in ROWS for pair in DigitsSplit(digits_path(), split, "images").pairs()]
    assert "0" in numbers
    assert {len(number) for number in numbers} == {1, 2, 3, 4}
    assert not any(number.startswith("0") for number in numbers if len(number) > 1)


@pytest.mark.parametrize("split", ["valid", "test"])
def test_a_split_shows_each_of_its_images_and_none_of_another(split: str) -> None:
    digits = read_digits(digits_path())
    seen: set[int] = set()
    for pair in DigitsSplit(digits_path(), split, "images").pairs():
        assert pair.frames is not None
        for alike in shown_in(pair.frames, digits.images):
            own = alike & set(range(*IMAGES[split]))
            assert own
            seen |= own
    assert seen == set(range(*IMAGES[split]))


def test_the_rows_are_the_same_each_time_and_as_many_as_said() -> None:
    for split, rows in ROWS.items():
        one, other = (list(DigitsSplit(digits_path(), split, "images").pairs()) for _ in range(2))
        assert len(one) == rows
        assert [pair.source for pair in one] == [pair.source for pair in other]
        np.testing.assert_array_equal(one[-1].frames, other[-1].frames)


def test_the_corpus_is_opened_by_its_name_and_limited() -> None:
    corpus = open_corpus(SETTINGS.model_copy(update={"limits": SplitLimits(train=5)}), Path())
    corpus.check()
    assert {len(list(corpus.pairs("train"))), len(list(corpus.pairs("valid")))} == {5, 500}
    assert corpus.text_sides == ("target",)
    assert corpus.files["train"] == (digits_path(),)


def test_the_words_can_be_read_alone() -> None:
    corpus = open_corpus(DataSettings(dataset="digits", source="words", task="text"), Path())
    pair = next(corpus.pairs("train"))
    assert (pair.target, pair.frames) == (None, None)
    assert pair.source == next(open_corpus(SETTINGS, Path()).pairs("train")).target


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "digits.csv").write_text("1,2\n3,4\n")
    with pytest.raises(InputError, match="expected 1,797 images of 64 pixels"):
        read_digits(tmp_path / "digits.csv")
    (tmp_path / "digits.csv").write_text("a,b\n")
    with pytest.raises(InputError, match="expected images of digits, found something else"):
        read_digits(tmp_path / "digits.csv")
    assert DigitsSplit(tmp_path / "nothing.csv", "train", "images").problems()
