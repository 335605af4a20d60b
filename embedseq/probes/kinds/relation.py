"""accuracy = 1/N Σ_i [argmax_k p(k | h_i) = r_i], where r_i is the relation of word i to its head, and h_i its own state.

Hewitt and Liang 2019, "Designing and Interpreting Probes with Control Tasks", as in the probe `tag`. Relations are the universal
ones, without subtypes.
"""

from typing import Literal

from embedseq.probes.classifier_settings import LABEL_SCORES, ClassifierSettings
from embedseq.probes.material import StatesMaterial
from embedseq.probes.probe import Found, ProbeAbout

ABOUT = ProbeAbout(
    name="relation",
    level="token",
    question="can a classifier read the relation of a word to its head off its own state",
    equation="accuracy = 1/N Σ_i [argmax_k p(k | h_i) = r_i]; selectivity = accuracy - control accuracy",
    paper="Hewitt and Liang 2019, Designing and Interpreting Probes with Control Tasks",
    control="a random label by word type, drawn as the true ones are distributed: what is learnt by heart",
    statistic="ratio of sums over test sentences, bootstrapped",
    reads="states",
    ordered=True,
    scores=LABEL_SCORES,
    part="layer",
)


class RelationSettings(ClassifierSettings):
    """Can a classifier read the relation of a word to its head off its own state?"""

    kind: Literal["relation"]
    """The probe."""


def measure(material: StatesMaterial, settings: RelationSettings) -> Found:
    """Accuracy, selectivity and accuracy on unseen word types by layer, with their baselines and controls."""
    from embedseq.probes.classification import classify

    return classify(material, "relation", settings, ABOUT.name)
