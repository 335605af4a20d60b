"""Running a model to see what it looks at: its weights, the norms of what they weigh, gradients, and what erasing a word does."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from embedseq.errors import RequestError
from embedseq.models.attention.value_norms import recorded_value_norms
from embedseq.models.interfaces import Model
from embedseq.models.seq2seq import Seq2Seq
from embedseq.probes.attention_maps import AttentionMaps, Floats32, SentenceMaps
from embedseq.probes.embedded_input import differentiable, followed
from embedseq.probes.sent_back import SentBack, output_states
from embedseq.text.batches import Batch
from embedseq.text.vocabulary import UNK

Starts = Sequence[Sequence[int]]
"""For each sentence the token that each of its words begins with (`WordTokens.starts`)."""
_CELLS_AT_ONCE = 4_000_000
"""Numbers of output distributions that are held at a time."""


def capture_attention(
    model: Model,
    batches: Iterable[Batch],
    source_words: Starts | None = None,
    target_words: Starts | None = None,
    erasure: bool = False,
) -> AttentionMaps:
    """What an encoder-decoder looks at in each source word when it predicts each word of the true target, in evaluation mode.

    `batches` hold each of N pairs once; maps are in the order of `Batch.rows`, 0 to N - 1. Without `source_words`, or without
    `target_words`, a token is a word. Pieces become words: over a source word's pieces numbers are summed, over a target word's
    they are averaged. Gradients are |Σ_d (∂ log p(y_t) / ∂ x_sd) x_sd| with x_s the embedded source token before positions are
    added. With `erasure` every source word in turn is replaced by the unknown symbol (a word that is gone would move all that
    follow it), and the effect at a target word is the total variation between both distributions, ½ Σ_v |p(v) - p'(v)|.

    The maps are the same, to the tolerance of floats, however the sentences are batched. Raises RequestError for a model that
    reads no words, or several sources; ValueError where words and tokens, or rows, do not fit.
    """
    checked = _checked(model)
    found: dict[int, SentenceMaps] = {}
    layers = 0
    with differentiable(checked) as device:
        for batch in batches:
            run = _run(checked, batch.to(device))
            layers = run.layers
            for place, row in enumerate(batch.rows.tolist()):
                words = _Words.of(run, place, _of_row(source_words, row), _of_row(target_words, row))
                erased = _erased(checked, run, place, words) if erasure else None
                found[row] = _sentence(run, place, words, erased)
    if sorted(found) != list(range(len(found))):
        raise ValueError(f"batches must hold the pairs 0 to {len(found) - 1}, each of them once")
    return AttentionMaps.of([found[row] for row in range(len(found))], layers)


def _of_row(starts: Starts | None, row: int) -> Sequence[int] | None:
    return None if starts is None else starts[row]


def _checked(model: Model) -> Seq2Seq:
    if not isinstance(model, Seq2Seq) or model.source.words is None or len(model.further) > 0:
        raise RequestError(
            "expected an encoder-decoder that reads one source of words, found a model of another kind, with frames or with "
            "several sources: leave it out of probes of attention"
        )
    return model


@dataclass(frozen=True)
class _Run:
    """One batch as the model saw it. logits: (B, T, V); gradients: (B, T, S); weights: (B, T, H, S); norms: (B, H, S)."""

    batch: Batch
    logits: Tensor
    gradients: Tensor
    weights: Tensor | None
    norms: Tensor | None
    layers: int


def _run(model: Seq2Seq, batch: Batch) -> _Run:
    with recorded_value_norms(model.decoder) as norms, followed(model.source) as source:
        decoded = model.predict(batch, weights=True)
        joined = norms.joined
    weights = decoded.attention
    truths = batch.target_out.unsqueeze(-1)
    said = torch.log_softmax(decoded.logits, dim=-1).gather(-1, truths).squeeze(-1).masked_fill(~batch.target_valid, 0.0)
    sent_back = SentBack(said, output_states(decoded))
    steps = torch.arange(said.shape[1], device=said.device)
    effects = []
    for step in steps:
        gradient = sent_back.to(source.embedded, (steps == step).expand_as(said))
        effects.append((gradient * source.embedded.detach()).sum(dim=-1).abs())
    return _Run(
        batch,
        decoded.logits.detach(),
        torch.stack(effects, dim=1),
        None if weights is None else weights.detach(),
        None if joined is None or weights is None else joined.detach(),
        0 if weights is None else norms.layers,
    )


@dataclass(frozen=True)
class _Words:
    """Where the words of a pair begin among its tokens, the end symbol as a last word, and how many tokens there are."""

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    source_tokens: int
    target_tokens: int

    @staticmethod
    def of(run: _Run, place: int, source: Sequence[int] | None, target: Sequence[int] | None) -> "_Words":
        """Those of the pair at a place of a batch."""
        source_tokens, target_tokens = (int(valid[place].sum()) for valid in (run.batch.source_valid, run.batch.target_valid))
        return _Words(_begins(source, source_tokens), _begins(target, target_tokens), source_tokens, target_tokens)


def _begins(starts: Sequence[int] | None, tokens: int) -> NDArray[np.int64]:
    """Where each word and the end symbol begin. What stands before the first word belongs to it."""
    begins = np.array([*(range(tokens - 1) if starts is None else starts), tokens - 1], dtype=np.int64)
    if (np.diff(begins) <= 0).any() or begins[0] < 0 or (len(begins) == 1 and tokens > 1):
        raise ValueError(f"words that begin at the tokens {begins[:-1].tolist()} are not words of {tokens - 1} tokens")
    begins[0] = 0
    return begins


def _sentence(run: _Run, place: int, words: _Words, erased: Floats32 | None) -> SentenceMaps:
    def pooled(numbers: Tensor) -> Floats32:
        """(T, …, S) of tokens, padding and all, to (T, …, S) of words."""
        real: NDArray[Any] = numbers[: words.target_tokens, ..., : words.source_tokens].numpy(force=True)
        summed = np.add.reduceat(real, words.source, axis=-1)
        return _mean_over_pieces(summed, words).astype(np.float32)

    weights = None if run.weights is None else run.weights[place]
    norms = None if weights is None or run.norms is None else weights * run.norms[place]
    return SentenceMaps(
        pooled(run.gradients[place]),
        None if weights is None else pooled(weights),
        None if norms is None else pooled(norms),
        erased,
    )


def _mean_over_pieces(numbers: NDArray[Any], words: _Words) -> NDArray[Any]:
    """(T, …) of target tokens to (T, …) of target words."""
    pieces = np.diff(np.append(words.target, words.target_tokens))
    mean: NDArray[Any] = np.add.reduceat(numbers, words.target, axis=0) / pieces.reshape(-1, *([1] * (numbers.ndim - 1)))
    return mean


@torch.no_grad()
def _erased(model: Seq2Seq, run: _Run, place: int, words: _Words) -> Floats32:
    """(T, S) of words: how far each distribution moves when a source word is unknown; 0 for the end symbol."""
    batch = run.batch
    source, valid = (each[place : place + 1, : words.source_tokens] for each in (batch.source, batch.source_valid))
    read, write, real = (
        each[place : place + 1, : words.target_tokens] for each in (batch.target_in, batch.target_out, batch.target_valid)
    )
    alone = Batch(batch.rows[place : place + 1], source, valid, read, write, real)
    before = torch.softmax(run.logits[place : place + 1, : words.target_tokens], dim=-1)
    moved = np.zeros((words.target_tokens, len(words.source)), dtype=np.float64)
    at_once = max(1, _CELLS_AT_ONCE // before.numel())
    for first, last in _stretches(len(words.source) - 1, at_once):
        variants = _without(alone, words, range(first, last))
        after = torch.softmax(model.predict(variants).logits, dim=-1)
        distance = 0.5 * (after - before).abs().sum(dim=-1)  # (words, T)
        moved[:, first:last] = distance.T.numpy(force=True)
    return _mean_over_pieces(moved, words).astype(np.float32)


def _stretches(count: int, at_once: int) -> Iterator[tuple[int, int]]:
    for first in range(0, count, at_once):
        yield first, min(count, first + at_once)


def _without(alone: Batch, words: _Words, erased: range) -> Batch:
    """A pair, once for each of some source words, whose pieces are unknown there."""
    sources = alone.source.repeat(len(erased), 1)
    for variant, word in enumerate(erased):
        sources[variant, words.source[word] : words.source[word + 1]] = UNK
    rest = {
        name: getattr(alone, name).expand(len(erased), *getattr(alone, name).shape[1:])
        for name in ("rows", "source_valid", "target_in", "target_out", "target_valid")
    }
    return replace(alone, source=sources, **rest)
