import pytest

from embedseq.evaluation.baselines import BY_WORD, COMMONEST
from embedseq.evaluation.label_baselines import MajorityLabels, label_baselines

TRAIN = [(["the", "cat", "sat"], ["lower", "title", "mark"]), (["the", "cat"], ["lower", "lower"]), (["sat"], ["lower"])]


def test_each_word_gets_its_majority_label_and_an_unknown_word_the_commonest() -> None:
    majority = MajorityLabels.count(TRAIN)
    assert majority.commonest == "lower"
    assert majority.predict(["the", "dog"]) == ["lower", "lower"]


def test_of_equally_common_labels_the_first_in_the_alphabet_is_taken() -> None:
    assert MajorityLabels.count(TRAIN).predict(["cat", "sat"]) == ["lower", "lower"]
    assert MajorityLabels.count([(["cat"] * 2, ["title", "mark"])]).commonest == "mark"


def test_label_baselines_score_both_answers() -> None:
    majority = MajorityLabels.count([(["yes", "no", "no", "so"], ["a", "b", "b", "b"])])
    always, by_word = label_baselines(("accuracy",), majority, [["yes", "no"], ["new", "yes"]], [["a", "b"], ["b", "b"]])
    assert (always.label, always.value, always.role) == (COMMONEST, 0.75, "baseline")
    assert (by_word.label, by_word.value) == (BY_WORD, 0.75)
    assert by_word.items.tolist() == [[2, 2], [1, 2]]


def test_words_and_labels_that_do_not_pair_are_refused() -> None:
    with pytest.raises(ValueError, match="1 labels for 2 words"):
        MajorityLabels.count([(["a", "b"], ["x"])])
    with pytest.raises(ValueError, match="at least one"):
        MajorityLabels.count([])


def test_unknown_words_are_those_that_the_training_split_lacks() -> None:
    assert MajorityLabels.count(TRAIN).unknown(["the", "dog", "sat", "The"]) == [False, True, False, True]
