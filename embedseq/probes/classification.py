"""Classifiers of word states: fitted on the training words, chosen on the validation words, asked once about the test words.

The linear one is fitted at several strengths of its penalty, true labels and control labels together, in the same passes over
the data; each task keeps the strength that loses least on the validation words. The one with a hidden layer stops where that loss
is least. Features are scaled as the training words have it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from embedseq.probes.classifier_settings import Classifier, ClassifierSettings, Label
from embedseq.probes.hits import AskedWords, Hits, accuracy_measurements
from embedseq.probes.label_task import UNKNOWN, LabelTask, label_task
from embedseq.probes.material import Split, States, StatesMaterial
from embedseq.probes.probe import Found
from embedseq.seeds import stream
from embedseq.statistics.bootstrap import Floats
from embedseq.statistics.measurement import Measurement

Floats32 = NDArray[np.float32]
Ints = NDArray[np.int64]

PENALTIES = (1e-3, 1e-2, 1e-1, 1.0)
"""Strengths that are tried, beside the mean loss."""
SMOOTHING = 0.5
"""Imagined words of each class (Krichevsky and Trofimov 1981), so that no label costs infinitely many bits."""


class Reader(Protocol):
    """A fitted classifier."""

    def log_probabilities(self, features: Floats32) -> Floats:
        """(N, K), in nats."""
        ...


@dataclass(frozen=True, eq=False)
class Coded:
    """One task: a class for each training word and each validation word (there also `UNKNOWN`)."""

    train: Ints
    valid: Ints
    classes: int


@dataclass(frozen=True, eq=False)
class Chosen:
    """A fitted classifier, as chosen on the validation words."""

    reader: Reader
    loss: float
    """In nats a validation word."""
    choice: int
    """Which of the penalties; 0 where there was no choice."""


def readers(
    train: Floats32,
    valid: Floats32,
    tasks: Sequence[Coded],
    classifier: Classifier,
    penalties: Sequence[float | Floats] = PENALTIES,
) -> list[Chosen]:
    """A classifier for each task, all from the features (N, D) of the same words. A penalty may be one number a feature, (D,)."""
    return _linear(train, valid, tasks, penalties) if classifier == "linear" else [_mlp(train, valid, task) for task in tasks]


def _linear(train: Floats32, valid: Floats32, tasks: Sequence[Coded], penalties: Sequence[float | Floats]) -> list[Chosen]:
    from embedseq.probes.softmax_regression import Effort, Target, fit_softmax

    targets = [Target(task.train, task.classes, penalty, SMOOTHING) for task in tasks for penalty in penalties]
    fits = fit_softmax(train, targets, Effort())
    chosen = []
    for number, task in enumerate(tasks):
        offered = fits[number * len(penalties) : (number + 1) * len(penalties)]
        losses = [mean_loss(fit, valid, task.valid) for fit in offered]
        best = int(np.argmin(losses))
        chosen.append(Chosen(offered[best], losses[best], best))
    return chosen


def _mlp(train: Floats32, valid: Floats32, task: Coded) -> Chosen:
    from embedseq.probes.mlp import MlpShape, Sample, fit_mlp

    known = task.valid != UNKNOWN
    shape = MlpShape(task.classes, seed=stream(0, "probes", "mlp"), smoothing=SMOOTHING)
    fit = fit_mlp(Sample(train, task.train), shape, Sample(valid[known], task.valid[known]))
    return Chosen(fit, mean_loss(fit, valid, task.valid), 0)


def mean_loss(reader: Reader, features: Floats32, codes: Ints) -> float:
    """In nats, over the words whose label is a class; 0 where none is."""
    known = codes != UNKNOWN
    return float(bits(reader, features[known], codes[known]).mean() * np.log(2)) if known.any() else 0.0


def bits(reader: Reader, features: Floats32, codes: Ints) -> Floats:
    """(N,): -log2 p(label | state) of each word."""
    spent: Floats = -reader.log_probabilities(features)[np.arange(len(codes)), codes] / np.log(2)
    return spent


def features_of(states: States, split: Split, layer: str, task: LabelTask) -> Floats32:
    """(N, D): the states of the labelled words of a split."""
    return states.words(split, layer)[task.splits[split].rows]


def width_details(material: StatesMaterial) -> dict[str, Any]:
    """For the report: the width of each layer looked at, since classifiers of wider layers have more to learn with."""
    return {"widths": {layer: int(material.own.words("test", layer).shape[1]) for layer in material.chosen_layers}}


def classify(material: StatesMaterial, label: Label, settings: ClassifierSettings, probe: str) -> Found:
    """Accuracy, selectivity and accuracy on unseen word types, layer by layer, each with its baselines and its control."""
    task = label_task(probe, material, label, settings.training_words)
    by_rule, test = frequency_baselines(task), task.splits["test"]
    words, measurements = AskedWords(test.sentences, ~test.seen), list[Measurement]()
    for layer in material.chosen_layers:
        own = _hits(material.own, layer, task, settings.classifier)
        beside = {name: _hits(states, layer, task, settings.classifier) for name, states in material.beside.items()}
        measurements += accuracy_measurements(layer, own, {**by_rule, **beside}, words)
    return Found(measurements, {**task.details, **width_details(material)})


def _hits(states: States, layer: str, task: LabelTask, classifier: Classifier) -> Hits:
    """Of the test words, with classifiers of the true and of the control labels."""
    train, valid, test = (task.splits[split] for split in ("train", "valid", "test"))
    tasks = [
        Coded(train.codes, valid.codes, len(task.classes)),
        Coded(train.control, valid.control, len(task.classes)),
    ]
    fitted = readers(features_of(states, "train", layer, task), features_of(states, "valid", layer, task), tasks, classifier)
    features = features_of(states, "test", layer, task)
    true, control = (each.reader.log_probabilities(features).argmax(axis=1) for each in fitted)
    return Hits(true == test.codes, control == test.control)


def frequency_baselines(task: LabelTask) -> Mapping[str, Hits]:
    """What needs no states: the commonest class, and each word type's commonest (of a type not seen, the commonest of all)."""
    train, test = task.splits["train"], task.splits["test"]

    def by_type(codes: Ints) -> Ints:
        counts = np.zeros((max(train.types.max(), test.types.max()) + 1, len(task.classes)))
        np.add.at(counts, (train.types, codes), 1)
        counts[counts.sum(axis=1) == 0] = np.bincount(codes, minlength=len(task.classes))
        commonest: Ints = counts[test.types].argmax(axis=1)
        return commonest

    majority = np.bincount(train.codes, minlength=len(task.classes)).argmax()
    return {
        "majority class": Hits(test.codes == majority),
        "majority class of the word type": Hits(by_type(train.codes) == test.codes, by_type(train.control) == test.control),
    }
