"""score(sentences with a < S ≤ b): a model's score on the sentences of each source length   (Bahdanau et al. 2015, figure 2)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from embedseq.errors import RequestError
from embedseq.probes.material import ScoresMaterial
from embedseq.probes.probe import Ascending, Found, ModelProbeSettings, ProbeAbout, Score
from embedseq.seeds import stream
from embedseq.statistics.measurement import Measurement

Ints = NDArray[np.int64]
FEWEST = 20
"""Sentences in a bucket; one with fewer is joined with its neighbour."""


class ScoreByLengthSettings(ModelProbeSettings):
    """Does a model's score fall where sources are long?"""

    kind: Literal["score-by-length"]
    """The probe."""
    score: str
    """A score of the models' evaluation that is measured sentence by sentence, `bleu` for instance."""
    bounds: Ascending = (10, 20, 30, 40)
    """The longest source, in tokens, of each bucket but the last; ascending. Buckets of fewer than 20 sentences are joined."""

    def most_numbered(self, score: str) -> int | None:
        """How many parts with a number of its own in the name a score has at most."""
        return len(self.bounds) + 1


ANY_LENGTH = "sentences of any length"


def _percent(name: str, title: str) -> Score:
    return Score(name, title, "%", 100.0, "sentences", ("baseline", "control"), controls=(ANY_LENGTH,))


_SCORES = (
    *(
        Score(name, title, items="sentences", roles=("baseline", "control"), controls=(ANY_LENGTH,))
        for name, title in {
            "bleu": "BLEU",
            "bleu-lc": "BLEU, lower-cased",
            "chrf": "chrF",
            "rouge-1": "ROUGE-1",
            "rouge-2": "ROUGE-2",
            "rouge-l": "ROUGE-L",
            "perplexity": "perplexity",
            "word-perplexity": "perplexity per word",
        }.items()
    ),
    _percent("exact-match", "exact match"),
    _percent("accuracy", "accuracy"),
    _percent("macro-f1", "macro F1"),
    _percent("unknown-accuracy", "accuracy on unknown words"),
    Score("loss", unit="nats a token", items="sentences", roles=("baseline", "control"), controls=(ANY_LENGTH,)),
)


ABOUT = ProbeAbout(
    name="score-by-length",
    level="memory",
    question="does the score of a model fall where sources are long",
    equation="the score over the sentences with a < S ≤ b",
    paper="Bahdanau et al. 2015, figure 2",
    control="as many sentences of any length, drawn at random: what the score is where length says nothing",
    statistic="that of the score, bootstrapped over the sentences of a bucket",
    reads="scores",
    ordered=True,
    scores=_SCORES,
    part="length",
    version=2,
)


@dataclass(frozen=True)
class Bucket:
    """Sources of `first` to `last` tokens, None for no end, and which sentences have them, (N,) bool."""

    first: int
    last: int | None
    members: NDArray[np.bool_]

    @property
    def name(self) -> str:
        """For people."""
        return f"length {self.first} and more" if self.last is None else f"length {self.first} to {self.last}"


def measure(material: ScoresMaterial, settings: ScoreByLengthSettings) -> Found:
    """The score and what it was held against in each bucket, with that bucket's items, and as a control the model's score on as
    many sentences of any length, which are dealt out to the buckets at random, alike for every model.

    Raises RequestError for a score that was not measured sentence by sentence.
    """
    bounds = settings.bounds
    count = len(material.source_lengths)
    by_sentence = [each for each in material.measurements if each.n == count]
    chosen = [each for each in by_sentence if each.score == settings.score]
    if not chosen:
        there = ", ".join(sorted({each.score for each in by_sentence})) or "none"
        raise RequestError(
            f"probe score-by-length: expected a score that the evaluation measures sentence by sentence ({there}), found "
            f"{settings.score!r}."
        )
    buckets = buckets_of(material.source_lengths, bounds)
    found = [_within(each, bucket) for bucket in buckets for each in chosen]
    deal = np.random.default_rng(stream(0, "score-by-length", count)).permutation(count)
    found += [
        replace(_within(each, replace(bucket, members=bucket.members[deal])), role="control", label=ANY_LENGTH)
        for bucket in buckets
        for each in chosen
        if each.role == "score"
    ]
    return Found(found, {"sentences": {bucket.name: int(bucket.members.sum()) for bucket in buckets}})


def buckets_of(lengths: Ints, bounds: Sequence[int]) -> list[Bucket]:
    """The buckets of source lengths (N,) that the bounds make, those with too few sentences joined with the next longer one, or,
    at the end, with the one before. There is always one."""
    ends: list[int | None] = [*bounds, None]
    found: list[Bucket] = []
    first = 0
    for end in ends:
        members = (lengths >= first) & (lengths <= (np.inf if end is None else end))
        if members.sum() >= FEWEST:
            found.append(Bucket(first, end, members))
            first = -1 if end is None else end + 1
        elif end is None and (members.any() or not found):
            before = found.pop() if found else Bucket(0, None, np.zeros(len(lengths), dtype=bool))
            found.append(Bucket(before.first, None, before.members | members))
    return [Bucket(max(1, bucket.first), bucket.last, bucket.members) for bucket in found]


def _within(measurement: Measurement, bucket: Bucket) -> Measurement:
    """The same number of the sentences of a bucket alone."""
    from embedseq.evaluation.metrics import STATISTICS
    from embedseq.statistics.bootstrap import statistic_value

    items = measurement.items[bucket.members]
    return Measurement(
        subject="",
        score=measurement.score,
        role=measurement.role,
        label=measurement.label,
        value=statistic_value(measurement.statistic, items, STATISTICS),
        statistic=measurement.statistic,
        items=items,
        coverage=measurement.coverage,
        part=", ".join(filter(None, (measurement.part, bucket.name))),
        better=measurement.better,
        signature=measurement.signature,
    )
