"""Which words a recall probe reads and asks for, how often a classifier recalls them at each distance, and the half-life."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from embedseq.errors import RequestError
from embedseq.probes.control import LABEL, control_codes
from embedseq.probes.half_life import STATISTICS
from embedseq.probes.material import Floats32, Ints, Split, States, StatesMaterial
from embedseq.probes.right_answers import Bools, Labels, majority_answers, right_answers
from embedseq.seeds import stream
from embedseq.statistics.bootstrap import Floats, statistic_value
from embedseq.statistics.measurement import Measurement, Role

Curve = Sequence[Bools]
"""For each k whether each test word of the question k was recalled: (N_k,)."""

_SPLITS: tuple[Split, ...] = ("train", "test")
_EMBEDDING = "embedding"
_CURRENT = "current word's vector"
CONTROL = "words dealt out to others"
_BY_HEART = LABEL
_NOTHING_BEFORE = "current word known, none before it"
_NO_CLASS = -1
_PENALTY = 0.01
"""Beside the mean loss; one strength at all distances, so that the curve shows the states and not a choice."""


@dataclass(frozen=True, eq=False)
class Question:
    """Which word stands k back, asked of the words that are read and for which it is one of the classes."""

    rows: Mapping[Split, Ints]
    """(N_k,): their rows in the states of a split."""
    labels: Labels
    """(N_k,): the class of the word k back."""
    control: Labels
    """(N_k,): the same labels, dealt out to the words of a split at random, so that no state says its own."""
    by_heart: Labels
    """(N_k,): a random class of the word itself, the same for all words of a type."""
    sentences: Ints
    """(N_k,): of the test words the sentence."""
    coverage: float
    """The share of all test words."""


@dataclass(frozen=True, eq=False)
class Asked:
    """All questions; they are the same for every model."""

    questions: Sequence[Question]
    """One for each k = 0, 1, …"""
    sentences: Ints
    """(S,): the test sentences with words that are read: the items."""
    coverage: float
    """The share of the test words that is read."""


def asked_of(material: StatesMaterial, steps: int, words: int, examples: int) -> Asked:
    """Questions to the words with `steps` others before them, in training to at most `examples`.

    The classes are the `words` commonest training words. RequestError where there are too few words.
    """
    forms = {split: material.forms(split) for split in _SPLITS}
    classes = {form: code for code, (form, _) in enumerate(sorted(Counter(forms["train"]).items(), key=_commonest)[:words])}
    read = {split: _read(material, split, steps, examples) for split in _SPLITS}
    codes = {split: np.array([classes.get(form, _NO_CLASS) for form in forms[split]], dtype=np.int64) for split in _SPLITS}
    sentence_of_words = material.sentence_of_words("test")
    questions = []
    for back in range(steps + 1):
        rows = {split: read[split][codes[split][read[split] - back] != _NO_CLASS] for split in _SPLITS}
        labels = {split: codes[split][rows[split] - back] for split in _SPLITS}
        if len(classes) < 2 or len(rows["train"]) == 0 or len(rows["test"]) == 0:
            raise RequestError(
                f"probe recall: expected words with {steps} others before them in a sentence and, {back} back from them, some of "
                f"the {words} commonest words, found {len(rows['train'])} such words to train on and {len(rows['test'])} to test "
                "on. Lower `steps`, or use more sentences."
            )
        control = {
            split: np.random.default_rng(stream(0, "recall", "control", back, split)).permutation(labels[split])
            for split in _SPLITS
        }
        by_heart = {
            split: control_codes([forms[split][row] for row in rows[split]], labels["train"], len(classes)) for split in _SPLITS
        }
        coverage = len(rows["test"]) / len(forms["test"])
        questions.append(Question(rows, labels, control, by_heart, sentence_of_words[rows["test"]], coverage))
    return Asked(questions, np.unique(sentence_of_words[read["test"]]), len(read["test"]) / len(forms["test"]))


def recall(material: StatesMaterial, asked: Asked) -> list[Measurement]:
    """The accuracy at each distance and the half-life, layer by layer, with baselines and controls; a row of items a sentence."""
    majority = [majority_answers(question.labels) for question in asked.questions]
    current, *_ = _curves(material.own, _EMBEDDING, asked, control=False)
    found: list[Measurement] = []
    for layer in material.chosen_layers:
        own, control, by_heart = _curves(material.own, layer, asked, control=True)
        beside = {label: _curves(states, layer, asked, control=False)[0] for label, states in material.beside.items()}
        curves: list[tuple[Role, str, Curve]] = [
            ("score", "", own),
            ("baseline", "majority class", majority),
            ("baseline", _CURRENT, current),
            *(("baseline", label, curve) for label, curve in beside.items()),
            ("control", CONTROL, control),
            ("control", _BY_HEART, by_heart),
        ]
        for back in range(len(asked.questions)):
            part = part_of(layer, back)
            found += [_accuracy(role, label, part, asked, back, curve[back]) for role, label, curve in curves]
        found += [
            _half_life("score", "", layer, asked, own, majority),
            _half_life("baseline", _CURRENT, layer, asked, current, majority),
            *(_half_life("baseline", label, layer, asked, curve, majority) for label, curve in beside.items()),
            _half_life("control", _NOTHING_BEFORE, layer, asked, [own[0], *control[1:]], majority),
        ]
    return found


def part_of(layer: str, back: int) -> str:
    """What the measurements of a layer at a distance are told apart by."""
    return f"{layer}, {back} back"


def _commonest(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _read(material: StatesMaterial, split: Split, steps: int, examples: int) -> Ints:
    """(N,): the rows of the words with `steps` others before them; of the training words a sample, the same for every model."""
    places = np.array([place for tree in material.trees[split] for place in range(len(tree))], dtype=np.int64)
    rows: Ints = np.flatnonzero(places >= steps)
    if split == "train" and len(rows) > examples:
        draws = np.random.default_rng(stream(0, "recall", "examples"))
        rows = np.sort(draws.choice(rows, examples, replace=False))
    return rows


def _curves(states: States, layer: str, asked: Asked, control: bool) -> tuple[Curve, Curve, Curve]:
    """What classifiers recall, one for each distance, and what of the two controls (empty where they are not asked for)."""
    of_split = {split: states.words(split, layer) for split in _SPLITS}
    curves: tuple[list[Bools], list[Bools], list[Bools]] = ([], [], [])
    for question in asked.questions:
        features: dict[Split, Floats32] = {split: of_split[split][question.rows[split]] for split in _SPLITS}
        labels = [question.labels, *([question.control, question.by_heart] if control else [])]
        for curve, answers in zip(curves, right_answers(features, labels, (_PENALTY,)), strict=False):
            curve.append(answers)
    return curves


def _counts(asked: Asked, back: int, right: Bools) -> Floats:
    """(S, 2): of each sentence the words recalled, and the words asked about."""
    sentences, size = np.searchsorted(asked.sentences, asked.questions[back].sentences), len(asked.sentences)
    return np.stack([np.bincount(sentences, right, size), np.bincount(sentences, minlength=size)], axis=-1).astype(np.float64)


def _accuracy(role: Role, label: str, part: str, asked: Asked, back: int, right: Bools) -> Measurement:
    items = _counts(asked, back, right)
    value = statistic_value("ratio", items)
    return Measurement("", "accuracy", role, label, value, "ratio", items, asked.questions[back].coverage, part)


def _half_life(role: Role, label: str, part: str, asked: Asked, curve: Curve, majority: Curve) -> Measurement:
    of_curve, of_majority = (
        np.stack([_counts(asked, back, right) for back, right in enumerate(each)]) for each in (curve, majority)
    )
    items = np.concatenate([of_curve[..., 0].T, of_majority[..., 0].T, of_curve[..., 1].T], axis=1)
    value = statistic_value("half-life", items, STATISTICS)
    return Measurement("", "half-life", role, label, value, "half-life", items, asked.coverage, part)
