"""Classifiers that are asked once: what is right, what is never guessed, and the majority."""

import numpy as np

from embedseq.probes.right_answers import majority_answers, right_answers

RNG = np.random.default_rng(0)
CODES = {"train": RNG.integers(3, size=300), "valid": RNG.integers(3, size=60), "test": RNG.integers(4, size=100)}
NAMES = {split: np.array(list("abcz"))[codes] for split, codes in CODES.items()}
FEATURES = {
    split: (4 * np.eye(4, 6)[codes] + 0.3 * RNG.standard_normal((len(codes), 6))).astype(np.float32)
    for split, codes in CODES.items()
}


def test_classes_that_training_has_are_told_apart_and_others_are_never_given() -> None:
    (right,) = right_answers(FEATURES, [NAMES])
    known = CODES["test"] < 3
    assert right[known].all()
    assert not right[~known].any()


def test_several_tasks_are_answered_as_each_alone() -> None:
    other = {split: np.where(codes == 1, "yes", "no") for split, codes in CODES.items()}
    alone = [right_answers(FEATURES, [each])[0] for each in (NAMES, other)]
    np.testing.assert_array_equal(right_answers(FEATURES, [NAMES, other]), alone)


def test_a_task_of_one_class_is_answered_with_it() -> None:
    one = {**NAMES, "train": np.full(300, "b")}
    np.testing.assert_array_equal(right_answers(FEATURES, [one])[0], NAMES["test"] == "b")


def test_the_majority_is_that_of_training() -> None:
    labels = {"train": np.array([2, 2, 1, 1, 3]), "valid": np.array([3]), "test": np.array([1, 2, 3, 3])}
    assert majority_answers(labels).tolist() == [True, False, False, False]
