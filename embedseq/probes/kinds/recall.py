"""Accuracy of argmax_w P(w | h_t), w the word at t - k, for k = 0, 1, …, K: how far back does a state remember words?

A linear classifier for each k, among the commonest word types. The classes, and the words whose states are read (those with K
words or more before them in their sentence), are the same for every k. Half-life: the k at which the accuracy above the majority
class has fallen to half of what it is at k = 0, between whole steps by linear interpolation, K where it never falls so far.

Neighbouring words tell something of each other anyway: the baseline is the same classifier on the current word's vector alone.
The control gives every type of the current word a label drawn at random (Hewitt and Liang 2019, "Designing and interpreting
probes with control tasks"), for what can be learned by heart; at k = 0 that is nearly all, as the word itself is asked for. An
encoder that reads both ways is read like any other, about its past alone.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from embedseq.probes.control import LABEL
from embedseq.probes.material import StatesMaterial
from embedseq.probes.probe import FittedProbeSettings, Found, ProbeAbout, Score
from embedseq.statistics.measurement import Role

Positive = Annotated[int, Field(ge=1)]


class RecallSettings(FittedProbeSettings):
    """How many words back can a linear classifier read off a state? Its baselines: the commonest word, the classifier on the
    current word's vector, and the model before training; its controls: the words asked for dealt out to other states, where
    nothing is to be found, and labels drawn at random by word type, learnt by heart."""

    kind: Literal["recall"]
    """The probe."""
    layers: Literal["all", "last"] = "last"
    """Which layers are looked at; the embedded words are the first."""
    steps: Positive = 8
    """The furthest word asked for; words with fewer before them are left out."""
    words: Annotated[int, Field(ge=2)] = 200
    """The commonest so many words are the classes; where another word stands k back, nothing is asked."""
    examples: Positive = 10_000
    """At most so many words train each classifier."""

    def possible_parts(self, score: str, role: Role, layers: Sequence[str] | None) -> tuple[str, ...] | None:
        """Each layer at each distance; the half-life has layers alone."""
        from embedseq.probes.recall_curves import part_of

        if layers is None or score == "half-life":
            return None
        return tuple(part_of(layer, back) for layer in layers for back in range(self.steps + 1))

    def most_numbered(self, score: str) -> int | None:
        """Steps back; none where several layers have them all. Of the half-life they are layers."""
        return None if score != "accuracy" else 0 if self.layers == "all" else self.steps + 1


ABOUT = ProbeAbout(
    name="recall",
    level="memory",
    question="how many words back can a classifier read off a state",
    equation="accuracy of argmax_w P(w | h_t), w the word at t - k",
    paper="Conneau et al. 2018, section 3.1 (word content, asked at each distance)",
    control="the words asked for, dealt out to other states at random; a random label by type of the word, learnt by heart",
    statistic="ratio of sums over sentences, and the half-life of the sums, bootstrapped",
    reads="states",
    beside_embedding=True,
    ordered=True,
    scores=(
        Score(
            "accuracy",
            "accuracy",
            "%",
            100.0,
            "sentences",
            ("baseline", "control"),
            baselines=("majority class", "current word's vector"),
            controls=("words dealt out to others", LABEL),
        ),
        Score(
            "half-life",
            "half-life",
            "words",
            items="sentences",
            roles=("baseline", "control"),
            note="Words back at which accuracy above the majority class has halved; no more than the furthest asked for. The "
            "control knows the current word as the model does, and none before it.",
            baselines=("current word's vector",),
            controls=("current word known, none before it",),
        ),
    ),
    part="layer and distance",
    version=2,
)


def measure(material: StatesMaterial, settings: RecallSettings) -> Found:
    """The accuracy at each distance and the half-life, layer by layer. RequestError where there is too little text."""
    from embedseq.probes.recall_curves import asked_of, recall

    asked = asked_of(material, settings.steps, settings.words, settings.examples)
    return Found(recall(material, asked))
