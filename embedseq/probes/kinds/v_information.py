"""I_V(R -> Y | B) = H_V(Y | B) - H_V(Y | [B; R]), in bits a word: what a layer R tells beyond the embedded words B.

Hewitt, Ethayarajh, Liang and Manning 2021, "Conditional probing: measuring usable information beyond a baseline". H_V is the
least cross-entropy of a family V of classifiers, here on the test words. The family may leave R out of account, so that noise
tells 0 bits.
"""

from typing import Literal

from embedseq.errors import RequestError
from embedseq.probes.classifier_settings import ClassifierSettings, Label
from embedseq.probes.material import StatesMaterial
from embedseq.probes.probe import Found, ProbeAbout, Score
from embedseq.statistics.measurement import Measurement

ABOUT = ProbeAbout(
    name="v-information",
    level="token",
    question="how many bits does a layer tell about the label of a word beyond its embedding",
    equation="I_V(R -> Y | B) = H_V(Y | B) - H_V(Y | [B; R])",
    paper="Hewitt et al. 2021, Conditional probing: measuring usable information beyond a baseline",
    control="the states of the layer permuted across words, which tell nothing: about 0",
    statistic="ratio of sums over test sentences, bootstrapped",
    reads="states",
    beside_embedding=True,
    above_embedding=True,
    ordered=True,
    scores=(
        Score(
            "v-information",
            "conditional V-information",
            "bits a word",
            items="sentences",
            roles=("baseline", "control"),
            note="Beyond the embedded words of the same model.",
            controls=("states permuted across words",),
        ),
    ),
    part="layer",
)


class VInformationSettings(ClassifierSettings):
    """How many bits does a layer tell about the label of a word beyond its embedding?"""

    kind: Literal["v-information"]
    """The probe."""
    label: Label = "upos"
    """What is told: the universal part of speech, the feature `number` or `tense` of the words that have it, or the relation."""


def measure(material: StatesMaterial, settings: VInformationSettings) -> Found:
    """V-information of each layer above the embedding, with that of the models beside it and of permuted states.

    Items are (bits gained, words), one a test sentence, over the words whose label some training word has. RequestError where
    there is no such layer.
    """
    from embedseq.probes.classification import width_details
    from embedseq.probes.conditional_information import Baseline
    from embedseq.probes.label_task import label_task
    from embedseq.probes.means import Grouped

    layers = [layer for layer in material.chosen_layers if layer != material.own.layers[0]]
    if not layers:
        raise RequestError("probe v-information: expected a layer above the embedded words, found none: leave this model out.")
    task = label_task(ABOUT.name, material, settings.label, settings.training_words)
    own = Baseline.fitted(material.own, task, settings.classifier)
    beside = {label: Baseline.fitted(states, task, settings.classifier) for label, states in material.beside.items()}
    test = task.splits["test"]
    coverage, sentences = len(test.known) / len(test.codes), Grouped(test.sentences[test.known])
    name, measurements = "v-information", list[Measurement]()
    for layer in layers:
        measurements.append(sentences.mean(own.gain(layer), name, layer, coverage))
        measurements += [
            sentences.mean(each.gain(layer), name, layer, coverage, "baseline", label) for label, each in beside.items()
        ]
        permuted = own.gain(layer, permuted=True)
        measurements.append(sentences.mean(permuted, name, layer, coverage, "control", "states permuted across words"))
    return Found(measurements, {**task.details, **width_details(material)})
