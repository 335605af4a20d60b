"""Greedy and beam search over a batch of sentences, written once, against `start`, `step` and `select`.

A step continues all live hypotheses of a sentence and keeps the `beam` best continuations. Those that end leave the beam for the
sentence's n-best list; the others live on, and the next step fills the beam again from their continuations. With a beam of 1 this
is greedy search: it ends where the end symbol is likeliest.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from embedseq.decoding.candidates import Continuations, best_continuations
from embedseq.decoding.hypothesis import BestHypotheses, Hypothesis, score
from embedseq.decoding.settings import SearchSettings
from embedseq.errors import WorkError
from embedseq.text.vocabulary import END, START

EXTRA_LENGTH = 10
"""A hypothesis may always be so many tokens longer than `max_ratio` times its source."""


class Stepped(Protocol):
    """What a step of a decoder returns, as far as search looks at it."""

    @property
    def logits(self) -> Tensor:
        """(R, V) for the token that comes next in each row."""

    @property
    def state(self) -> Any:
        """What the next step starts from; `state.select(rows)` repeats and reorders its rows."""


class Steps(Protocol):
    """A model that can be searched."""

    def start(self, memory: Any) -> Any:
        """The state before the first token, a row for each sentence of the memory."""

    def step(self, tokens: Tensor, state: Any) -> Stepped:
        """Reads the last tokens (R,) of all rows."""


@dataclass(frozen=True)
class _Beam:
    """The live hypotheses of the sentences that are still searched: B of them, W hypotheses each."""

    sentences: Tensor
    """(B,) their places in the batch."""
    limits: Tensor
    """(B,) the most tokens of a hypothesis, its end symbol not counted."""
    bars: Tensor
    """(B,) float64: the score that the n-best list asks of newcomers."""
    tokens: Tensor
    """(B, W, 1 + t) from the start symbol on."""
    totals: Tensor
    """(B, W) float64 log-probabilities; minus infinity where no hypothesis lives."""
    state: Any
    """The decoder's, of B W rows."""


@torch.inference_mode()
def search(model: Steps, memory: Any, settings: SearchSettings, source_lengths: Tensor) -> list[list[Hypothesis]]:
    """The n-best list of each sentence of the memory, best first, n = `settings.beam`.

    source_lengths (B,): tokens of the sources, end symbols not counted. A hypothesis has at most `max_length` tokens and at
    most `max_ratio` times its source's plus 10; one that is so long can only end. PAD and START are never produced.
    A sentence's list does not depend on the batch that it is in: nothing is compared across sentences, and those that are
    finished leave. Raises WorkError where a sentence has no hypothesis because the model's probabilities are not numbers.
    """
    found = [BestHypotheses(settings.beam) for _ in range(len(source_lengths))]
    beam = _first_beam(model, memory, settings, source_lengths)
    while len(beam.sentences):
        beam = _advance(model, beam, settings, found)
    lists = [best.ranked() for best in found]
    for row, hypotheses in enumerate(lists):
        if not hypotheses:
            raise WorkError(f"Search found no output for sentence {row} of a batch: the model's probabilities are not numbers.")
    return lists


def _first_beam(model: Steps, memory: Any, settings: SearchSettings, source_lengths: Tensor) -> _Beam:
    """One live hypothesis a sentence, the start symbol."""
    batch, device = len(source_lengths), source_lengths.device
    by_source = (source_lengths.double() * settings.max_ratio).floor().long() + EXTRA_LENGTH
    return _Beam(
        sentences=torch.arange(batch, device=device),
        limits=by_source.clamp(max=settings.max_length),
        bars=torch.full((batch,), -torch.inf, dtype=torch.float64, device=device),
        tokens=torch.full((batch, 1, 1), START, device=device),
        totals=torch.zeros(batch, 1, dtype=torch.float64, device=device),
        state=model.start(memory),
    )


def _advance(model: Steps, beam: _Beam, settings: SearchSettings, found: list[BestHypotheses]) -> _Beam:
    """One step of all live hypotheses."""
    batch, width = beam.totals.shape
    step = model.step(beam.tokens[:, :, -1].flatten(), beam.state)
    length = beam.tokens.shape[2]  # of what ends now: the end symbol takes the start symbol's place in the count
    best = best_continuations(step.logits.view(batch, width, -1), beam.totals, length > beam.limits, settings.beam)
    ended = (best.tokens == END) & (best.totals > -torch.inf)
    bars = _collect(beam, best, ended, length, settings, found)
    totals = best.totals.masked_fill(ended, -torch.inf)
    going = (_best_possible(totals.amax(dim=1), length, beam.limits, settings) > bars).nonzero().squeeze(1)
    rows = (going.unsqueeze(1) * width + best.parents[going]).flatten()
    histories = beam.tokens.flatten(0, 1)[rows].view(*best.tokens[going].shape, length)
    return _Beam(
        sentences=beam.sentences[going],
        limits=beam.limits[going],
        bars=bars[going],
        tokens=torch.cat((histories, best.tokens[going].unsqueeze(2)), dim=2),
        totals=totals[going],
        state=_select(step.state, rows, batch * width),
    )


def _select(state: Any, rows: Tensor, of: int) -> Any:
    """The rows of a state that has `of` of them; no copy where all of them go on as they stand, as greedy search mostly does."""
    if len(rows) == 0:
        return None
    unchanged = len(rows) == of and torch.equal(rows, torch.arange(of, device=rows.device))
    return state if unchanged else state.select(rows)


def _collect(
    beam: _Beam, best: Continuations, ended: Tensor, length: int, settings: SearchSettings, found: list[BestHypotheses]
) -> Tensor:
    """Puts the hypotheses that ended into their sentences' lists; returns the bars (B,) thereafter."""
    bars = beam.bars.clone()
    for row, place in ended.nonzero().tolist():
        total = float(best.totals[row, place])
        tokens = beam.tokens[row, best.parents[row, place], 1:].tolist()
        into = found[int(beam.sentences[row])]
        into.add(Hypothesis(tuple(tokens), score(total, length, settings.length_penalty), total))
        bars[row] = into.bar
    return bars


def _best_possible(totals: Tensor, length: int, limits: Tensor, settings: SearchSettings) -> Tensor:
    """The highest score that any continuation of live hypotheses with these log-probabilities may still reach.  (B,) -> (B,)

    A log-probability never rises. Divided by length^a with a > 0 it looks best on the longest hypothesis allowed, limit + 1
    tokens with the end symbol, should all further tokens be certain; with a = 0 it is the bound itself. Nothing that is live
    and could enter the n-best list is given up.
    """
    return totals / (limits + 1).double() ** settings.length_penalty
