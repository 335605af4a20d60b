"""Accuracy of argmax_y P(y | s), s one vector of a sentence: what does it tell of the sentence as a whole?

The tasks of Conneau et al. 2018, "What you can cram into a single $&!#* vector: probing sentence embeddings for linguistic
properties" (ACL), generated from trees (`sentence_tasks` says where they depart), with multinomial logistic regression.

Bigram shift: `material.trees` are the sentences as they were written, and the states are those of
`[tree for tree, _ in shift_half(trees, split)]`, of which half have two words inverted. Who captures the states makes these from
all the trees of the split, in order; which were shifted is found again from the trees, as `shift_half` always chooses the same.

Baselines: the majority class; the same classifier on the mean of the embedded words, which knows the words and not their order;
for tree depth the same classifier on the number of words. The control is the same classifier trained on labels that were permuted
across sentences, which must do no better than chance.
"""

from typing import Annotated, Literal

from pydantic import Field

from embedseq.probes.material import StatesMaterial, Summary
from embedseq.probes.probe import FittedProbeSettings, Found, ProbeAbout, Score

BY_LENGTH = "number of words"


class SentenceSettings(FittedProbeSettings):
    """Can a linear classifier read a property of a whole sentence off one vector? Its baselines: the majority class, the mean of
    the embedded words, and the model before training; its control: labels permuted across sentences."""

    kind: Literal["sentence"]
    """The probe."""
    property: Literal["length", "word-content", "tree-depth", "tense", "subject-number", "object-number", "bigram-shift"]
    """What is asked: the number of words in six bins, which of some words it holds, the depth of its tree, the tense of the main
    verb, the number of its subject or of its object, or whether two neighbouring words were inverted."""
    summary: Summary = "mean"
    """Which vector: the state where reading ends (`last`), the mean over its words (`mean`), what the pooling of a classifier
    makes (`pooled`)."""
    words: Annotated[int, Field(ge=2)] = 50
    """Word content: so many words are told apart."""
    common: Annotated[int, Field(ge=0)] = 100
    """Word content: so many of the commonest words come before them."""

    def beside(self) -> tuple[str, ...]:
        """The names of the baselines of every score that these settings ask for."""
        return (*super().beside(), *((BY_LENGTH,) if self.property == "tree-depth" else ()))


ABOUT = ProbeAbout(
    name="sentence",
    level="sentence",
    question="can a classifier read a property of the whole sentence off one vector",
    equation="accuracy of argmax_y P(y | s), s the last state, the mean or the pooled states",
    paper="Conneau et al. 2018",
    control="the same classifier trained on labels permuted across sentences: nothing is there to find",
    statistic="right answers over sentences, bootstrapped",
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
            baselines=("majority class", "mean of the embeddings"),
            controls=("labels permuted across sentences",),
        ),
    ),
    part="layer",
)


def measure(material: StatesMaterial, settings: SentenceSettings) -> Found:
    """Accuracy of each layer that has the summary, over the test sentences that have a part in the task.

    RequestError where no layer has it, or the task finds too few sentences.
    """
    from embedseq.probes.sentence_answers import sentence_measurements, sentence_task, told_by_length
    from embedseq.probes.sentence_tasks import labels_of

    task = sentence_task(labels_of(settings.property, material.trees, settings.words, settings.common), settings.property)
    beside = {BY_LENGTH: told_by_length(material, task)} if settings.property == "tree-depth" else {}
    return Found(sentence_measurements(material, task, settings.summary, beside), task.details)
