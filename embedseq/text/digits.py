"""Rows of handwritten digits and the numbers that they show, in words: something to read that is no text.

The images are scikit-learn's: 1,797 of 8 times 8 pixels (Alpaydin and Kaynak 1998). Each split has images of its own, and shows
each of them at least once. A row has one to four of them, each as likely; the first of several is no zero.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from embedseq.errors import InputError
from embedseq.seeds import stream
from embedseq.text.number_words import number_words
from embedseq.text.splits import Pair, first_problem

FILE = Path("datasets", "data", "digits.csv.gz")
IMAGES = {"train": (0, 1297), "valid": (1297, 1547), "test": (1547, 1797)}
"""The first image of each split, and the first after it."""
ROWS = {"train": 8000, "valid": 500, "test": 1000}
LONGEST = 4
SIDE = 8
BLACKEST = 16


@dataclass(frozen=True)
class Digits:
    """Images of digits (N, 8, 8), from 0 to 1, and what they show (N,)."""

    images: NDArray[np.float32]
    shown: NDArray[np.int64]


@dataclass(frozen=True)
class DigitsSplit:
    """Rows of digits, read as frames (the columns from left to right), and their numbers in words."""

    path: Path
    split: str
    source: Literal["images", "words"]

    @property
    def files(self) -> tuple[Path, ...]:
        """The file of the images, the same for all splits."""
        return (self.path,)

    def pairs(self) -> Iterator[Pair]:
        """Each row; without images the words alone."""
        digits = read_digits(self.path)
        for row in _rows(digits, self.split):
            number = int("".join(map(str, digits.shown[row])))
            if self.source == "words":
                yield Pair(number_words(number), None)
            else:
                yield Pair(str(number), number_words(number), frames=frames_of(digits.images[row]))

    def problems(self) -> list[str]:
        """What is wrong with the file."""
        return first_problem(self.pairs(), self.path, "images of digits")


def digits_path() -> Path:
    """Where scikit-learn has put the images; it is not imported. Raises InputError when they are not there."""
    spec = find_spec("sklearn")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / FILE
        if path.is_file():
            return path
    raise InputError(
        f"{FILE}: expected the images of digits inside the installed scikit-learn, found none: "
        "pip install --force-reinstall scikit-learn"
    )


@lru_cache(maxsize=1)
def read_digits(path: Path) -> Digits:
    """All images: 64 pixels a line from 0 to 16, row by row, then the digit. Raises InputError when the file is another."""
    try:
        table = np.loadtxt(path, delimiter=",")
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: expected images of digits, found something else ({error})") from error
    if table.shape != (IMAGES["test"][1], SIDE * SIDE + 1):
        raise InputError(f"{path}: expected {IMAGES['test'][1]:,} images of 64 pixels with their digits, found {table.shape}")
    images = (table[:, :-1] / BLACKEST).reshape(-1, SIDE, SIDE)
    return Digits(images.astype(np.float32), table[:, -1].astype(np.int64))


def frames_of(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Images (N, 8, 8) side by side as frames (8 N, 8): the columns from left to right, each from top to bottom."""
    return images.transpose(0, 2, 1).reshape(-1, SIDE)


def _rows(digits: Digits, split: str) -> Iterator[NDArray[np.int64]]:
    """The images of each row of a split; always the same rows."""
    random = np.random.default_rng(stream(0, "digits", split))
    own = np.arange(*IMAGES[split])
    lengths = random.integers(1, LONGEST + 1, ROWS[split])
    any_image, leading = _endlessly(own, random), _endlessly(own[digits.shown[own] > 0], random)
    for length in lengths.tolist():
        yield np.array([next(leading if place == 0 and length > 1 else any_image) for place in range(length)])


def _endlessly(images: NDArray[np.int64], random: np.random.Generator) -> Iterator[Any]:
    """All images in an order that is drawn, then all of them in another, and so on."""
    while True:
        yield from random.permutation(images)
