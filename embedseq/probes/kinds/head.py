"""p(j | i) = softmax_j((A h_i)·(B h_j) / √r + u·h_j + d[j - i]), over the words of the sentence and the root.

A biaffine scorer of states (Dozat and Manning 2017, "Deep Biaffine Attention for Neural Dependency Parsing"), with the control
task of Hewitt and Liang 2019, "Designing and Interpreting Probes with Control Tasks", section 2.2: each word type hangs on
itself, on the first word or on the last, as was drawn for it.
"""

from typing import Literal

from embedseq.probes.classifier_settings import TrainingWords, accuracy_scores
from embedseq.probes.material import StatesMaterial
from embedseq.probes.probe import FittedProbeSettings, Found, ProbeAbout
from embedseq.statistics.measurement import Measurement

ABOUT = ProbeAbout(
    name="head",
    level="token",
    question="can a scorer of pairs of states tell which word each word hangs on",
    equation="p(j | i) = softmax_j((A h_i)·(B h_j) / √r + u·h_j + d[j - i]), over the words and the root",
    paper="Dozat and Manning 2017, Deep Biaffine Attention; control: Hewitt and Liang 2019",
    control="each word type hangs on itself, the first or the last word, as was drawn for it: what is learnt by heart",
    statistic="ratio of sums over test sentences, bootstrapped",
    reads="states",
    ordered=True,
    scores=accuracy_scores(
        ("word before", "likeliest offset", "commonest offset of the word type"), ("commonest offset of the word type",)
    ),
    part="layer",
)


class HeadSettings(FittedProbeSettings):
    """Can a scorer of pairs of states tell which word each word hangs on?"""

    kind: Literal["head"]
    """The probe."""
    training_words: TrainingWords = 20_000
    """At most so many words train the scorer, in whole sentences, the same for all models."""


def measure(material: StatesMaterial, settings: HeadSettings) -> Found:
    """Accuracy (the unlabelled attachment score), selectivity and accuracy on unseen word types by layer."""
    from embedseq.probes.classification import width_details
    from embedseq.probes.head_task import head_hits, head_task, offset_baselines
    from embedseq.probes.hits import AskedWords, accuracy_measurements

    task = head_task(material, settings.training_words)
    by_rule, words = offset_baselines(task), AskedWords(task.sentences, task.unseen)
    measurements: list[Measurement] = []
    for layer in material.chosen_layers:
        own = head_hits(material.own, layer, material, task)
        beside = {label: head_hits(states, layer, material, task) for label, states in material.beside.items()}
        measurements += accuracy_measurements(layer, own, {**by_rule, **beside}, words)
    return Found(measurements, {**task.details, **width_details(material)})
