"""Which word is the head of each: a scorer of pairs of states, trained on sentences, and what it gets right.

    p(j | i) = softmax over the words j of the sentence and the root of
               (A h_i)·(B h_j) / √r + u·h_j + d[j - i]   for a word,   a·h_i + c   for the root

A biaffine scorer (Dozat and Manning 2017) of rank r = 64. The bias d knows offsets of up to ten words either way.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from embedseq.probes.offsets import REACH, OffsetFrequencies
from embedseq.probes.standardised import Scaler
from embedseq.seeds import stream
from embedseq.training.adam import Adam

Floats32 = NDArray[np.float32]
Ints = NDArray[np.int64]

RANK = 64
_RATE, _DECAY = 3e-3, 1e-2
_ROUNDS, _PATIENCE = 15, 2
_ROUND = 20
"""A round is a pass over the data, or so many steps where a pass has fewer."""
_BATCH_WORDS = 500
_NOTHING = -100
"""The head of padding."""


class HeadScorer(nn.Module):
    """Scores of the root and of every word as the head of every word. Starts from how often words at each offset are heads."""

    def __init__(self, width: int, heads: Sequence[Ints], draws: torch.Generator) -> None:
        super().__init__()
        self.dependents, self.candidates = (
            nn.Parameter(torch.randn(width, RANK, generator=draws) / width**0.5) for _ in range(2)
        )
        self.as_head = nn.Parameter(torch.zeros(width))
        self.to_root = nn.Parameter(torch.zeros(width))
        shares = OffsetFrequencies.of(heads)
        self.root = nn.Parameter(torch.tensor(np.log(shares.root), dtype=torch.float32))
        self.offsets = nn.Parameter(torch.from_numpy(np.log(shares.offsets).astype(np.float32)))

    def forward(self, states: Tensor, valid: Tensor) -> Tensor:
        """States (B, n, D) and which are words (B, n) -> scores (B, n, n + 1): column 0 is the root, column j the j-th word."""
        pairs = (states @ self.dependents) @ (states @ self.candidates).transpose(1, 2) / RANK**0.5
        places = torch.arange(states.shape[1])
        apart = (places[None, :] - places[:, None]).clamp(-REACH, REACH) + REACH
        words = pairs + (states @ self.as_head).unsqueeze(1) + self.offsets[apart]
        words = words.masked_fill(~valid.unsqueeze(1), -torch.inf)
        return torch.cat([(states @ self.to_root + self.root).unsqueeze(-1), words], dim=-1)


@dataclass(frozen=True, eq=False)
class HeadSample:
    """Sentences with the head of each word."""

    states: Sequence[Floats32]
    """(n, D) a sentence."""
    heads: Sequence[Ints]
    """(n,) a sentence, counted from 1; 0 is the root."""


def fit_heads(train: HeadSample, valid: HeadSample) -> tuple[HeadScorer, Scaler]:
    """Adam with decoupled weight decay, batches of some 500 words; the round that loses least on validation sentences is kept.

    Features are scaled as the training words have it. The same input gives the same bytes with the same number of threads.
    """
    scaler = Scaler.fitted(np.concatenate(train.states))
    draws = torch.Generator().manual_seed(stream(0, "head", "scorer"))
    scorer = HeadScorer(train.states[0].shape[1], train.heads, draws)
    optimiser = Adam(scorer.parameters(), decay=_DECAY)
    batches, checked = _batches(train, scaler), _batches(valid, scaler)
    best, kept, since = torch.inf, copy.deepcopy(scorer.state_dict()), 0
    for _ in range(_ROUNDS):
        for _ in range(-(-_ROUND // len(batches))):
            for number in torch.randperm(len(batches), generator=draws).tolist():
                optimiser.zero_grad()
                _loss(scorer, batches[number]).backward()  # type: ignore[no-untyped-call]
                optimiser.step(_RATE)
        with torch.no_grad():
            loss, since = sum(float(_loss(scorer, batch)) * float(batch.valid.sum()) for batch in checked), since + 1
        if loss < best:
            best, kept, since = loss, copy.deepcopy(scorer.state_dict()), 0
        if since == _PATIENCE:
            break
    scorer.load_state_dict(kept)
    return scorer, scaler


def predicted_heads(scorer: HeadScorer, scaler: Scaler, sentences: Sequence[Floats32]) -> list[Ints]:
    """The likeliest head of each word of each sentence (n, D): (n,), 0 for the root."""
    found: list[Ints] = [np.zeros(0, dtype=np.int64)] * len(sentences)
    nobody = [np.zeros(len(states), dtype=np.int64) for states in sentences]
    with torch.no_grad():
        for batch in _batches(HeadSample(sentences, nobody), scaler):
            likeliest = scorer(batch.states, batch.valid).argmax(dim=-1).numpy()
            for row, number in enumerate(batch.numbers):
                found[number] = likeliest[row, : len(sentences[number])]
    return found


@dataclass(frozen=True, eq=False)
class _Batch:
    """Sentences of about one length, padded."""

    numbers: list[int]
    states: Tensor
    """(B, n, D)"""
    valid: Tensor
    """(B, n)"""
    heads: Tensor
    """(B, n)"""


def _batches(sample: HeadSample, scaler: Scaler) -> list[_Batch]:
    """Sentences by length, so many at a time that they have some 500 places together."""
    lengths = np.array([len(states) for states in sample.states])
    order, groups = np.argsort(lengths, kind="stable"), list[list[int]]()
    for number in order.tolist():
        if not groups or (len(groups[-1]) + 1) * lengths[number] > _BATCH_WORDS:
            groups.append([])
        groups[-1].append(number)
    return [_padded(group, sample, scaler) for group in groups]


def _padded(numbers: list[int], sample: HeadSample, scaler: Scaler) -> _Batch:
    rows = [torch.from_numpy(scaler.apply(sample.states[number], np.float32)) for number in numbers]
    heads = [torch.from_numpy(sample.heads[number]) for number in numbers]
    states = nn.utils.rnn.pad_sequence(rows, batch_first=True)
    gold = nn.utils.rnn.pad_sequence(heads, batch_first=True, padding_value=_NOTHING)
    return _Batch(numbers, states, gold != _NOTHING, gold)


def _loss(scorer: HeadScorer, batch: _Batch) -> Tensor:
    """The mean over words of -log p(head | word)."""
    scores = scorer(batch.states, batch.valid)
    return cross_entropy(scores.flatten(0, 1), batch.heads.flatten(), ignore_index=_NOTHING)
