"""How many bits it takes to send labels to someone who has the states: the online code of Voita and Titov 2020, section 3.2.

    L = n_1 log2 K  -  Σ_t log2 p_t(y of portion t + 1 | h)

The first portion is sent with the uniform code; each further one with a classifier trained on all portions before it, which the
receiver can train as well. Portions are of whole sentences, in one order for all models. How strong the penalty is, or when
training stops, is chosen at each portion on the validation words, which both sides have.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embedseq.probes.classification import SMOOTHING, Coded, bits, features_of, readers
from embedseq.probes.classifier_settings import Classifier
from embedseq.probes.label_task import LabelTask
from embedseq.probes.material import States
from embedseq.probes.means import Grouped
from embedseq.seeds import stream
from embedseq.statistics.bootstrap import Floats, statistic_value
from embedseq.statistics.measurement import Measurement, Role

Ints = NDArray[np.int64]

PORTIONS = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.0625, 0.125, 0.25, 0.5, 1.0)
"""Where portions end, as shares of the training words."""


@dataclass(frozen=True, eq=False)
class Portions:
    """The N training words in the order in which they are sent."""

    order: Ints
    """(N,): their places among the labelled training words."""
    ends: tuple[int, ...]
    """How many words have been sent at the end of each portion."""

    def in_task_order(self, sent: Floats) -> Floats:
        """Of bits (N,) as they are sent those of the words in the order of the task."""
        placed = np.empty_like(sent)
        placed[self.order] = sent
        return placed


def portions_of(task: LabelTask) -> Portions:
    """Sentences in random order; a portion ends with the sentence that reaches its share of the words."""
    sentences = task.splits["train"].sentences
    rank = np.random.default_rng(stream(0, "codelength", "order")).permutation(sentences.max() + 1)[sentences]
    order = np.argsort(rank, kind="stable")
    sent = rank[order]
    sentence_ends = np.append(np.flatnonzero(np.diff(sent)), len(sent) - 1) + 1
    reached = [int(sentence_ends[np.searchsorted(sentence_ends, share * len(sent) - 1e-9)]) for share in PORTIONS]
    return Portions(order, tuple(sorted(set(reached))))


def code_lengths(states: States, layer: str, task: LabelTask, classifier: Classifier) -> tuple[Floats, Floats]:
    """(N,) bits of the label of each training word, and of its label in the control task, for who has the states of the layer."""
    portions, (train, valid) = portions_of(task), (task.splits["train"], task.splits["valid"])
    features = features_of(states, "train", layer, task)[portions.order]
    held_out = features_of(states, "valid", layer, task)
    kinds = ((train.codes[portions.order], valid.codes), (train.control[portions.order], valid.control))
    spent = [np.full(len(features), np.log2(len(task.classes))) for _ in kinds]
    for first, last in zip(portions.ends[:-1], portions.ends[1:], strict=True):
        tasks = [Coded(codes[:first], of_valid, len(task.classes)) for codes, of_valid in kinds]
        chosen = readers(features[:first], held_out, tasks, classifier)
        for sent, (codes, _), each in zip(spent, kinds, chosen, strict=True):
            sent[first:last] = bits(each.reader, features[first:last], codes[first:last])
    true, control = (portions.in_task_order(sent) for sent in spent)
    return true, control


def stateless_lengths(task: LabelTask) -> Mapping[str, Floats]:
    """(N,) bits of the label of each training word for who has no states: all labels alike, and, portion by portion, as frequent
    as they were before."""
    portions, classes = portions_of(task), len(task.classes)
    codes = task.splits["train"].codes[portions.order]
    uniform = np.full(len(codes), np.log2(classes))
    frequencies = uniform.copy()
    for first, last in zip(portions.ends[:-1], portions.ends[1:], strict=True):
        counts = np.bincount(codes[:first], minlength=classes) + SMOOTHING
        frequencies[first:last] = -np.log2(counts / counts.sum())[codes[first:last]]
    return {"uniform code": uniform, "label frequencies": portions.in_task_order(frequencies)}


@dataclass(frozen=True, eq=False)
class Coding:
    """What all codes of a layer have in common."""

    layer: str
    uniform: Floats
    """(N,): the bits of each label in the uniform code."""
    sentences: Grouped
    """In which sentences the N words stand."""


def code_measurements(coding: Coding, role: Role, label: str, spent: Floats) -> list[Measurement]:
    """Code length and compression: items are (bits, words) and (bits of the uniform code, bits), one a training sentence."""
    items, layer = coding.sentences.ratio(coding.uniform, spent), coding.layer
    value = statistic_value("ratio", items)
    return [
        coding.sentences.mean(spent, "codelength", layer, 1.0, role, label, "lower"),
        Measurement("", "compression", role, label, value, "ratio", items, 1.0, layer),
    ]
