"""Batches of sentences of like length, of sentence pairs first of all, and what pads and makes masks.

The batches of the other kinds of models are in `text_batches`, `masked_batches` and `label_batches`; nothing else here loads
torch.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Any, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from embedseq.errors import RequestError
from embedseq.text.encoded import Encoded
from embedseq.text.frames import Frames
from embedseq.text.ragged import Rows
from embedseq.text.vocabulary import PAD, START

Row = Sequence[int] | NDArray[Any]
"""Ids (S,), or frames (S, F)."""


def pad(sequences: Sequence[Row]) -> tuple[Tensor, Tensor]:
    """Rows of one length, and `valid` (B, S) bool, True where a token or a frame is real.

    Ids (B, S) int64 are filled up with PAD, frames (B, S, F) float32 with zeros.
    """
    rows = [np.asarray(sequence) for sequence in sequences]
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    features = rows[0].shape[1:] if rows else ()
    filled = np.full((len(rows), int(lengths.max(initial=0)), *features), PAD, dtype=np.float32 if features else np.int64)
    for row, numbers in zip(filled, rows, strict=True):
        row[: len(numbers)] = numbers
    return torch.from_numpy(filled), valid_to(lengths)


def valid_to(lengths: Rows) -> Tensor:
    """(B, S) bool: True at the first so many positions of each row."""
    return torch.from_numpy(np.arange(int(lengths.max(initial=0))) < lengths[:, None])


class _Rows:
    """What has only tensors of as many rows (or such things) as fields can move to a device, and be divided, as one."""

    def to(self, device: torch.device | str) -> Self:
        """The same on `device`."""
        return self._each(lambda part: part.to(device))

    def every(self, first: int, step: int) -> Self:
        """The rows first, first + step, first + 2 step, … alone."""
        return self._each(lambda part: part[first::step] if isinstance(part, Tensor) else part.every(first, step))

    def _each(self, change: Callable[[Any], Any]) -> Self:
        changed = {part.name: _changed(getattr(self, part.name), change) for part in fields(self)}  # type: ignore[arg-type]
        return replace(self, **changed)  # type: ignore[type-var]


def _changed(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, tuple):
        return tuple(map(change, value))
    return None if value is None else change(value)


@dataclass(frozen=True)
class Reading(_Rows):
    """Sentences that a model reads beside those of its first source."""

    source: Tensor
    """(B, S) int64: ids, END after the last."""
    valid: Tensor
    """(B, S) bool."""


@dataclass(frozen=True)
class SourceBatch(_Rows):
    """Sentences to be read."""

    rows: Tensor
    """(B,) int64: which sentences of the corpus these are."""
    source: Tensor
    """(B, S) int64: ids, END after the last; or as in `Batch`."""
    source_valid: Tensor
    """(B, S) bool."""
    further: tuple[Reading, ...] = ()
    """Further sources, which are read beside the first."""


@dataclass(frozen=True)
class Batch(_Rows):
    """What a model learns from: what it reads, and what it shall say of it."""

    rows: Tensor
    """(B,) int64: which pairs of the corpus these are."""
    source: Tensor
    """(B, S) int64: ids, END after the last. Of another modality (B, S, F) numbers, whose last frame is the end. A language model
    reads no source: S is 0."""
    source_valid: Tensor
    """(B, S) bool."""
    target_in: Tensor
    """(B, T) int64: START, then ids: what a decoder reads. A model without a decoder does not look at it."""
    target_out: Tensor
    """(B, T) int64: what is to be said. To a decoder ids, END after the last; to a tagger the label of each word, to a classifier
    the only label, to a masked language model the token at each of `places`."""
    target_valid: Tensor
    """(B, T) bool, for `target_in` and `target_out` alike."""
    further: tuple[Reading, ...] = ()
    """Further sources, which are read beside the first."""
    places: Tensor | None = None
    """(B, T) int64, for a tagger and a masked language model: at which source position each answer is given."""


class Batches(Protocol):
    """A split in batches, of whatever kind: what training and evaluation go through."""

    @property
    def left_out(self) -> int:
        """How many of its items are in no batch, since they are too long."""

    def __len__(self) -> int:
        """Batches in each pass."""

    def epoch(self, seed: int | None) -> Iterator[Batch]:
        """The batches of one pass over all other items, in an order drawn from the seed, or a fixed order for None."""


class LengthBatches(ABC):
    """Rows of a corpus in batches of like length: which rows, where they are cut, in which order they come.

    The rows times the longest of a batch, by `lengths` (N,), stay within `batch_tokens`; a longer row gets a batch of its own.
    Rows of which `longest` (N,) is more than `max_length` are left out; `left_out` is their number. Rows of one length come in
    the order of `second` (N,). Raises RequestError when nothing is left.
    """

    def __init__(
        self, lengths: Rows, second: Rows, longest: Rows, batch_tokens: int, max_length: int | None, called: str = "sentence"
    ) -> None:
        self.rows = np.flatnonzero(longest <= (max_length or longest.max(initial=0)))
        self.left_out = len(lengths) - len(self.rows)
        if len(self.rows) == 0:
            shortest = int(longest.min()) if len(longest) else 0
            raise RequestError(
                f"no {called} of {len(lengths):,} is left to train on: expected at most {max_length} tokens, found "
                f"{shortest:,} in the shortest. Raise `max_length`."
            )
        self._lengths, self._second = lengths, second
        self._bounds = cut(np.sort(lengths[self.rows]), batch_tokens)

    def __len__(self) -> int:
        """Batches an epoch; the same in every epoch."""
        return len(self._bounds) - 1

    def epoch(self, seed: int | None = None) -> Iterator[Batch]:
        """Every row once. `seed` draws the order of the batches, and which rows of one length meet; None: a fixed order."""
        rows = self.rows
        order = np.arange(len(self))
        if seed is not None:
            random = np.random.default_rng(seed)
            rows = random.permutation(rows)
            random.shuffle(order)
        # lexsort is stable: rows of equal lengths keep the order that was just drawn.
        rows = rows[np.lexsort((self._second[rows], self._lengths[rows]))]
        for number in order:
            yield self.batch(rows[self._bounds[number] : self._bounds[number + 1]], seed)

    @property
    @abstractmethod
    def target_tokens(self) -> int:
        """What is to be said in an epoch, padding not counted."""

    @abstractmethod
    def batch(self, rows: Rows, seed: int | None = None) -> Batch:
        """The batch of just these rows; `seed` is that of the epoch, for whoever draws what is to be said."""


class Source(Protocol):
    """What a model reads: sentences (`Encoded`) or rows of frames (`Frames`)."""

    @property
    def lengths(self) -> Rows:
        """The length of each row, (N,)."""
        ...

    def __len__(self) -> int: ...

    def ended(self, rows: Rows) -> NDArray[Any]:
        """(B, S, …): the rows, each with its end, filled up with zeros."""
        ...


def read(source: Source, rows: Rows) -> Reading:
    """The rows of a source as a model reads them."""
    return Reading(torch.from_numpy(source.ended(rows)), valid_to(source.lengths[rows] + 1))


def held(rows: Sequence[Row]) -> Source:
    """Rows in memory, one or more, as those on disk: `Frames` where they are of frames, otherwise `Encoded`."""
    numbers = [np.asarray(row) for row in rows]
    offsets = np.cumsum([0, *map(len, numbers)], dtype=np.int64)
    together = np.concatenate(numbers)
    return Encoded(together.astype(np.int32), offsets) if together.ndim == 1 else Frames(together.astype(np.float32), offsets)


def written(target: Encoded, rows: Rows) -> tuple[Tensor, Tensor, Tensor]:
    """The sentences as a decoder reads them (START before them), as it shall write them (END after them), and their mask."""
    ended = target.ended(rows)
    shifted = np.concatenate((np.full((len(rows), 1), START), target.padded(rows)), axis=1)
    return torch.from_numpy(shifted), torch.from_numpy(ended), valid_to(target.lengths[rows] + 1)


class TokenBatches(LengthBatches):
    """The pairs of a corpus in batches of like length, each at most `batch_tokens` target tokens with END and padding.

    A longer pair gets a batch of its own. Pairs with more than `max_length` tokens on any side are left out; `left_out` is their
    number. A source may be `Frames`; `further` sources are read beside it. Raises ValueError when the sides do not pair,
    RequestError when nothing is left.
    """

    def __init__(
        self,
        source: Source,
        target: Encoded,
        batch_tokens: int,
        max_length: int | None = None,
        further: Sequence[Source] = (),
    ) -> None:
        sources = (source, *further)
        for each in sources:
            if len(each) != len(target):
                raise ValueError(f"{len(each):,} source sentences, but {len(target):,} target sentences")
        self.source, self.target, self.further = source, target, tuple(further)
        longest = np.maximum.reduce([target.lengths, *(each.lengths for each in sources)])
        super().__init__(target.lengths + 1, source.lengths, longest, batch_tokens, max_length, "pair")

    @property
    def target_tokens(self) -> int:
        """Target tokens an epoch, END counted, padding not."""
        return int(self.target.lengths[self.rows].sum()) + len(self.rows)

    def batch(self, rows: Rows, seed: int | None = None) -> Batch:
        """The batch of just these pairs."""
        source = read(self.source, rows)
        further = tuple(read(each, rows) for each in self.further)
        return Batch(torch.from_numpy(rows.copy()), source.source, source.valid, *written(self.target, rows), further)


def source_batches(sentences: Sequence[Row], batch_tokens: int, further: Sequence[Sequence[Row]] = ()) -> Iterator[SourceBatch]:
    """Every sentence once, shortest first, in batches of at most `batch_tokens` source tokens with END and padding.

    `further` sources have a sentence for each of the first. Rows of frames are read as sentences are.
    """
    lengths = np.array([len(sentence) for sentence in sentences], dtype=np.int64)
    order = np.argsort(lengths, kind="stable")
    bounds = cut(lengths[order] + 1, batch_tokens)
    for first, last in pairwise(bounds):
        rows = order[first:last]
        every = np.arange(len(rows))
        source, *others = [read(held([each[int(row)] for row in rows]), every) for each in (sentences, *further)]
        yield SourceBatch(torch.from_numpy(rows.copy()), source.source, source.valid, tuple(others))


def question(sentences: Sequence[Row], places: Sequence[Sequence[int]]) -> Batch:
    """What a model is asked about sentences of which nobody knows the truth; a tagger and a masked language model give an answer
    at each of the `places`, positions in each sentence. Nothing stands in `target_out`."""
    source = read(held(sentences), np.arange(len(sentences)))
    asked, valid = pad(places)
    nothing = torch.zeros_like(asked)
    return Batch(torch.arange(len(sentences)), source.source, source.valid, nothing, nothing, valid, places=asked)


def cut(lengths: NDArray[np.int64], batch_tokens: int) -> list[int]:
    """Where to cut rows of ascending `lengths`, so that the number of rows times the longest stays within `batch_tokens`."""
    bounds = [0]
    for row, length in enumerate(lengths):
        if row > bounds[-1] and (row + 1 - bounds[-1]) * int(length) > batch_tokens:
            bounds.append(row)
    return [*bounds, len(lengths)] if len(lengths) else bounds
