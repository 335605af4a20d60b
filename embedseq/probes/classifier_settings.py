"""What the settings of probes with a classifier of words have in common, and the scores that they give. Light to import."""

from typing import Annotated, Literal

from pydantic import Field

from embedseq.probes.control import LABEL
from embedseq.probes.probe import FittedProbeSettings, Score

Classifier = Literal["linear", "mlp"]
Label = Literal["upos", "number", "tense", "relation"]
TrainingWords = Annotated[int, Field(ge=1)]


class ClassifierSettings(FittedProbeSettings):
    """A classifier of the states of words."""

    classifier: Classifier = "linear"
    """What reads the states: `linear`, or `mlp` with one hidden layer."""
    training_words: TrainingWords = 20_000
    """At most so many words train the classifier, in whole sentences, the same for all models."""


def accuracy_scores(baselines: tuple[str, ...], selective: tuple[str, ...]) -> tuple[Score, ...]:
    """What a probe gives that tells words right or wrong (`hits.py`).

    `baselines`: the names of what needs no states; `selective`: those among them that can learn the control task by heart.
    """
    return (
        Score(
            "accuracy",
            "accuracy",
            "%",
            100.0,
            "sentences",
            roles=("baseline", "control"),
            baselines=baselines,
            controls=(LABEL,),
        ),
        Score(
            "selectivity",
            "selectivity",
            "% points",
            100.0,
            "sentences",
            roles=("baseline",),
            note="Accuracy less the accuracy on random labels by word type: what was read off rather than learnt by heart.",
            baselines=selective,
        ),
        Score(
            "unseen-accuracy",
            "accuracy on unseen word types",
            "%",
            100.0,
            "sentences",
            roles=("baseline", "control"),
            note="On the test words whose form stands in no training sentence.",
            baselines=baselines,
            controls=(LABEL,),
        ),
    )


LABEL_SCORES = accuracy_scores(("majority class", "majority class of the word type"), ("majority class of the word type",))
"""Of the label of each word."""
