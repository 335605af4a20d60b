"""What scores are of counts that were summed over sentences, so that intervals can be drawn from the sentences.

sacrebleu counts for BLEU and chrF (`texts`); what these are of summed counts is here once more, over whole arrays. Both give the
same numbers.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedseq.statistics.bootstrap import ratio

Floats = NDArray[np.float64]
ORDERS = 4
"""The longest n-grams of BLEU."""
BETA_SQUARED = 4.0
"""chrF2 weighs recall twice as much as precision."""


def bleu_of(sums: Floats) -> Floats:
    """BLEU (Papineni et al. 2002) as sacrebleu reckons it, with exponential smoothing of orders without a match.

    sums (..., 10): system length, reference length, matches of order 1 to 4, n-grams of order 1 to 4; -> (...), 0 to 100.
    """
    system, reference = sums[..., 0], sums[..., 1]
    matches, totals = sums[..., 2 : 2 + ORDERS], sums[..., 2 + ORDERS :]
    # The first order without a match counts as half a match, the second as a quarter, and so on.
    smoothed = np.where(matches > 0, matches, 0.5 ** np.cumsum(matches == 0, axis=-1))
    defined = (totals > 0).all(axis=-1) & (matches > 0).any(axis=-1)
    precisions = smoothed / np.where(totals > 0, totals, 1.0)
    brevity = np.minimum(0.0, 1.0 - reference / np.where(system > 0, system, 1.0))
    value: Floats = np.where(defined, 100.0 * np.exp(brevity + np.log(precisions).mean(axis=-1)), 0.0)
    return value


def chrf_of(sums: Floats) -> Floats:
    """chrF2 (Popović 2015) as sacrebleu reckons it: precision and recall are means over the orders that both sides have.

    sums (..., 18): for the orders 1 to 6 the character n-grams of the system, of the reference, and of both; -> (...), 0 to 100.
    """
    counts = sums.reshape(*sums.shape[:-1], -1, 3)
    system, reference, both = counts[..., 0], counts[..., 1], counts[..., 2]
    present = (system > 0) & (reference > 0)
    orders = np.maximum(present.sum(axis=-1), 1)
    precision = np.where(present, both / np.where(system > 0, system, 1.0), 0.0).sum(axis=-1) / orders
    recall = np.where(present, both / np.where(reference > 0, reference, 1.0), 0.0).sum(axis=-1) / orders
    weighted = BETA_SQUARED * precision + recall
    value: Floats = 100.0 * (1.0 + BETA_SQUARED) * precision * recall / np.where(weighted > 0, weighted, 1.0)
    return value


def macro_f1_of(sums: Floats) -> Floats:
    """The mean F1 of the labels that occur, in the gold labels or in the predictions; each weighs the same.

    sums (..., 3 C): for each of C labels how often it was right, predicted, and gold; -> (...), 0 to 1.
    """
    counts = sums.reshape(*sums.shape[:-1], -1, 3)
    right, either = counts[..., 0], counts[..., 1] + counts[..., 2]
    occurs = either > 0
    each = 2.0 * right / np.where(occurs, either, 1.0)  # 2 TP / (2 TP + FP + FN)
    value: Floats = each.sum(axis=-1) / np.maximum(occurs.sum(axis=-1), 1)
    return value


def perplexity_of(sums: Floats) -> Floats:
    """exp(nats / tokens): the perplexity.  sums (..., 2): nats, tokens (or words); -> (...), 1 and more."""
    value: Floats = np.exp(ratio(sums))
    return value


STATISTICS: Mapping[str, Callable[[Floats], Any]] = {
    "bleu": bleu_of,
    "bleu-lc": bleu_of,
    "chrf": chrf_of,
    "macro-f1": macro_f1_of,
    "perplexity": perplexity_of,
}
"""For intervals: what a measurement of this `statistic` is of its summed columns, over leading axes (..., K) -> (...)."""
