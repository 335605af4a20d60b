import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from embedseq.evaluation.labels import LabelMetric, score_labels, score_some_labels
from embedseq.evaluation.metrics import STATISTICS
from embedseq.statistics.bootstrap import statistic_value

BOTH: tuple[LabelMetric, ...] = ("accuracy", "macro-f1")
labels = st.sampled_from("abcd")
aligned = st.lists(st.lists(st.tuples(labels, labels), min_size=1, max_size=8), min_size=1, max_size=5)


def values(predictions: list[str], gold: list[str]) -> tuple[float, float]:
    accuracy, f1 = score_labels(BOTH, predictions, gold)
    return accuracy.value, f1.value


@given(sentences=aligned)
@examples(max_examples=80)
def test_aligned_sequences_score_as_in_scikit_learn(sentences: list[list[tuple[str, str]]]) -> None:
    predictions = ["".join(p for p, _ in sentence) for sentence in sentences]
    gold = ["".join(g for _, g in sentence) for sentence in sentences]
    true, predicted = list("".join(gold)), list("".join(predictions))
    f1 = f1_score(true, predicted, labels=sorted(set(true)), average="macro", zero_division=0)
    assert values(predictions, gold) == pytest.approx((accuracy_score(true, predicted), f1))


def test_missing_labels_are_wrong() -> None:
    assert values(["ab"], ["abab"]) == pytest.approx((0.5, 2 / 3))
    assert values([""], ["ab"]) == (0.0, 0.0)


def test_superfluous_labels_are_wrong() -> None:
    assert values(["abab"], ["ab"]) == pytest.approx((0.5, 2 / 3))


def test_a_label_left_out_costs_what_follows_it() -> None:
    assert values(["bcd"], ["abcd"])[0] == 0.0


def test_a_label_that_is_never_gold_is_a_miss_and_has_no_column() -> None:
    accuracy, f1 = score_labels(BOTH, ["ax"], ["ab"])
    assert accuracy.value == 0.5
    assert f1.items.shape == (1, 6)
    assert f1.value == 0.5


def test_values_follow_from_the_items() -> None:
    for m in score_labels(BOTH, ["ab", "ccc"], ["aa", "cb"]):
        assert statistic_value(m.statistic, m.items, STATISTICS) == m.value
        assert m.n == 2


def test_macro_f1_works_on_many_draws_at_once() -> None:
    (f1,) = score_labels(("macro-f1",), ["ab", "ccc", "b"], ["aa", "cb", "b"])
    draws = np.array([[0, 0, 1], [2, 2, 2]])
    expected = [STATISTICS["macro-f1"](f1.items[draw].sum(axis=0)) for draw in draws]
    assert STATISTICS["macro-f1"](f1.items[draws].sum(axis=1)).tolist() == [float(value) for value in expected]


def test_some_positions_are_scored_alone_with_an_item_a_sentence() -> None:
    some = score_some_labels("of-some", ["ab", "cc", "a"], ["aa", "cb", "b"], [[True, False], [False, False], [True]])
    assert (some.score, some.value, some.statistic) == ("of-some", 0.5, "ratio")
    assert some.items.tolist() == [[1, 1], [0, 0], [0, 1]]
    assert np.isnan(score_some_labels("of-none", ["a"], ["a"], [[False]]).value)
