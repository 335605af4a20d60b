"""1 - cos(v(w) before, v(w) after tuning), averaged over the word types w of a band of frequency.

As in Dubossarsky et al. 2017, "Outta control: laws of semantic change and inherent biases in word representation models", who
measure change by the cosine distance and hold it against texts in which nothing can have changed. Here the control is the words
that training never saw: without weight decay, and where the table is not also the output layer, nothing moves them, and they must
drift by exactly 0.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from embedseq.embeddings.handoff import Alignment, align
from embedseq.embeddings.vectors import Vectors
from embedseq.errors import RequestError
from embedseq.probes.material import TableMaterial
from embedseq.probes.probe import Found, ProbeAbout, Score, VectorsProbeSettings
from embedseq.seeds import stream
from embedseq.statistics.measurement import Measurement, Role
from embedseq.text.vocabulary import Vocabulary

_ROUNDING = 4 * float(np.finfo(np.float32).eps)


class DriftSettings(VectorsProbeSettings):
    """How far tuning moved the vectors from where the embedding had put them: 1 - cosine, by frequency band."""

    kind: Literal["drift"]
    """The probe."""
    of: str
    """A selector of models with tuned vectors."""
    bands: Annotated[int, Field(ge=1)] = 5
    """Frequency bands, each with an equal share of the running words."""

    def possible_parts(self, score: str, role: Role, layers: Sequence[str] | None) -> tuple[str, ...]:
        """All words, and the bands by number; the control, of words that training never saw, has none of these."""
        from embedseq.probes.drift import band_name

        unseen_alone = role == "control"
        return ("", *(() if unseen_alone else (band_name(number, self.bands) for number in range(1, self.bands + 1))))


ABOUT = ProbeAbout(
    name="drift",
    level="geometry",
    question="how far did tuning move the vectors from where the embedding had put them",
    equation="1 - cos(v(w) before, v(w) after), mean over word types w",
    paper="Dubossarsky et al. 2017",
    control="words never seen in training, which only weight decay or a tied output layer can move: 0 without these; "
    "and, as the farthest that a word could go, the vector of another word",
    statistic="mean over word types, bootstrapped",
    reads="vectors",
    describes=True,
    ordered=True,
    compares_with_before=True,
    scores=(
        Score(
            "drift",
            title="Drift",
            items="words",
            roles=("baseline", "control"),
            note="0 is no movement, 1 is a right angle. The control is 0 in untied tables without weight decay.",
            baselines=("vector of another word",),
            controls=("words never seen in training",),
        ),
    ),
    part="band",
)


def measure(material: TableMaterial, settings: DriftSettings) -> Found:
    """Drift of all words and of each band; `bands` and `most_moved` say what the bands are and which words moved most.

    Coverage is the share of the model's words that had a vector handed over. RequestError where the material lacks what was
    before, or where the shapes differ.
    """
    from embedseq.probes.drift import drift
    from embedseq.probes.word_tables import restricted

    before, vocabulary = _handed_over(material)
    handed = align(restricted(before, material.vectors.words), vocabulary)
    tuned = align(material.vectors, vocabulary).matrix
    found = drift(handed, _settled(handed.matrix, tuned), vocabulary, settings.bands, "")
    farthest = drift(handed, _others(handed), vocabulary, settings.bands, "").measurements
    details = {"bands": [asdict(band) for band in found.bands], "most_moved": [asdict(word) for word in found.most_moved]}
    return Found([*found.measurements, *_as_baselines(farthest)], details)


def _handed_over(material: TableMaterial) -> tuple[Vectors, Vocabulary]:
    if material.before is None or material.vocabulary is None:
        raise RequestError(
            "probe drift: expected vectors that were handed over and tuned, found a table without what it was before. "
            "Select models whose source vectors are tuned or gradual."
        )
    return material.before, material.vocabulary


def _settled(before: NDArray[np.float32], after: NDArray[np.float32]) -> NDArray[np.float32]:
    """`after` (V, D), but rows that differ from those of `before` by rounding alone are those of `before`.

    A model holds its rows in another scale, so that a row that nothing moved was divided by a number and multiplied by it again.
    """
    if before.shape != after.shape:
        return after
    same = (np.abs(after - before) <= _ROUNDING * np.abs(before)).all(axis=1, keepdims=True)
    return np.where(same, before, after)


def _others(handed: Alignment) -> NDArray[np.float32]:
    """(V, D): the vectors that were handed over, dealt out to the words at random."""
    rows = np.flatnonzero(handed.has_vector)
    others = handed.matrix.copy()
    others[rows] = handed.matrix[np.random.default_rng(stream(0, "drift", "others")).permutation(rows)]
    return others


def _as_baselines(measurements: list[Measurement]) -> list[Measurement]:
    scores = [each for each in measurements if each.role == "score"]
    return [replace(each, role="baseline", label="vector of another word") for each in scores]
