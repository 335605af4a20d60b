"""The best continuations of the live hypotheses of a batch, in tensors. Which of them end, and when search does, is not here."""

from dataclasses import dataclass

import torch
from torch import Tensor

from embedseq.decoding.largest import largest
from embedseq.text.vocabulary import END, PAD, START

NEVER = (PAD, START)
"""Symbols that no sentence contains. Their probability stays lost: scores are the model's own."""


@dataclass(frozen=True)
class Continuations:
    """The W best continuations of each sentence, best first; of equals that of the better parent, then that with the lower id."""

    totals: Tensor
    """(B, W) float64 log-probabilities of the whole hypothesis; minus infinity where there is none."""
    parents: Tensor
    """(B, W) which live hypothesis of the sentence is continued."""
    tokens: Tensor
    """(B, W) the token that continues it."""


def best_continuations(logits: Tensor, live: Tensor, totals: Tensor, must_end: Tensor, count: int) -> Continuations:
    """The `count` best continuations of each sentence, or all where there are fewer.

    logits (R, V) of the live hypotheses, live (R,) their places among B W, totals (B, W) float64 their log-probabilities,
    must_end (B,) bool: sentences at their greatest length, which only the end symbol may continue. All is float64 from the
    normalised logits on, so that the sums of long hypotheses stay exact.
    """
    batch, width = totals.shape
    best = _best_of(logits, count + len(NEVER))
    log_probs, tokens = best.log_probs, best.tokens
    for symbol in NEVER:
        log_probs.masked_fill_(tokens == symbol, -torch.inf)
    if bool(must_end.any()):
        only_end = torch.full_like(log_probs, -torch.inf)
        only_end[:, 0] = best.ends
        ending = must_end[live.div(width, rounding_mode="floor")].unsqueeze(1)
        log_probs = torch.where(ending, only_end, log_probs)
        tokens = torch.where(ending, torch.full_like(tokens, END), tokens)
    columns = tokens.shape[1]
    sums = totals.view(-1, 1)[live] + log_probs
    if len(live) < batch * width:
        sums = sums.new_full((batch * width, columns), -torch.inf).index_copy_(0, live, sums)
        tokens = tokens.new_full((batch * width, columns), END).index_copy_(0, live, tokens)
    # In each sentence the sums are in the order of (parent, token id), which a stable sort keeps among equals.
    ordered, places = sums.view(batch, -1).sort(dim=1, descending=True, stable=True)
    chosen = places[:, :count]
    return Continuations(
        ordered[:, :count], chosen.div(columns, rounding_mode="floor"), tokens.reshape(batch, -1).gather(1, chosen)
    )


@dataclass(frozen=True)
class _Best:
    """The best tokens of each of R hypotheses, in the order of their ids."""

    log_probs: Tensor
    """(R, C) float64."""
    tokens: Tensor
    """(R, C)."""
    ends: Tensor
    """(R,) float64: the log-probability of the end symbol."""


def _best_of(logits: Tensor, count: int) -> _Best:
    """The `count` best tokens of logits (R, V).

    The normaliser log Σ exp is told by the largest of them, which is among the best, and its log-probability: torch's log-softmax
    is one pass over the vocabulary, its logsumexp three.
    """
    values, tokens = best_tokens(logits, count)
    place = values.argmax(dim=1, keepdim=True)
    largest_log_prob = logits.log_softmax(dim=1).gather(1, tokens.gather(1, place))
    normaliser = values.gather(1, place).double() - largest_log_prob.double()  # (R, 1)
    return _Best(values.double() - normaliser, tokens, logits[:, END].double() - normaliser.squeeze(1))


def best_tokens(logits: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The values and ids of the `count` best tokens of each row, or of all where there are fewer, in the order of their ids.

    Of equal values the lower ids are taken; `largest` alone takes any.  logits (R, V) -> (R, count) twice
    """
    vocabulary = logits.shape[1]
    if vocabulary <= count:
        return logits, torch.arange(vocabulary, device=logits.device).expand_as(logits)
    values, ids = largest(logits, count + 1)
    tied = values[:, count - 1] == values[:, count]  # the cut goes through equals
    if bool(tied.any()):
        full_values, full_ids = logits[tied].sort(dim=1, descending=True, stable=True)
        values[tied], ids[tied] = full_values[:, : count + 1], full_ids[:, : count + 1]
    ordered_ids, places = ids[:, :count].sort(dim=1)
    return values.gather(1, places), ordered_ids
