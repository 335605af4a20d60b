"""Batches of sentences of like length, and the one function that pads and makes masks. The only file here that loads torch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from embedseq.errors import RequestError
from embedseq.text.encoded import Encoded
from embedseq.text.vocabulary import END, PAD, START


def pad(sequences: Sequence[Sequence[int] | NDArray[np.int32]]) -> tuple[Tensor, Tensor]:
    """Rows of one length: ids (B, S) int64, filled up with PAD, and `valid` (B, S) bool, True where a token is real."""
    lengths = torch.tensor([len(sequence) for sequence in sequences], dtype=torch.long)
    width = int(lengths.max()) if len(sequences) else 0
    ids = np.full((len(sequences), width), PAD, dtype=np.int64)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = sequence
    return torch.from_numpy(ids), torch.arange(width) < lengths.unsqueeze(1)


class _Movable:
    """What has only tensors as fields can move to a device as one."""

    def to(self, device: torch.device | str) -> Self:
        """The same on `device`."""
        moved = {part.name: getattr(self, part.name).to(device) for part in fields(self)}  # type: ignore[arg-type]
        return replace(self, **moved)  # type: ignore[type-var]


@dataclass(frozen=True)
class SourceBatch(_Movable):
    """Sentences to be read."""

    rows: Tensor
    """(B,) int64: which sentences of the corpus these are."""
    source: Tensor
    """(B, S) int64: ids, END after the last."""
    source_valid: Tensor
    """(B, S) bool."""


@dataclass(frozen=True)
class Batch(_Movable):
    """Sentence pairs to learn from."""

    rows: Tensor
    """(B,) int64: which pairs of the corpus these are."""
    source: Tensor
    """(B, S) int64: ids, END after the last."""
    source_valid: Tensor
    """(B, S) bool."""
    target_in: Tensor
    """(B, T) int64: START, then ids: what the decoder reads."""
    target_out: Tensor
    """(B, T) int64: ids, END after the last: what it shall write."""
    target_valid: Tensor
    """(B, T) bool, for `target_in` and `target_out` alike."""


class TokenBatches:
    """The pairs of a corpus in batches of like length, each at most `batch_tokens` target tokens with END and padding.

    A longer pair gets a batch of its own. Pairs with more than `max_length` tokens on either side are left out; `left_out` is
    their number. Raises ValueError when the sides do not pair, RequestError when nothing is left.
    """

    def __init__(self, source: Encoded, target: Encoded, batch_tokens: int, max_length: int | None = None) -> None:
        if len(source) != len(target):
            raise ValueError(f"{len(source):,} source sentences, but {len(target):,} target sentences")
        self.source, self.target, self.batch_tokens = source, target, batch_tokens
        longest = np.maximum(source.lengths, target.lengths)
        self.rows = np.flatnonzero(longest <= (max_length or longest.max(initial=0)))
        self.left_out = len(source) - len(self.rows)
        if len(self.rows) == 0:
            raise RequestError(
                f"no pair of {len(source):,} is left to train on: expected at most {max_length} tokens on either side, found "
                f"{int(longest.min(initial=0)):,} in the shortest. Raise `max_length`."
            )
        self._bounds = _cut(np.sort(target.lengths[self.rows]) + 1, batch_tokens)

    def __len__(self) -> int:
        """Batches an epoch; the same in every epoch."""
        return len(self._bounds) - 1

    @property
    def target_tokens(self) -> int:
        """Target tokens an epoch, END counted, padding not."""
        return int(self.target.lengths[self.rows].sum()) + len(self.rows)

    def epoch(self, seed: int | None = None) -> Iterator[Batch]:
        """Every pair once. `seed` draws the order of the batches, and which pairs of one length meet; None: a fixed order."""
        rows = self.rows
        order = np.arange(len(self))
        if seed is not None:
            random = np.random.default_rng(seed)
            rows = random.permutation(rows)
            random.shuffle(order)
        # lexsort is stable: pairs of equal lengths keep the order that was just drawn.
        rows = rows[np.lexsort((self.source.lengths[rows], self.target.lengths[rows]))]
        for number in order:
            yield self.batch(rows[self._bounds[number] : self._bounds[number + 1]])

    def batch(self, rows: NDArray[np.int64]) -> Batch:
        """The batch of just these pairs."""
        targets = [self.target[int(row)] for row in rows]
        source, source_valid = pad([np.append(self.source[int(row)], END) for row in rows])
        target_in, target_valid = pad([np.insert(target, 0, START) for target in targets])
        target_out, _ = pad([np.append(target, END) for target in targets])
        return Batch(torch.from_numpy(rows.copy()), source, source_valid, target_in, target_out, target_valid)


def source_batches(sentences: Sequence[Sequence[int] | NDArray[np.int32]], batch_tokens: int) -> Iterator[SourceBatch]:
    """Every sentence once, shortest first, in batches of at most `batch_tokens` source tokens with END and padding."""
    lengths = np.array([len(sentence) for sentence in sentences], dtype=np.int64)
    order = np.argsort(lengths, kind="stable")
    bounds = _cut(lengths[order] + 1, batch_tokens)
    for first, last in pairwise(bounds):
        rows = order[first:last]
        source, valid = pad([np.append(sentences[int(row)], END) for row in rows])
        yield SourceBatch(torch.from_numpy(rows.copy()), source, valid)


def _cut(lengths: NDArray[np.int64], batch_tokens: int) -> list[int]:
    """Where to cut rows of ascending `lengths`, so that the number of rows times the longest stays within `batch_tokens`."""
    bounds = [0]
    for row, length in enumerate(lengths):
        if row > bounds[-1] and (row + 1 - bounds[-1]) * int(length) > batch_tokens:
            bounds.append(row)
    return [*bounds, len(lengths)] if len(lengths) else bounds
