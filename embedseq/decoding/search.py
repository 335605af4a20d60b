"""Greedy and beam search over a batch of sentences, written once, against `start`, `step` and `select`.

A step continues all live hypotheses of a sentence and keeps the `beam` best continuations. Those that end leave the beam for the
sentence's n-best list; the others live on, and the next step fills the beam again from their continuations. With a beam of 1 this
is greedy search: it ends where the end symbol is likeliest.
"""

import math
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
    """The hypotheses of the sentences that are still searched: B of them, with W places each, of which R hold a live one."""

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
    live: Tensor
    """(R,) which of the B W places hold a live hypothesis, in order."""
    state: Any
    """The decoder's, of R rows."""


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
        live=torch.arange(batch, device=device),
        state=model.start(memory),
    )


def _advance(model: Steps, beam: _Beam, settings: SearchSettings, found: list[BestHypotheses]) -> _Beam:
    """One step of all live hypotheses."""
    width, length = beam.tokens.shape[1:]  # length of what ends now: the end symbol takes the start symbol's place in the count
    step = model.step(beam.tokens[:, :, -1].flatten()[beam.live], beam.state)
    best = best_continuations(step.logits, beam.live, beam.totals, length > beam.limits, settings.beam)
    ended = (best.tokens == END) & (best.totals > -torch.inf)
    bars = _collect(beam, best, ended, length, settings, found)
    totals = best.totals.masked_fill(ended, -torch.inf)
    hopeful = _hopeful(totals, bars, length, beam.limits, settings)
    going = hopeful.any(dim=1).nonzero().squeeze(1)
    live = hopeful[going].flatten().nonzero().squeeze(1)
    parents = (going.unsqueeze(1) * width + best.parents[going]).flatten()
    histories = beam.tokens.flatten(0, 1)[parents].view(*best.tokens[going].shape, length)
    return _Beam(
        sentences=beam.sentences[going],
        limits=beam.limits[going],
        bars=bars[going],
        tokens=torch.cat((histories, best.tokens[going].unsqueeze(2)), dim=2),
        totals=totals[going].masked_fill(~hopeful[going], -torch.inf),
        live=live,
        state=_select(step.state, torch.searchsorted(beam.live, parents[live]), len(beam.live)),
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
    rows, places = ended.nonzero(as_tuple=True)
    lists = [found[sentence] for sentence in beam.sentences[rows].tolist()]
    histories = beam.tokens[rows, best.parents[rows, places], 1:].tolist()
    for into, tokens, total in zip(lists, histories, best.totals[rows, places].tolist(), strict=True):
        into.add(Hypothesis(tuple(tokens), score(total, length, settings.length_penalty), total))
    bars = torch.tensor([into.bar for into in lists], dtype=torch.float64, device=rows.device)
    return beam.bars.index_put((rows,), bars)


def _hopeful(totals: Tensor, bars: Tensor, length: int, limits: Tensor, settings: SearchSettings) -> Tensor:
    """(B, W) bool: which hypotheses of `length` tokens with these log-probabilities, (B, W), are worth going on with, where the
    n-best lists ask for a score above the bars (B,).

    A log-probability never rises. Divided by length^a with a > 0 it looks best on the longest hypothesis allowed, limit + 1
    tokens with the end symbol, should all further tokens be certain; with a = 0 it is the bound itself. A hypothesis whose bound
    does not reach the bar can be given up by itself, and no list changes: what continues it does not reach it either, and
    whatever still does is likelier than that, so that it was never kept out of the beam by it.
    """
    bars = bars.unsqueeze(1)
    if settings.stop == "full":
        return (totals > -torch.inf) & (bars == -torch.inf)
    if settings.stop == "present":
        best = totals.amax(dim=1, keepdim=True) / math.pow(length, settings.length_penalty)
        return (totals > -torch.inf) & (best > bars)
    longest: Tensor = (limits + 1).unsqueeze(1).double() ** settings.length_penalty
    return (totals > -torch.inf) & (totals / longest >= bars)  # an equal score may yet enter a list, by its tokens
