"""L = n_1 log2 K - Σ_t log2 p_t(y_(t+1) | h_(t+1)), in bits: what the labels cost for who has the states.

Voita and Titov 2020, "Information-Theoretic Probing with Minimum Description Length", the online code. Accuracy asks how well a
classifier does in the end, the code length also how much it had to be shown. Compression is n log2 K / L. Bits depend on the
width of the states, so that layers of unlike widths are not comparable.
"""

from typing import Literal

from embedseq.probes.classifier_settings import ClassifierSettings, Label
from embedseq.probes.control import LABEL
from embedseq.probes.material import StatesMaterial
from embedseq.probes.probe import Found, ProbeAbout, Score
from embedseq.statistics.measurement import Measurement

ABOUT = ProbeAbout(
    name="codelength",
    level="token",
    question="how many bits does the label of a word cost for someone who has its state",
    equation="L = n_1 log2 K - Σ_t log2 p_t(y_(t+1) | h_(t+1)); compression = n log2 K / L",
    paper="Voita and Titov 2020, Information-Theoretic Probing with Minimum Description Length",
    control="the code length of random labels by word type, drawn as the true ones are distributed",
    statistic="ratio of sums over training words, bootstrapped",
    reads="states",
    ordered=True,
    scores=(
        Score(
            "codelength",
            "code length",
            "bits a word",
            items="sentences",
            roles=("baseline", "control"),
            note="Less is better. Depends on the width of the states.",
            baselines=("uniform code", "label frequencies"),
            controls=(LABEL,),
        ),
        Score(
            "compression",
            "compression",
            "times",
            items="sentences",
            roles=("baseline", "control"),
            note="Uniform code over code length.",
            baselines=("uniform code", "label frequencies"),
            controls=(LABEL,),
        ),
    ),
    part="layer",
)


class CodelengthSettings(ClassifierSettings):
    """How many bits does the label of a word cost for someone who has its state?"""

    kind: Literal["codelength"]
    """The probe."""
    label: Label = "upos"
    """What is sent: the universal part of speech, the feature `number` or `tense` of the words that have it, or the relation."""


def measure(material: StatesMaterial, settings: CodelengthSettings) -> Found:
    """Code length and compression of the labels of the training words by layer, with baselines and control."""
    from embedseq.probes.classification import width_details
    from embedseq.probes.label_task import label_task
    from embedseq.probes.means import Grouped
    from embedseq.probes.online_code import Coding, code_lengths, code_measurements, portions_of, stateless_lengths

    task = label_task(ABOUT.name, material, settings.label, settings.training_words)
    stateless = stateless_lengths(task)
    sentences = Grouped(task.splits["train"].sentences)
    measurements: list[Measurement] = []
    for layer in material.chosen_layers:
        coding = Coding(layer, stateless["uniform code"], sentences)
        own, control = code_lengths(material.own, layer, task, settings.classifier)
        measurements += code_measurements(coding, "score", "", own)
        for label, spent in stateless.items():
            measurements += code_measurements(coding, "baseline", label, spent)
        for label, states in material.beside.items():
            spent, _ = code_lengths(states, layer, task, settings.classifier)
            measurements += code_measurements(coding, "baseline", label, spent)
        measurements += code_measurements(coding, "control", LABEL, control)
    portions = {"words at the end of each portion": list(portions_of(task).ends)}
    return Found(measurements, {**task.details, **portions, **width_details(material)})
