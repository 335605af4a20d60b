"""How often a linear classifier is right about sentences, from one vector each, and what that is held against."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from embedseq.errors import RequestError
from embedseq.probes.material import Floats32, Ints, Split, States, StatesMaterial, Summary
from embedseq.probes.right_answers import Bools, Labels, majority_answers, right_answers
from embedseq.probes.sentence_tasks import Label
from embedseq.seeds import stream
from embedseq.statistics.bootstrap import statistic_value
from embedseq.statistics.measurement import Measurement, Role

_SPLITS: tuple[Split, ...] = ("train", "valid", "test")
_CONTROL = "labels permuted across sentences"


@dataclass(frozen=True, eq=False)
class SentenceTask:
    """The sentences that have a part in a task, and their labels."""

    numbers: Mapping[Split, Ints]
    """(S,): which sentences of a split."""
    labels: Labels
    """(S,): what is true of them."""
    permuted: Labels
    """The same, the training and validation labels permuted across sentences."""
    coverage: float
    """The share of the test sentences."""

    @property
    def details(self) -> dict[str, Any]:
        """How many training and test sentences each class has."""
        return {split: dict(zip(*_counted(self.labels[split]), strict=True)) for split in ("train", "test")}


def sentence_task(labels: Mapping[Split, Sequence[Label | None]], name: str) -> SentenceTask:
    """The task with these labels of sentences, None for those that have no part. RequestError where there are too few."""
    numbers: dict[Split, Ints] = {}
    own: dict[Split, Any] = {}
    permuted: dict[Split, Any] = {}
    for split in _SPLITS:
        of_split = labels.get(split, ())
        numbers[split] = np.array([number for number, label in enumerate(of_split) if label is not None], dtype=np.int64)
        own[split] = np.array([label for label in of_split if label is not None], dtype=np.str_)
        draws = np.random.default_rng(stream(0, "sentence", "permuted", name, split))
        permuted[split] = own[split] if split == "test" else draws.permutation(own[split])
    classes = len(np.unique(own["train"]))
    if classes < 2 or len(own["test"]) == 0:
        raise RequestError(
            f"probe sentence, {name}: expected sentences of two classes or more to train on, and some to test on, found "
            f"{classes} classes in {len(own['train'])} training sentences, and {len(own['test'])} test sentences. Use a larger "
            "corpus."
        )
    return SentenceTask(numbers, own, permuted, len(own["test"]) / len(labels["test"]))


def sentence_measurements(
    material: StatesMaterial, task: SentenceTask, summary: Summary, beside: Mapping[str, Bools]
) -> list[Measurement]:
    """Accuracy of each layer that has the summary, with its baselines, those of `beside` among them, and its control.

    RequestError where no layer has it.
    """
    given = {"majority class": majority_answers(task.labels), **beside}
    mean = _features(material.own, "embedding", "mean", task)
    if mean is not None:
        given["mean of the embeddings"] = right_answers(mean, [task.labels])[0]
    found: list[Measurement] = []
    for layer in material.chosen_layers:
        features = _features(material.own, layer, summary, task)
        if features is None:
            continue
        own, control = right_answers(features, [task.labels, task.permuted])
        others = {label: _features(states, layer, summary, task) for label, states in material.beside.items()}
        answers: list[tuple[Role, str, Bools]] = [
            ("score", "", own),
            *(("baseline", label, right) for label, right in given.items()),
            *(("baseline", label, right_answers(each, [task.labels])[0]) for label, each in others.items() if each is not None),
            ("control", _CONTROL, control),
        ]
        found += [_accuracy(role, label, layer, right, task.coverage) for role, label, right in answers]
    if not found:
        raise RequestError(
            f"probe sentence: expected a model with the summary {summary!r} of a sentence, found none in the layers "
            f"{', '.join(material.chosen_layers)}. Choose another `summary` (last, mean, pooled), or other models."
        )
    return found


def told_by_length(material: StatesMaterial, task: SentenceTask) -> Bools:
    """Of each test sentence whether its number of words alone gives it its label: (S,)."""
    lengths = {split: np.array([[len(tree)] for tree in material.trees.get(split, ())], dtype=np.float32) for split in _SPLITS}
    features = {split: lengths[split].reshape(-1, 1)[task.numbers[split]] for split in _SPLITS}
    return right_answers(features, [task.labels])[0]


def _features(states: States, layer: str, summary: Summary, task: SentenceTask) -> dict[Split, Floats32] | None:
    """(S, D) of the sentences that have a part in the task; None where there is no such summary."""
    features: dict[Split, Floats32] = {}
    for split in _SPLITS:
        of_split = states.sentences(split, layer, summary)
        if of_split is None:
            return None
        features[split] = of_split[task.numbers[split]]
    return features


def _accuracy(role: Role, label: str, layer: str, right: Bools, coverage: float) -> Measurement:
    items = np.stack([right.astype(np.float64), np.ones(len(right))], axis=-1)
    return Measurement("", "accuracy", role, label, statistic_value("ratio", items), "ratio", items, coverage, layer)


def _counted(labels: Any) -> tuple[list[str], list[int]]:
    values, counts = np.unique(labels, return_counts=True)
    return values.tolist(), counts.tolist()
