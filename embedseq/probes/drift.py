"""How far tuning moved each word's vector from where the embedding had put it: 1 - cosine, 0 (not at all) to 2."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embedseq.embeddings.handoff import Alignment
from embedseq.errors import RequestError
from embedseq.statistics.bootstrap import Floats, statistic_value
from embedseq.statistics.measurement import Measurement, Role
from embedseq.text.vocabulary import Vocabulary

_MOST_MOVED = 50


@dataclass(frozen=True)
class MovedWord:
    """A word, how far it moved, and how often it stood in the training text."""

    word: str
    drift: float
    count: int


@dataclass(frozen=True)
class Band:
    """Words of like frequency; its measurement has the `part` of its name."""

    name: str
    words: int
    running_words: int
    least_count: int
    most_count: int


@dataclass(frozen=True)
class Drift:
    """The measurements (all words, then band by band, then the unseen words), what the bands are, and the most moved words."""

    measurements: list[Measurement]
    bands: tuple[Band, ...]
    most_moved: tuple[MovedWord, ...]


def drift(before: Alignment, tuned: NDArray[np.float32], vocabulary: Vocabulary, bands: int, subject: str) -> Drift:
    """Compare the rows handed over with the rows after training, both (V, D), word by word of `vocabulary`.

    Words are put into `bands` of an equal share of the running words of the training text (as the vocabulary counted them), the
    commonest first; a band that one very common word leaves empty is left out. Words that training never saw are told apart:
    nothing but weight decay moves them, so they are the control. Items are (drift, 1), one a word; the value is the mean over
    word types, not over running words.
    RequestError where the shapes differ.
    """
    if before.matrix.shape != tuned.shape:
        raise RequestError(
            f"{subject}: expected tuned vectors of the shape {before.matrix.shape} that was handed over, found {tuned.shape}."
        )
    rows = np.flatnonzero(before.has_vector)
    counts = np.array(vocabulary.counts, dtype=np.int64)[rows]
    moved = cosine_distances(before.matrix[rows], tuned[rows])
    seen = counts > 0
    of_all = len(rows) / max(1, before.coverage.types)
    measurements = [_measured(moved[seen], subject, "", of_all)]
    described = []
    for number, members in enumerate(_equal_shares(counts, bands), start=1):
        if len(members):
            band = _described(band_name(number, bands), counts[members])
            described.append(band)
            measurements.append(_measured(moved[members], subject, band.name, of_all))
    if not seen.all():
        measurements.append(_measured(moved[~seen], subject, "", of_all, "control", "words never seen in training"))
    order = np.lexsort((rows, -moved))[:_MOST_MOVED]
    most_moved = tuple(MovedWord(vocabulary.tokens[rows[i]], float(moved[i]), int(counts[i])) for i in order)
    return Drift(measurements, tuple(described), most_moved)


def band_name(number: int, bands: int) -> str:
    """What a band is called; the first has the commonest words."""
    return f"band {number} of {bands}"


def cosine_distances(first: NDArray[np.float32], second: NDArray[np.float32]) -> Floats:
    """1 - cosine of the rows of two matrices (N, D): (N,). Exactly 0 for equal rows, 1 where one row is zero."""
    one, other = first.astype(np.float64), second.astype(np.float64)
    products = np.einsum("nd,nd->n", one, other)
    norms = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    cosines = np.divide(products, norms, out=np.zeros_like(norms), where=norms > 0)
    return np.where((one == other).all(axis=1), 0.0, np.clip(1 - cosines, 0.0, 2.0))


def _equal_shares(counts: NDArray[np.int64], bands: int) -> list[NDArray[np.int64]]:
    """Which words are in each band: by falling count, a word where the middle of its running words falls."""
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] > 0]
    ordered = counts[order]
    middles = np.cumsum(ordered) - ordered / 2
    band_of = np.minimum((middles * bands / max(1, ordered.sum())).astype(np.int64), bands - 1)
    return [order[band_of == band] for band in range(bands)]


def _described(name: str, counts: NDArray[np.int64]) -> Band:
    return Band(name, len(counts), int(counts.sum()), int(counts.min()), int(counts.max()))


def _measured(moved: Floats, subject: str, part: str, coverage: float, role: Role = "score", label: str = "") -> Measurement:
    items = np.stack([moved, np.ones_like(moved)], axis=-1)
    return Measurement(
        subject=subject,
        score="drift",
        role=role,
        label=label,
        value=statistic_value("ratio", items),
        statistic="ratio",
        items=items,
        coverage=coverage,
        part=part,
        better="lower",
    )
