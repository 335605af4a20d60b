"""What each item contributes to a statistic: the jackknife's pseudo-values (Tukey 1958), which vary as the statistic does."""

import math

import numpy as np

from embedseq.statistics.bootstrap import Additives, Floats, of_sums, spearman
from embedseq.statistics.ranks import mean_ranks

_CELLS_AT_ONCE = 2_000_000


def pseudo_values(name: str, items: Floats, additives: Additives | None = None) -> Floats:
    """N times the statistic of all items less N - 1 times that of all but one: items (N, K) -> (N,).

    Of a mean these are the items' own values. Their variance over N estimates the variance of the statistic.
    With fewer than two items, or where a statistic is undefined, NaN.
    """
    size = len(items)
    if size < 2:
        return np.full(size, math.nan)
    if name == "spearman":
        whole, without = spearman(items), _spearman_without(items)
    else:
        function, total = of_sums(name, additives), items.sum(axis=0)
        whole, without = np.asarray(function(total)), np.asarray(function(total - items), dtype=np.float64)
    values: Floats = size * whole - (size - 1) * without
    return values


def _spearman_without(pairs: Floats) -> Floats:
    """Spearman's rho of all pairs (N, 2) but one, each in turn: (N,).

    Without a value the ranks above it fall by one and those of its equals by a half; there is nothing to sort again.
    """
    size = len(pairs)
    ranks = mean_ranks(pairs)
    rows = max(1, _CELLS_AT_ONCE // size)
    blocks = []
    for start in range(0, size, rows):
        out = np.arange(start, min(size, start + rows))
        columns = []
        for values, of_values in zip(pairs.T, ranks.T, strict=True):
            left_out = values[out, None]
            centred = of_values - (values > left_out) - 0.5 * (values == left_out) - size / 2  # the mean rank of N - 1
            centred[np.arange(len(out)), out] = 0.0
            columns.append(centred)
        x, y = columns
        scale = np.sqrt((x * x).sum(axis=1) * (y * y).sum(axis=1))
        blocks.append(np.divide((x * y).sum(axis=1), scale, out=np.full(len(out), math.nan), where=scale > 0))
    return np.concatenate(blocks)
