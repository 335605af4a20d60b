"""A model reads sentences, and the states of their words go to disk: in batches, once for all probes."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import embedding_bag

from embedseq.models.interfaces import Model
from embedseq.models.states import EMBEDDING, SideStates
from embedseq.probes.captured import INDEX, WORDS, sentences_path, words_path
from embedseq.probes.tensor_files import TensorFile
from embedseq.text.batches import Batch, cut, held, read, written
from embedseq.text.gold_words import WordTokens

Ints = NDArray[np.int64]
Pieces = Literal["mean", "first", "last"]
BATCH_TOKENS = 4096


@dataclass(frozen=True)
class Cut:
    """A sentence in tokens: their ids, and for each word the token that it begins with."""

    ids: Sequence[int]
    starts: Sequence[int]

    @staticmethod
    def of(tokens: WordTokens, ids: Sequence[int]) -> "Cut":
        """A sentence that a tokeniser has cut, numbered."""
        return Cut(ids, tokens.starts)


@dataclass(frozen=True)
class Readings:
    """Sentences to be read, and how.

    cuts: whose words' states are wanted. written: whether a decoder writes them (the target of an encoder-decoder, the text of a
    language model); otherwise they are what an encoder reads. sources: what the encoder reads meanwhile, where there is one.
    """

    cuts: Sequence[Cut]
    written: bool = False
    sources: Sequence[Sequence[int]] | None = None

    @property
    def side(self) -> str:
        """What the model calls the side."""
        return "target" if self.sources is not None else "source"

    def batches(self, batch_tokens: int) -> Iterator[Batch]:
        """Every sentence once, shortest first."""
        lengths = np.array([len(each.ids) for each in self.cuts], dtype=np.int64)
        order = np.argsort(lengths, kind="stable")
        for first, last in pairwise(cut(lengths[order] + 1, batch_tokens)):
            yield self._batch(order[first:last])

    def _batch(self, rows: NDArray[np.int64]) -> Batch:
        every = np.arange(len(rows))
        numbers = torch.from_numpy(rows.copy())
        own = held([self.cuts[row].ids for row in rows])
        nothing = torch.zeros(len(rows), 0, dtype=torch.long)
        if not self.written:
            reading = read(own, every)
            return Batch(numbers, reading.source, reading.valid, nothing, nothing, nothing.bool())
        source, valid = nothing, nothing.bool()
        if self.sources is not None:
            reading = read(held([self.sources[row] for row in rows]), every)
            source, valid = reading.source, reading.valid
        return Batch(numbers, source, valid, *written(own, every))  # type: ignore[arg-type]  # ids, not frames


def capture(
    model: Model, folder: Path, splits: Mapping[str, Readings], pieces: Pieces = "mean", batch_tokens: int = BATCH_TOKENS
) -> None:
    """Write the states of all words of all splits into `folder`, for `CapturedStates`.

    Of a word of several pieces it is their mean, the first, or the last. The same sentence has the same states in any batch, to
    float tolerance. The model stays in the mode in which it was.
    """
    training = model.training
    model.eval()
    try:
        layers: tuple[str, ...] = ()
        for split, readings in splits.items():
            layers = _capture(model, folder, split, readings, pieces, batch_tokens)
    finally:
        model.train(training)
    record = {"layers": layers, "splits": list(splits), "pieces": pieces}
    (folder / INDEX).write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")


@torch.inference_mode()
def _capture(model: Model, folder: Path, split: str, readings: Readings, pieces: Pieces, batch_tokens: int) -> tuple[str, ...]:
    """Capture one split; the names of the layers."""
    device = next(model.parameters()).device
    places = Places.of(readings.cuts)
    files: dict[str, TensorFile] = {}
    summaries: TensorFile | None = None
    with ExitStack() as stack:
        for batch in readings.batches(batch_tokens):
            states = model.states(batch.to(device), readings.side)
            rows = batch.rows.numpy()
            words, of_words = places.pooling(rows, states.valid.shape[1], pieces, device)
            of_sentences = Pooling.of_rows(states.valid)
            found = _ends(states)
            for number, (name, layer) in enumerate(states.layers.items()):
                if name not in files:
                    shape = (len(places.starts), layer.shape[-1])
                    files[name] = stack.enter_context(TensorFile(words_path(folder, split, number), {WORDS: shape}))
                flat = layer.flatten(0, 1)
                files[name].write(WORDS, of_words(flat), words)
                found[f"{name} mean"] = of_sentences(flat)
            if summaries is None:
                shapes = {name: (len(readings.cuts), found[name].shape[-1]) for name in sorted(found)}
                summaries = stack.enter_context(TensorFile(sentences_path(folder, split), shapes))
            for name, vector in found.items():
                summaries.write(name, vector, batch.rows)
        if summaries is None:  # there are no sentences
            stack.enter_context(TensorFile(sentences_path(folder, split), {}))
    return tuple(files)


@dataclass(frozen=True)
class Places:
    """Where the N words of all sentences begin and end, put together once: one by one that would cost as much as a layer."""

    starts: Ints
    """(N,): the token of its sentence that each word begins with."""
    stops: Ints
    """(N,): the token of its sentence that comes after its last one."""
    offsets: Ints
    """(S,): the first word of each sentence."""
    counts: Ints
    """(S,): how many words each has."""

    @staticmethod
    def of(cuts: Sequence[Cut]) -> "Places":
        """What stands before the first word of a sentence belongs to none, what follows a word up to the next belongs to it."""
        counts = np.array([len(each.starts) for each in cuts], dtype=np.int64)
        starts = np.fromiter(chain.from_iterable(each.starts for each in cuts), dtype=np.int64, count=int(counts.sum()))
        offsets = np.cumsum(counts) - counts
        stops = np.append(starts[1:], 0)
        there = counts > 0
        lengths = np.array([len(each.ids) for each in cuts], dtype=np.int64)
        stops[(offsets + counts - 1)[there]] = lengths[there]
        return Places(starts, stops, offsets, counts)

    def pooling(self, rows: Ints, width: int, pieces: Pieces, device: torch.device | str = "cpu") -> "tuple[Tensor, Pooling]":
        """For a batch of the sentences `rows`, of that width S: the numbers of their words, and how these are pooled."""
        words = ranges(self.offsets[rows], self.counts[rows])
        begins = np.repeat(np.arange(len(rows)) * width, self.counts[rows])
        first, stops = begins + self.starts[words], begins + self.stops[words]
        if pieces == "last":
            first = stops - 1
        sizes = stops - first if pieces == "mean" else np.ones_like(first)
        tokens, starts = (torch.from_numpy(each).to(device) for each in (ranges(first, sizes), np.cumsum(sizes) - sizes))
        return torch.from_numpy(words), Pooling(tokens, starts, bool((sizes == 1).all()))


def ranges(firsts: Ints, lengths: Ints) -> Ints:
    """So many whole numbers from each first one on, one range after the other."""
    ends = np.cumsum(lengths)
    return np.arange(int(lengths.sum()), dtype=np.int64) + np.repeat(firsts - ends + lengths, lengths)


@dataclass(frozen=True)
class Pooling:
    """How the states of a batch's tokens become those of what they make up: of words, or of sentences."""

    tokens: Tensor
    """The places of the tokens that count among those of the batch in a row, of one word or sentence after the other."""
    begins: Tensor
    """(N,): where in `tokens` each of them begins."""
    single: bool
    """Whether one token counts for each."""

    @staticmethod
    def of_rows(valid: Tensor) -> "Pooling":
        """For sentences, of which the tokens `valid` (B, S) count."""
        lengths = valid.sum(dim=1)
        return Pooling(valid.flatten().nonzero().squeeze(1), lengths.cumsum(dim=0) - lengths, single=False)

    def __call__(self, states: Tensor) -> Tensor:
        """States of all tokens in a row, (·, D), to means (N, D): zeros where no token counts."""
        if self.single:
            return states.index_select(0, self.tokens)
        return embedding_bag(self.tokens, states, self.begins, mode="mean")  # taken and averaged in one pass


def _ends(states: SideStates) -> dict[str, Tensor]:
    """`<layer> last` -> (B, D), and a classifier's pooled vector."""
    found = {f"{name} last": vector for name, vector in states.ends.items() if name != EMBEDDING}
    if states.pooled is not None:
        found[f"{list(states.layers)[-1]} pooled"] = states.pooled
    return found
