"""Whether all sentences of a corpus fit into the positions that a model learns, before it learns any."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from embedseq.errors import RequestError
from embedseq.models.settings import ModelShape
from embedseq.text.vocabulary import END

if TYPE_CHECKING:
    from embedseq.pipeline.stages.feeding import Feed
    from embedseq.text.ragged import Ragged

Lengths = NDArray[np.int64]


@dataclass(frozen=True)
class Asked:
    """How many positions the rows of one side of a split ask for."""

    split: str
    side: str
    positions: Lengths
    """(N,): with the symbol before the first token or after the last."""


def longest_problem(shape: ModelShape, asked: Sequence[Asked]) -> str | None:
    """What is wrong where a row asks for more positions than the model learns: the longest of all. None where nothing is."""
    if shape.positions != "learned":
        return None
    longest = max(asked, key=lambda each: int(each.positions.max(initial=0)), default=None)
    needed = 0 if longest is None else int(longest.positions.max(initial=0))
    if longest is None or needed <= shape.max_positions:
        return None
    row = f"number {int(longest.positions.argmax()) + 1:,}, on the {longest.side} side"
    shorten = f", or the corpus's max_length to {shape.max_positions - 1:,} or less" if longest.split == "train" else ""
    return (
        f"the longest row of the {longest.split} split ({row}) asks for {needed:,} positions, its start or end symbol counted, "
        f"but the model learns {shape.max_positions:,}: set max_positions to {needed:,} or more, or positions to sinusoidal or "
        f"rotary, which have no greatest length{shorten}"
    )


def refuse_too_long(shape: ModelShape, tokens: Path, splits: Sequence[str], feed: "Feed", longest: int | None = None) -> None:
    """Compare all rows of the `tokens` stage's artifact with the positions that a model of this shape learns.

    Rows of the training split with more than `longest` tokens are left out, as they are in training. Raises RequestError.
    """
    if shape.positions != "learned":
        return
    asked = [
        each for split in splits for each in asked_positions(shape, tokens, split, feed, longest if split == "train" else None)
    ]
    if problem := longest_problem(shape, asked):
        raise RequestError(problem)


def asked_positions(shape: ModelShape, tokens: Path, split: str, feed: "Feed", longest: int | None = None) -> list[Asked]:
    """The positions that each side of a split asks a model for, without the rows with more than `longest` tokens."""
    from embedseq.pipeline.stages.tokens import encoded_of, frames_of

    sides: dict[str, Ragged] = {}
    for side in feed.sources:
        sides[side] = frames_of(tokens, split) if feed.images else encoded_of(tokens, split, side, feed.stretch)
    if feed.kind == "encoder-decoder":
        sides["target"] = encoded_of(tokens, split, "target", feed.stretch)
    kept = np.maximum.reduce([rows.lengths for rows in sides.values()]) <= (np.inf if longest is None else longest)
    apart = shape.sections and not feed.images
    return [
        Asked(split, side, np.where(kept, longest_sections(rows) if apart and side != "target" else rows.lengths + 1, 0))
        for side, rows in sides.items()
    ]


def longest_sections(rows: "Ragged") -> Lengths:
    """(N,): of each row the longest of the sections that END parts, with its END."""
    numbers: NDArray[Any] = rows.numbers
    bounds = np.union1d(np.flatnonzero(numbers == END) + 1, rows.offsets)
    starts, ends = bounds[:-1], bounds[1:]
    # END stands between sections; the batch puts one after the last of a row.
    lengths = ends - starts + (numbers[ends - 1] != END)
    longest = np.ones(len(rows), dtype=np.int64)
    np.maximum.at(longest, np.searchsorted(rows.offsets, starts, side="right") - 1, lengths)
    return longest
