"""Language models that count: what a trained one must beat. Tokens are ids; START is never predicted, END is.

The unknown token counts as a token like any other. All probabilities sum to one over every id but PAD and START.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from embedseq.text.vocabulary import END, START

Ids = NDArray[np.int64]
Floats = NDArray[np.float64]
TOKENS_AT_ONCE = 1 << 20
NEVER_PREDICTED = 2
"""PAD and START."""
NO_CONTEXT = -1
"""The key of a context that was never seen."""
USUAL_DISCOUNT = 0.5
"""Where no n-gram came once, so that there is nothing to estimate a discount from."""
LARGEST = 1 << 21
"""The most tokens of a vocabulary whose trigrams can be numbered with 63 bits."""


@dataclass(frozen=True)
class Counts:
    """How often n-grams came; key = context · V + token, where a context is numbered likewise. Sorted by key."""

    keys: Ids
    counts: Ids

    @classmethod
    def of(cls, chunks: Iterable[Ids]) -> Self:
        """Count the keys of all chunks; memory grows with the different ones alone."""
        keys, counts = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        for chunk in chunks:
            new, often = np.unique(chunk, return_counts=True)
            keys, place = np.unique(np.concatenate((keys, new)), return_inverse=True)
            counts = np.bincount(place, weights=np.concatenate((counts, often)), minlength=len(keys)).astype(np.int64)
        return cls(keys, counts)


class Interpolated:
    """p(w | h) = max(c(h w) - D, 0) / c(h ·) + D N(h ·) / c(h ·) · p_lower(w)   (Ney, Essen and Kneser 1994).

    One order of an interpolated model with an absolute discount. N(h ·) is how many different tokens followed h. A context that
    was never seen leaves all to the lower order. The discount is D = n1 / (n1 + 2 n2), with the numbers of n-grams that came once
    and twice.
    """

    def __init__(self, counts: Counts, vocabulary_size: int) -> None:
        if len(counts.keys) == 0:
            raise ValueError("Expected at least one token in the training split.")
        self.counts, self.vocabulary_size = counts, vocabulary_size
        self.contexts, first = np.unique(counts.keys // vocabulary_size, return_index=True)
        self.totals = np.add.reduceat(counts.counts, first)
        self.followers = np.diff(np.append(first, len(counts.keys)))
        once, twice = (int((counts.counts == times).sum()) for times in (1, 2))
        self.discount = once / (once + 2 * twice) if once else USUAL_DISCOUNT

    def probabilities(self, contexts: Ids, tokens: Ids, lower: Floats | float) -> Floats:
        """p(token | context) for each of N: contexts (N,), tokens (N,) and what the lower order says, (N,) -> (N,)."""
        count = _found(self.counts.keys, self.counts.counts, contexts * self.vocabulary_size + tokens)
        total = _found(self.contexts, self.totals, contexts)
        followers = _found(self.contexts, self.followers, contexts)
        seen = np.maximum(count - self.discount, 0.0) + self.discount * followers * lower
        return np.where(total > 0, seen / np.maximum(total, 1), lower)


@dataclass(frozen=True)
class Unigrams:
    """p(w) = max(c(w) - D, 0) / c(·) + D N(·) / c(·) · 1 / (V - 2): each token's share, a little kept for those never seen."""

    order: Interpolated

    @classmethod
    def count(cls, sentences: Sequence[NDArray[np.int32]], vocabulary_size: int, with_end: bool = True) -> Self:
        """Of sentences of ids without START and END; `with_end` counts the end of each as a token."""
        streams = _streams(sentences)
        tokens = (stream[(stream != START) & (with_end | (stream != END))] for stream in streams)
        return cls(Interpolated(Counts.of(tokens), vocabulary_size))

    def probabilities(self, tokens: Ids) -> Floats:
        """p(w) of tokens (N,)."""
        return self.order.probabilities(np.zeros_like(tokens), tokens, _uniform(self.order.vocabulary_size))

    def nats(self, sentence: Ids) -> Floats:
        """-log p of each token of a sentence of S ids, and of its end: (S + 1,)."""
        nats: Floats = -np.log(self.probabilities(np.append(sentence, END).astype(np.int64)))
        return nats


