"""How evenly a cloud of word vectors is spread over directions, each number with the share that each word has in it.

The numbers are no means over words, so their items are made to be: an item is the influence of a word on the number, and the
bootstrap of these has the spread of the number itself to first order (Hampel 1974, "The influence curve and its role in robust
estimation"). Of a mean over pairs that is twice the spread of the words' own means.
"""

import numpy as np
from numpy.typing import NDArray

from embedseq.errors import RequestError
from embedseq.probes.geometry_statistics import STATISTICS
from embedseq.probes.means import mean_of
from embedseq.statistics.bootstrap import Floats, statistic_value
from embedseq.statistics.measurement import Measurement, Role

_LEAST = 4
"""Words that the unbiased estimate of tr C² needs."""


def isotropy(matrix: NDArray[np.float32] | Floats, coverage: float, role: Role, label: str) -> list[Measurement]:
    """Mean cosine, participation ratio and partition isotropy of vectors (N, D), items one a word.

    RequestError for fewer than 4 vectors, and for vectors that are all alike.
    """
    vectors = matrix.astype(np.float64)
    if len(vectors) < _LEAST or not (vectors != vectors[:1]).any():
        raise RequestError(
            f"probe isotropy: expected {_LEAST} words or more with vectors that differ, found {len(vectors)} words. "
            "Where tables share too few words, set `shared: false`."
        )
    participation, partition = participation_items(vectors), partition_items(vectors)
    return [
        mean_of(mean_cosine_shares(vectors), "mean-cosine", "", coverage, role, label, "lower"),
        _measured("participation-ratio", participation, "participation", coverage, role, label),
        _measured("partition-isotropy", partition, "ratio", coverage, role, label),
    ]


def mean_cosine_shares(vectors: Floats) -> Floats:
    """Numbers (N,) whose mean is the mean cosine over pairs of the N vectors; zeros have a cosine of 0 with all.

    They are jackknife pseudo-values: N u - (N - 1) u_i, where u is the mean and u_i the mean without word i (Tukey 1958).
    """
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
    count = len(unit)
    of_word = unit @ unit.sum(axis=0) - (unit**2).sum(axis=1)  # sums of the cosines with all others
    total = of_word.sum()
    whole = total / (count * (count - 1))
    without = (total - 2 * of_word) / ((count - 1) * (count - 2))
    shares: Floats = count * whole - (count - 1) * without
    return shares


def participation_items(vectors: Floats) -> Floats:
    """(N, 3) of (t, s, 1), whose means are tr C and tr C² of the covariance C, each estimated without bias.

    tr C² as by Himeno and Yamada 2014, "Estimations for some functions of covariance matrix in high dimension under
    non-normality": (n-1) / (n (n-2) (n-3)) · [(n-1)(n-2) tr S² + (tr S)² - n Q], Q = Σ ‖x_i - x̄‖⁴ / (n-1).
    """
    count = len(vectors)
    centred = vectors - vectors.mean(axis=0)
    covariance = centred.T @ centred / (count - 1)
    squares = (centred**2).sum(axis=1)
    trace, square = float(np.trace(covariance)), float((covariance**2).sum())
    fourth = float((squares**2).sum()) / (count - 1)
    scale = (count - 1) / (count * (count - 2) * (count - 3))
    unbiased = scale * ((count - 1) * (count - 2) * square + trace**2 - count * fourth)
    along = np.einsum("nd,nd->n", centred @ covariance, centred)
    of_square = unbiased + 2 * (along - along.mean())
    return np.stack([squares * count / (count - 1), of_square, np.ones(count)], axis=-1)


def partition_items(vectors: Floats) -> Floats:
    """(N, 2) of exp(c · x) for the direction c of the least sum and that of the greatest, all divided by one number.

    Mu and Viswanath 2018, "All-but-the-top", equation 2. The directions are eigenvectors of Σ x xᵀ and their opposites, as the
    sign of an eigenvector is nobody's choice.
    """
    _, directions = np.linalg.eigh(vectors.T @ vectors)
    along = vectors @ np.concatenate([directions, -directions], axis=1)
    highest = along.max(axis=0)
    logs = highest + np.log(np.exp(along - highest).sum(axis=0))
    least, most = int(logs.argmin()), int(logs.argmax())
    chosen = along[:, [least, most]]
    items: Floats = np.exp(chosen - chosen.max())
    return items


def gaussian_like(vectors: NDArray[np.float32], seed: int) -> Floats:
    """(N, D) independent normal numbers around 0, of the mean squared norm that `vectors` (N, D) have."""
    drawn = np.random.default_rng(seed).standard_normal(vectors.shape)
    mean_square = (vectors.astype(np.float64) ** 2).mean() if vectors.size else 0.0
    scaled: Floats = drawn * np.sqrt(mean_square)
    return scaled


def _measured(score: str, items: Floats, statistic: str, coverage: float, role: Role, label: str) -> Measurement:
    value = statistic_value(statistic, items, STATISTICS)
    return Measurement("", score, role, label, value, statistic, items, coverage)
