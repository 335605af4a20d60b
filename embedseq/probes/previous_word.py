"""Can a linear classifier read the previous word off a hidden state?

Its baselines: always the majority class, and the same classifier on the vector of the current word alone, which shows what
neighbouring words have to do with each other anyway. Its control: the same states with a label drawn at random for every word
type (Hewitt and Liang 2019), which shows what the classifier can learn by heart. Selectivity is accuracy less control accuracy.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from embedseq.errors import RequestError
from embedseq.probes.means import Grouped
from embedseq.seeds import stream
from embedseq.statistics.bootstrap import Floats
from embedseq.statistics.measurement import Measurement, Role
from embedseq.text.vocabulary import SPECIALS

Floats32 = NDArray[np.float32]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_TRAIN_SHARE = 2 / 3
_PENALTY = 0.01
"""The weight of the squared norm beside the mean loss; one strength for samples of every size."""


@dataclass(frozen=True, eq=False)
class Positions:
    """N places in running text, with what a model had in mind there. First words of sentences have no previous word: leave
    them out, or give a special token."""

    states: Floats32
    """(N, D)"""
    previous: Ints
    """(N,) token ids of the words before."""
    current: Ints
    """(N,) token ids of the words themselves."""
    sentence: Ints
    """(N,) the number of the sentence; a sentence is never split between training and test."""

    def __post_init__(self) -> None:
        shapes = {len(each) for each in (self.states, self.previous, self.current, self.sentence)}
        if len(shapes) != 1 or self.states.ndim != 2:
            raise ValueError("Positions need states (N, D) and N previous ids, current ids and sentence numbers.")


@dataclass(frozen=True, eq=False)
class _Task:
    """What all classifiers share: which positions train, which test, and the true classes."""

    train: Ints
    test: Ints
    labels: Ints
    """(N,) the id of the previous word, at all positions."""
    current: Ints
    coverage: float
    """Of the positions of the test sentences, the share whose previous word is a class."""


def previous_word(
    positions: Positions, table: Floats32, words: int, subject: str, part: str = "", seed: int = 0
) -> list[Measurement]:
    """Accuracy of the classifier on the states, its two baselines, its control, and selectivity with its baseline.

    `table` (V, D') holds the vectors that the current words are looked up in for the baseline. Classes are the `words` commonest
    previous words (special tokens are none) of the training sentences. Two thirds of the sentences train, the rest test; the
    choice and the control labels depend on `seed` alone, so keep it for all models and seeds of a comparison. `part` names the
    layer. Items are (right positions, positions), one a test sentence. RequestError where there is too little text.
    """
    task = _split(positions, words, seed)
    control = _control_labels(task, seed)
    states = positions.states.astype(np.float32)
    right = _classified(states, task.labels, task)
    majority = task.labels[task.test] == _commonest(task.labels[task.train], 1)[0]
    own_vectors = table[positions.current].astype(np.float32)
    from_word, right_control = _classified(own_vectors, task.labels, task), _classified(states, control, task)
    by_heart = _classified(own_vectors, control, task)

    sentences = Grouped(positions.sentence[task.test])

    def measured(score: str, role: Role, label: str, values: Bools | Floats) -> Measurement:
        return sentences.mean(values, score, part, task.coverage, role, label, subject=subject)

    return [
        measured("accuracy", "score", "", right),
        measured("accuracy", "baseline", "majority class", majority),
        measured("accuracy", "baseline", "current word's vector", from_word),
        measured("accuracy", "control", "random label by word type", right_control),
        measured("selectivity", "score", "", right.astype(np.float64) - right_control.astype(np.float64)),
        measured("selectivity", "baseline", "current word's vector", from_word.astype(np.float64) - by_heart.astype(np.float64)),
    ]


def _split(positions: Positions, words: int, seed: int) -> _Task:
    """Part the sentences, choose the classes from the training ones, keep the positions whose label is a class."""
    sentences = np.unique(positions.sentence)
    shuffled = np.random.default_rng(stream(seed, "previous-word", "split")).permutation(sentences)
    in_train = np.isin(positions.sentence, shuffled[: round(len(sentences) * _TRAIN_SHARE)])
    is_word = positions.previous >= len(SPECIALS)
    classes = _commonest(positions.previous[in_train & is_word], words)
    labelled = np.isin(positions.previous, classes)
    train, test = np.flatnonzero(in_train & labelled), np.flatnonzero(~in_train & labelled)
    if len(classes) < 2 or len(test) == 0:
        raise RequestError(
            f"probe previous-word: expected two previous words or more to tell apart and text to test on, found {len(classes)} "
            f"words in {len(sentences)} sentences. Read more sentences."
        )
    coverage = len(test) / max(1, int((~in_train & is_word).sum()))
    return _Task(train, test, positions.previous.astype(np.int64), positions.current, coverage)


def _commonest(labels: Ints, count: int) -> Ints:
    """The `count` commonest labels, the commonest first, of equals the lower id."""
    values, counts = np.unique(labels, return_counts=True)
    commonest: Ints = values[np.lexsort((values, -counts))][:count].astype(np.int64)
    return commonest


def _control_labels(task: _Task, seed: int) -> Ints:
    """A label for every position, the same wherever the current word is the same, drawn as the true labels are distributed."""
    types, type_of = np.unique(task.current, return_inverse=True)
    draws = np.random.default_rng(stream(seed, "previous-word", "control"))
    labels: Ints = draws.choice(task.labels[task.train], size=len(types))[type_of]
    return labels


def _classified(features: Floats32, labels: Ints, task: _Task) -> Bools:
    """Whether each test position is classified rightly by a classifier trained on the training positions: (N_test,).

    L-BFGS in single precision to a tolerance of 1e-3: some 20 passes and 2 seconds on one core for 10,000 states of width 256
    and 200 classes. A tighter tolerance costs passes and leaves accuracy where it is.
    """
    if len(np.unique(labels[task.train])) < 2:  # control labels of very few word types can fall together
        same: Bools = labels[task.test] == labels[task.train][0]
        return same
    scaler = StandardScaler().fit(features[task.train])
    classifier = LogisticRegression(C=1 / (_PENALTY * len(task.train)), tol=1e-3, max_iter=200)
    classifier.fit(scaler.transform(features[task.train]), labels[task.train])
    right: Bools = classifier.predict(scaler.transform(features[task.test])) == labels[task.test]
    return right