@dataclass(frozen=True)
class KneserNeyTrigrams:
    """p(w | u v), interpolated: below the trigrams stand not counts of n-grams but of the different tokens that came before them
    (Kneser and Ney 1995; interpolated as in Chen and Goodman 1998).

    A sentence is START, its tokens, END. Nothing comes before START, so that the bigrams that begin with it keep their counts.
    One discount an order. Below the unigrams all tokens are alike.
    """

    orders: tuple[Interpolated, Interpolated, Interpolated]
    """Of unigrams, bigrams, trigrams."""

    @classmethod
    def count(cls, sentences: Sequence[NDArray[np.int32]], vocabulary_size: int) -> Self:
        """Of sentences of ids without START and END. Raises ValueError for a vocabulary that is too large to number trigrams."""
        if vocabulary_size > LARGEST:
            raise ValueError(f"Trigrams of {vocabulary_size:,} tokens cannot be numbered, only of {LARGEST:,}.")
        size = vocabulary_size
        trigrams = Counts.of(_ngrams(stream, size, 3) for stream in _streams(sentences))
        bigrams = Counts.of(_ngrams(stream, size, 2) for stream in _streams(sentences))
        first = bigrams.keys // size == START
        beginnings = Counts(bigrams.keys[first], bigrams.counts[first])
        preceded = Counts.of((trigrams.keys % (size * size),))
        joined = np.concatenate((beginnings.keys, preceded.keys))
        order = np.argsort(joined)
        lower = Counts(joined[order], np.concatenate((beginnings.counts, preceded.counts))[order])
        lowest = Counts.of((bigrams.keys % size,))
        unigrams, of_two, of_three = (Interpolated(counts, size) for counts in (lowest, lower, trigrams))
        return cls((unigrams, of_two, of_three))

    def probabilities(self, before: Ids, last: Ids, tokens: Ids) -> Floats:
        """p(w | u v) for u (N,), v (N,), w (N,); u is NO_CONTEXT where v is START."""
        unigrams, bigrams, trigrams = self.orders
        size = unigrams.vocabulary_size
        lowest = unigrams.probabilities(np.zeros_like(tokens), tokens, _uniform(size))
        lower = bigrams.probabilities(last, tokens, lowest)
        contexts = np.where(before == NO_CONTEXT, NO_CONTEXT, before * size + last)
        return trigrams.probabilities(contexts, tokens, lower)

    def nats(self, sentence: Ids) -> Floats:
        """-log p of each token of a sentence of S ids after those before it, and of its end: (S + 1,)."""
        tokens = np.append(sentence, END).astype(np.int64)
        last = np.insert(tokens[:-1], 0, START)
        before = np.insert(last[:-1], 0, NO_CONTEXT)
        nats: Floats = -np.log(self.probabilities(before, last, tokens))
        return nats


def _uniform(vocabulary_size: int) -> float:
    return 1.0 / (vocabulary_size - NEVER_PREDICTED)


def _streams(sentences: Sequence[NDArray[np.int32]]) -> Iterator[Ids]:
    """START, ids, END of one sentence after the other, about so many tokens at once."""
    parts: list[Ids] = []
    held = 0
    for sentence in sentences:
        parts.append(np.concatenate(((START,), sentence, (END,))).astype(np.int64))
        held += len(sentence)
        if held >= TOKENS_AT_ONCE:
            yield np.concatenate(parts)
            parts, held = [], 0
    if parts:
        yield np.concatenate(parts)


def _ngrams(stream: Ids, size: int, order: int) -> Ids:
    """The keys of all n-grams of a stream that lie within one sentence."""
    starts = np.flatnonzero(stream == START)
    keys = np.zeros(max(0, len(stream) - order + 1), dtype=np.int64)
    for place in range(order):
        keys = keys * size + stream[place : place + len(keys)]
    within = np.ones(len(stream), dtype=bool)
    for back in range(1, order):
        within[starts[1:] - back] = False
    return keys[within[: len(keys)]]


def _found(keys: Ids, values: NDArray[np.int64], wanted: Ids) -> NDArray[np.int64]:
    """The values of the wanted keys (N,), 0 for those that are not there; `keys` are sorted."""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0)
