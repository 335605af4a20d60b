"""What the scores of probes that run a model are of counts summed over sentences, so that intervals can be drawn from them."""

import numpy as np
from numpy.typing import NDArray

from embedseq.statistics.bootstrap import Additives

Floats = NDArray[np.float64]


def aer_of(sums: Floats) -> Floats:
    """The alignment error rate 1 - 2 |A ∩ G| / (|A| + |G|) for sure links alone (Och and Ney 2003, equation 19 with S = P).

    sums (..., 3): links in both, links found (A), gold links (G); -> (...), 0 to 1, NaN without links.
    """
    total = sums[..., 1] + sums[..., 2]
    agreed: Floats = np.divide(2.0 * sums[..., 0], total, out=np.full(total.shape, np.nan), where=total > 0)
    return 1.0 - agreed


def decay_of(sums: Floats) -> Floats:
    """The slope of log(norm at distance d / norm at distance 0) over d = 1, 2, …, D by least squares: nats a step.

    sums (..., 2 D): for each d the summed norms at d, and those at 0 of the same positions; -> (...). Distances without a
    gradient, or without positions, are left out; NaN where fewer than two are left.
    """
    pairs = sums.reshape(*sums.shape[:-1], -1, 2)
    there = (pairs > 0).all(axis=-1)
    logs = np.log(np.where(there, pairs[..., 0], 1.0)) - np.log(np.where(there, pairs[..., 1], 1.0))
    steps = np.broadcast_to(np.arange(1.0, pairs.shape[-2] + 1), there.shape)
    count = there.sum(axis=-1)
    mean = (steps * there).sum(axis=-1) / np.maximum(count, 1)
    from_mean = np.where(there, steps - mean[..., None], 0.0)
    spread = (from_mean**2).sum(axis=-1)
    slope: Floats = np.divide(
        (from_mean * logs).sum(axis=-1), spread, out=np.full(spread.shape, np.nan), where=(count > 1) & (spread > 0)
    )
    return slope


def effective_context_of(sums: Floats) -> Floats:
    """The shortest context n in which a token's loss is less than ε above its loss in full context (Khandelwal et al. 2018,
    section 3); n_1 or the longest n asked where it would be shorter, or longer.

    Between the contexts that were asked the increase is taken to fall in a straight line. Without that the number could only be
    one of n_1, n_2, …, and would leap from one to the next: no bootstrap or jackknife says how sure such a step is.

    sums (..., 3 M + 2): M increases of the loss, M counts of tokens, then n_1 < … < n_M, ε and 1, each times the number of items;
    -> (...).
    """
    asked = (sums.shape[-1] - 2) // 3
    increases, tokens, lengths = (sums[..., first * asked : (first + 1) * asked] for first in range(3))
    items = np.where(sums[..., -1:] > 0, sums[..., -1:], 1.0)
    epsilon = sums[..., -2:-1] / items
    enough = (tokens > 0) & (increases < epsilon * tokens)
    enough[..., -1] |= ~enough.any(axis=-1)
    above = increases / np.where(tokens > 0, tokens, 1.0) - epsilon  # below 0 where the context is long enough
    shortest = enough.argmax(axis=-1)[..., None]
    before = np.maximum(shortest - 1, 0)
    (too_much, little), (shorter, longer) = (
        (np.take_along_axis(each, before, axis=-1)[..., 0], np.take_along_axis(each, shortest, axis=-1)[..., 0])
        for each in (above, lengths / items)
    )
    crosses = (shortest[..., 0] > 0) & (too_much >= 0) & (little < 0)
    way = np.where(crosses, too_much / np.where(crosses, too_much - little, 1.0), 1.0)
    found: Floats = shorter + way * (longer - shorter)
    return found


STATISTICS: Additives = {"aer": aer_of, "decay": decay_of, "effective-context": effective_context_of}
"""For intervals: what a measurement of this `statistic` is of its summed columns, over leading axes (..., K) -> (...)."""
