"""accuracy = 1/N Σ_i [argmax_k p(k | h_i) = y_i], where p is trained on the states h and the tags y of other sentences.

Hewitt and Liang 2019, "Designing and Interpreting Probes with Control Tasks": a classifier may know words by heart, so accuracy
is held against random labels by word type, and selectivity is the difference. Words without the feature are left out.
"""

from typing import Literal

from embedseq.probes.classifier_settings import LABEL_SCORES, ClassifierSettings
from embedseq.probes.material import StatesMaterial
from embedseq.probes.probe import Found, ProbeAbout

ABOUT = ProbeAbout(
    name="tag",
    level="token",
    question="can a classifier read the part of speech, the number or the tense of a word off its state",
    equation="accuracy = 1/N Σ_i [argmax_k p(k | h_i) = y_i]; selectivity = accuracy - control accuracy",
    paper="Hewitt and Liang 2019, Designing and Interpreting Probes with Control Tasks",
    control="a random label by word type, drawn as the true ones are distributed: what is learnt by heart",
    statistic="ratio of sums over test sentences, bootstrapped",
    reads="states",
    ordered=True,
    scores=LABEL_SCORES,
    part="layer",
)


class TagSettings(ClassifierSettings):
    """Can a classifier read the part of speech, the number or the tense of a word off its state?"""

    kind: Literal["tag"]
    """The probe."""
    label: Literal["upos", "number", "tense"] = "upos"
    """What is read: the universal part of speech, or the feature `Number` or `Tense` of the words that have it."""


def measure(material: StatesMaterial, settings: TagSettings) -> Found:
    """Accuracy, selectivity and accuracy on unseen word types by layer, with their baselines and controls."""
    from embedseq.probes.classification import classify

    return classify(material, settings.label, settings, ABOUT.name)
