"""The items of the geometry probes: what of each block, or sentence, is added up, and the statistic of the sums.

| measure | items | columns | statistic |
| --- | --- | --- | --- |
| cka | blocks | unbiased HSIC of xy, xx, yy, within the block | cosine |
| procrustes | sentences of the other half | Σ xQ·y, Σ ‖x‖², Σ ‖y‖²; Q fitted on one half of the blocks | cosine |
| svcca | sentences | pseudo-values of Σ xA·yB / √(Σ ‖xA‖² Σ ‖yB‖²), 1; A and B fitted on one half of the blocks | ratio |
| rsa | blocks | ρ within the block times words, words | ratio |
| neighbours | sentences | pseudo-values of its words, words; neighbours among all words, looked up once | ratio |
| participation-ratio | blocks | trace C, unbiased trace C², 1, within the block | participation |
| mean-cosine | blocks | Σ cosines, pairs, within the block | ratio |

A map fitted to a few words of many dimensions takes noise to noise; scored on words that it was not fitted to, it does not.
Procrustes' interval is that of the fitted map, whose own share of the variance is small. SVCCA's is not: other words keep other
directions at its cut of the variance, and more or fewer of them: where few directions are strong, intervals of fixed maps were
measured to be a tenth to a half as wide as values vary, and to miss in up to 95 % of draws. So words that the maps are fitted to
have pseudo-values too, from half-samples of them (`half_samples.py`). Intervals with these are 0.7 to 1.4 times as wide as values
vary there and miss in 0 to 15 % of draws; they are too wide where a quarter of the words are few for the number of dimensions.

The overlap of neighbours is no sum over independent words either: without a word, others have another neighbour. Its
pseudo-values say what the overlap is without each word, nothing drawn twice. Their interval is too wide rather than too narrow,
by half on planted likeness and three quarters on noise, as is usual where a statistic jumps; words resampled as they are missed
chance in 21 % of draws instead of 5 %.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embedseq.probes.blocks import DrawnWords
from embedseq.probes.geometry_similarity import (
    NEAREST,
    canonical_directions,
    neighbour_pseudo_values,
    procrustes_map,
    rsa,
    unbiased_hsic,
    unit_rows,
)
from embedseq.probes.geometry_statistics import STATISTICS, cosine
from embedseq.statistics.bootstrap import Floats, statistic_value
from embedseq.statistics.half_samples import half_sample_influences
from embedseq.statistics.leave_one_out import pseudo_values
from embedseq.statistics.measurement import Better, Measurement, Role

Ints = NDArray[np.int64]

_FEWEST = 4
"""Sentences of a half from which its part in a variance is told."""


@dataclass(frozen=True, eq=False)
class Items:
    """(N, K), and the statistic that makes them a number."""

    values: Floats
    statistic: str


@dataclass(frozen=True)
class Held:
    """What a number is: its score, the layer, and whether it is the score or what that is held against."""

    score: str
    part: str
    role: Role = "score"
    label: str = ""
    better: Better = "higher"


def measured(held: Held, items: Items) -> Measurement:
    """The measurement whose value is the statistic of the items."""
    value = statistic_value(items.statistic, items.values, STATISTICS)
    return Measurement("", held.score, held.role, held.label, value, items.statistic, items.values, 1.0, held.part, held.better)


def similarity_items(measure: str, x: Floats, y: Floats, drawn: DrawnWords, nearest: int = NEAREST) -> Items:
    """The items of one measure of `SIMILARITIES` between the drawn words' states x (n, D) and y (n, D')."""
    if measure == "neighbours":
        values = neighbour_pseudo_values(x, y, nearest)
        return _by_sentence([values, np.ones_like(values)], drawn.sentence, "ratio")
    return _ITEMS[measure](x, y, drawn)


def participation_items(x: Floats, drawn: DrawnWords) -> Items:
    """Participation ratio (tr C)² / tr C² of the covariance C of x (n, D), without the bias that few words bring."""
    rows = [(x[block].var(axis=0, ddof=1).sum(), unbiased_hsic(x[block], x[block]), 1.0) for block in drawn.blocks]
    return Items(np.array(rows), "participation")


def mean_cosine_items(x: Floats, drawn: DrawnWords) -> Items:
    """Mean cosine of two different words of x (n, D), over the pairs within blocks; rows of zeros are in no pair."""
    unit = unit_rows(x)
    rows = []
    for block in drawn.blocks:
        real = unit[block][unit[block].any(axis=1)]
        count = len(real)
        rows.append((((real.sum(axis=0) ** 2).sum() - count) / 2, count * (count - 1) / 2))
    return Items(np.array(rows), "ratio")


def _cka(x: Floats, y: Floats, drawn: DrawnWords) -> Items:
    pairs = [(x[block], y[block]) for block in drawn.blocks]
    return Items(np.array([(unbiased_hsic(a, b), unbiased_hsic(a, a), unbiased_hsic(b, b)) for a, b in pairs]), "cosine")


def _procrustes(x: Floats, y: Floats, drawn: DrawnWords) -> Items:
    """What a turn into fewer dimensions loses counts against it: the norm is that of x, not of x Q."""
    (x, y), (x_left, y_left), sentence = _halves(x, y, drawn)
    turned = x_left @ procrustes_map(x, y)
    columns = [turned * y_left, x_left**2, y_left**2]
    return _by_sentence([each.sum(axis=1) for each in columns], sentence, "cosine")


def _svcca(x: Floats, y: Floats, drawn: DrawnWords) -> Items:
    """Every sentence's deviation from the value, scaled so that the items' mean varies as the value does over both halves.

    Where a half has fewer than four sentences little is known of how the value varies, and it is the one item.
    """
    sentence, of_word = np.unique(drawn.sentence, return_inverse=True)
    fit, left = _parted(drawn)

    def columns(fitted: Ints) -> Floats:
        a, b = canonical_directions(x[fitted], y[fitted])
        u, v = (x[left] - x[fitted].mean(axis=0)) @ a, (y[left] - y[fitted].mean(axis=0)) @ b
        return np.stack([(u * v).sum(axis=1), (u**2).sum(axis=1), (v**2).sum(axis=1)], axis=-1)

    of_fit, place_of_fit = np.unique(of_word[fit], return_inverse=True)
    of_left, place_of_left = np.unique(of_word[left], return_inverse=True)
    scored = np.stack([np.bincount(place_of_left, column) for column in columns(fit).T], axis=-1).astype(np.float64)
    value = float(cosine(scored.sum(axis=0)))
    if min(len(of_fit), len(of_left)) < _FEWEST:
        return Items(np.array([[value, 1.0]]) if np.isfinite(value) else np.zeros((1, 2)), "ratio")
    of_scored = pseudo_values("cosine", scored, STATISTICS)
    influences = half_sample_influences(lambda chosen: cosine(columns(fit[chosen[place_of_fit]]).sum(axis=0)).item(), len(of_fit))
    items = np.zeros((len(sentence), 2))  # which have no value, as they are, where states have no variance
    if np.isfinite(of_scored).all() and np.isfinite(influences).all():
        items[:] = value, 1.0
        items[of_left, 0] += (of_scored - of_scored.mean()) * len(sentence) / len(of_left)
        items[of_fit, 0] += influences * len(sentence)
    return Items(items, "ratio")


def _halves(x: Floats, y: Floats, drawn: DrawnWords) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats], Ints]:
    """The words of every other block, to fit on; the other words less the mean of the first; the sentence of each of the latter.

    Halves do not change places: what the one's map scores on the other is much the same in both directions, so that an interval
    over both would be too narrow (measured on noise: it missed 0 in 15 % of draws instead of 5 %).
    """
    fit, left = _parted(drawn)
    means = x[fit].mean(axis=0), y[fit].mean(axis=0)
    return (x[fit], y[fit]), (x[left] - means[0], y[left] - means[1]), drawn.sentence[left]


def _parted(drawn: DrawnWords) -> tuple[Ints, Ints]:
    """The words of every other block, and all others. A sentence is in one of them alone."""
    fit, left = (np.concatenate(drawn.blocks[parity::2]) for parity in (0, 1))
    return fit, left


def _rsa(x: Floats, y: Floats, drawn: DrawnWords) -> Items:
    """Blocks whose words are all alike have no ρ and count for nothing."""
    rhos = np.array([rsa(x[block], y[block]) for block in drawn.blocks])
    words = np.where(np.isfinite(rhos), [float(len(block)) for block in drawn.blocks], 0.0)
    return Items(np.stack([np.nan_to_num(rhos) * words, words], axis=-1), "ratio")


def _by_sentence(columns: Sequence[Floats], sentence: Ints, statistic: str) -> Items:
    """Columns (n,) of words added up over the words of each sentence."""
    _, index = np.unique(sentence, return_inverse=True)
    return Items(np.stack([np.bincount(index, each) for each in columns], axis=-1), statistic)


_ITEMS: dict[str, Callable[[Floats, Floats, DrawnWords], Items]] = {
    "cka": _cka,
    "procrustes": _procrustes,
    "svcca": _svcca,
    "rsa": _rsa,
}
