"""How well a model predicts the true tokens or labels, one by one, without search."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from embedseq.evaluation.answers import Answers
from embedseq.evaluation.scored import scored
from embedseq.statistics.measurement import Measurement

Floats = NDArray[np.float64]


def measure_loss(answers: Answers, counted: str = "nats per target token, teacher-forced") -> Measurement:
    """The cross-entropy `loss` in nats per token that is to be said, end symbols counted; `counted` says what the tokens are.

    Items (N, 2) are each text's sum of losses and number of tokens, in the order of the corpus; texts that the batches leave out
    (too long) have no item and lower the coverage.
    """
    return scored("loss", "ratio", answers.items, better="lower", signature=counted, coverage=answers.coverage)


def measure_perplexity(items: Floats, baseline: str = "", counted: str = "per token, end symbols counted") -> Measurement:
    """exp(nats / tokens) of items (N, 2); `counted` says what the tokens are. The unknown token is one like any other, so that
    perplexities compare models of one vocabulary only."""
    return scored("perplexity", "perplexity", items, baseline, "lower", counted)


def measure_word_perplexity(items: Floats, words: Sequence[int], baseline: str = "") -> Measurement:
    """exp(nats / words) of items (N, 2) whose texts have so many words (N,), and one end each: models of words and of pieces are
    counted by the same words. An unknown token costs no more than a known one, which favours small vocabularies of words."""
    per_word = np.stack((items[:, 0], np.asarray(words, dtype=np.float64) + 1.0), axis=1)
    counted = "per word and end of text; words and marks as the word tokeniser parts them"
    return scored("word-perplexity", "perplexity", per_word, baseline, "lower", counted)
