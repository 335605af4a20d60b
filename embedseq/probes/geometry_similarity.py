"""Measures of how alike two sets of states of the same n words are: x (n, D), y (n, D'), row i of both being word i.

Each is a plain function of (x, y) and declares what it does not look at, so that one test checks them all. They measure the rows
at hand; Procrustes and SVCCA fit a map to these rows and flatter few rows of many dimensions, so that probes fit on some words
and score others (`geometry_items.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from embedseq.statistics.bootstrap import Floats, spearman

Ints = NDArray[np.int64]
Invariance = Literal["orthogonal", "isotropic scaling", "invertible linear", "translation"]
"""A change of either set of states alone: turned and mirrored, one factor above 0, any invertible matrix, one vector added."""

_KEPT_VARIANCE = 0.99
NEAREST = 10
"""How many neighbours are compared where nothing else is said."""


@dataclass(frozen=True)
class Similarity:
    """A measure; 1 for equal states."""

    name: str
    function: Callable[[Floats, Floats], float]
    invariances: frozenset[Invariance]
    """What may happen to one set of states and leaves the number as it is."""


def centred(x: Floats) -> Floats:
    """x less the mean of its rows."""
    of_rows: Floats = x - x.mean(axis=0)
    return of_rows


def unbiased_hsic(x: Floats, y: Floats) -> float:
    """HSIC_1 = (tr K̃L̃ + 1ᵀK̃1 1ᵀL̃1 / ((n-1)(n-2)) - 2/(n-2) 1ᵀK̃L̃1) / (n(n-3)) with linear kernels   (Song et al. 2012).

    K̃ is x xᵀ with a diagonal of zeros, L̃ the same of y. It estimates ‖Cov(x, y)‖² without bias and can be below 0. The matrices
    (n, n) are written out only where that is the shorter way. Fewer than 4 rows are a ValueError.
    """
    n = len(x)
    if n < 4:
        raise ValueError(f"Unbiased HSIC needs 4 rows or more, not {n}.")
    x, y = centred(x), centred(y)  # changes nothing but rounding
    k, l = (x**2).sum(axis=1), (y**2).sum(axis=1)  # noqa: E741 - the paper's letters; diagonals
    k_sums, l_sums = x @ x.sum(axis=0) - k, y @ y.sum(axis=0) - l
    trace = _cross_norm(x, y) - k @ l
    product = k_sums.sum() * l_sums.sum() / ((n - 1) * (n - 2))
    return float((trace + product - 2 / (n - 2) * (k_sums @ l_sums)) / (n * (n - 3)))


def cka(x: Floats, y: Floats) -> float:
    """Debiased linear CKA: HSIC(x, y) / √(HSIC(x, x) HSIC(y, y)), each unbiased   (Kornblith et al. 2019; Nguyen et al. 2021).

    About 0 for independent states, however many dimensions they have; NaN where the states hold no variance.
    """
    xx, yy = unbiased_hsic(x, x), unbiased_hsic(y, y)
    return float(unbiased_hsic(x, y) / np.sqrt(xx) / np.sqrt(yy)) if xx > 0 and yy > 0 else float("nan")


def biased_cka(x: Floats, y: Floats) -> float:
    """‖xᵀy‖² / (‖xᵀx‖ ‖yᵀy‖), columns centred   (Kornblith et al. 2019; Robert and Escoufier's RV coefficient, 1976).

    What most papers print. Of independent noise it is about D / (n + D), not 0. NaN where the states hold no variance.
    """
    x, y = centred(x), centred(y)
    scale = np.sqrt(_cross_norm(x, x)) * np.sqrt(_cross_norm(y, y))
    return float(_cross_norm(x, y) / scale) if scale > 0 else float("nan")


def procrustes(x: Floats, y: Floats) -> float:
    """max_Q tr(Qᵀxᵀy) / (‖x‖ ‖y‖) = ‖xᵀy‖_* / (‖x‖ ‖y‖), columns centred, 0 to 1   (Ding et al. 2021; Williams et al. 2021).

    The cosine of Williams et al.'s angle; Ding et al.'s distance is 2 - 2 times it for states of norm 1. NaN where the states
    hold no variance.
    """
    x, y = centred(x), centred(y)
    scale = np.linalg.norm(x) * np.linalg.norm(y)
    return float(np.linalg.norm(x.T @ y, ord="nuc") / scale) if scale > 0 else float("nan")


def procrustes_map(x: Floats, y: Floats) -> Floats:
    """Q (D, D') = U Vᵀ of xᵀy = U S Vᵀ, centred: the turn that takes x nearest to y, less directions without covariance."""
    u, s, vt = np.linalg.svd(centred(x).T @ centred(y), full_matrices=False)
    kept = s > s[0] * max(len(x), *u.shape) * np.finfo(np.float64).eps
    turn: Floats = u[:, kept] @ vt[kept]
    return turn


def svcca(x: Floats, y: Floats, keep: float = _KEPT_VARIANCE) -> float:
    """Mean canonical correlation of the leading singular directions that hold `keep` of each variance   (Raghu et al. 2017).

    NaN where the states hold no variance.
    """
    a, b = canonical_directions(x, y, keep)
    return float((centred(x) @ a * (centred(y) @ b)).sum() / a.shape[1]) if a.shape[1] else float("nan")


def canonical_directions(x: Floats, y: Floats, keep: float = _KEPT_VARIANCE) -> tuple[Floats, Floats]:
    """A (D, c) and B (D', c): the columns of x A and of y B, centred, have norm 1 and the greatest correlations, falling."""
    (u_x, out_x), (u_y, out_y) = _whitened(x, keep), _whitened(y, keep)
    p, _, qt = np.linalg.svd(u_x.T @ u_y, full_matrices=False)
    return out_x @ p, out_y @ qt.T


def neighbours(x: Floats, y: Floats, nearest: int = NEAREST) -> float:
    """Mean over words i of |N_x(i) ∩ N_y(i)| / k, N(i) the k = `nearest` nearest others by cosine. Chance is k / (n - 1).

    Every other word is a neighbour where there are no more than k.
    """
    near_x, near_y = (_neighbourhood(states, nearest).members for states in (x, y))
    return float((near_x & near_y).sum() / near_x.sum())


def neighbour_pseudo_values(x: Floats, y: Floats, nearest: int = NEAREST) -> Floats:
    """Of each word, Σ_i o(i) less the same sum without the word: (n,), moved so that their mean is `neighbours`   (Tukey 1958).

    o(i) = |N_x(i) ∩ N_y(i)| / k. A word that goes takes its own overlap with it, and makes room for the next nearest wherever it
    was a neighbour itself, so that words' overlaps vary together; these values vary as much as the mean of all
    does, or more.
    """
    of_x, of_y = (_neighbourhood(states, nearest) for states in (x, y))
    rows = np.arange(len(x))
    both = of_x.members & of_y.members
    next_of_x = of_y.members[rows, of_x.next]  # (n,): whether the next nearest in x is among the nearest in y
    next_of_y = of_x.members[rows, of_y.next]
    with_both = next_of_x.astype(np.int8) + next_of_y + (of_x.next == of_y.next) - 1
    change = both * with_both[:, None]  # (n, n): what o(i), in neighbours, becomes more without word j
    change += (of_x.members & ~both) * next_of_x[:, None] + (of_y.members & ~both) * next_of_y[:, None]
    count = of_x.members.sum(axis=1).mean()
    values = (both.sum(axis=1) - change.sum(axis=0, dtype=np.int64)) / count
    moved: Floats = values - values.mean() + both.sum() / (count * len(x))
    return moved


def rsa(x: Floats, y: Floats) -> float:
    """Spearman's ρ of the cosine dissimilarities of all pairs of words   (Kriegeskorte et al. 2008).

    NaN for fewer than 3 words, or where all pairs of either are alike.
    """
    upper = np.triu_indices(len(x), 1)
    # Rounded, so that pairs that are alike but for the last bits tie.
    dissimilarities = [np.round(1 - cosines(states)[upper], 12) for states in (x, y)]
    return float(spearman(np.stack(dissimilarities, axis=-1)))


def cosines(x: Floats) -> Floats:
    """The cosine of each two rows: (n, n); 0 for a row of zeros."""
    unit = unit_rows(x)
    return unit @ unit.T


def unit_rows(x: Floats) -> Floats:
    """Rows of norm 1; rows of zeros stay."""
    norms = np.linalg.norm(x, axis=1, keepdims=True)
    unit: Floats = np.divide(x, norms, out=np.zeros_like(x), where=norms > 0)
    return unit


def _cross_norm(x: Floats, y: Floats) -> float:
    """‖xᵀy‖² = Σ_ij (x xᵀ)_ij (y yᵀ)_ij, the cheaper way."""
    if len(x) < min(x.shape[1], y.shape[1]):
        return float(((x @ x.T) * (y @ y.T)).sum())
    return float(((x.T @ y) ** 2).sum())


def _whitened(x: Floats, keep: float) -> tuple[Floats, Floats]:
    """Left singular vectors (n, c) of the centred x that hold `keep` of its variance, and the map (D, c) from x to them."""
    u, s, vt = np.linalg.svd(centred(x), full_matrices=False)
    share = np.cumsum(s**2) / max((s**2).sum(), np.finfo(np.float64).tiny)
    count = int(np.searchsorted(share, keep) + 1)
    kept = (np.arange(len(s)) < count) & (s > s[0] * max(x.shape) * np.finfo(np.float64).eps)
    return u[:, kept], vt[kept].T / s[kept]


@dataclass(frozen=True, eq=False)
class _Neighbourhood:
    members: NDArray[np.bool_]
    """(n, n): whether j is among the nearest of i; never i itself."""
    next: Ints
    """(n,): which word is the next nearest; i itself, which is a neighbour nowhere, where there is none."""


def _neighbourhood(x: Floats, nearest: int) -> _Neighbourhood:
    closeness = cosines(x)
    np.fill_diagonal(closeness, -np.inf)
    rows, count = np.arange(len(x)), min(nearest, len(x) - 1)
    order = np.argpartition(-closeness, (count - 1, count), axis=1)
    members = np.zeros(closeness.shape, dtype=bool)
    np.put_along_axis(members, order[:, :count], True, axis=1)
    return _Neighbourhood(members, order[rows, count])


_RIGID: frozenset[Invariance] = frozenset({"orthogonal", "isotropic scaling", "translation"})
_ABOUT_ZERO: frozenset[Invariance] = frozenset({"orthogonal", "isotropic scaling"})

SIMILARITIES: dict[str, Similarity] = {
    each.name: each
    for each in (
        Similarity("cka", cka, _RIGID),
        Similarity("procrustes", procrustes, _RIGID),
        Similarity("neighbours", neighbours, _ABOUT_ZERO),
        Similarity("rsa", rsa, _ABOUT_ZERO),
        Similarity("svcca", svcca, _RIGID),
    )
}
