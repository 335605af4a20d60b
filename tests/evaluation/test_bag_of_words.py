import pytest

from embedseq.evaluation import bag_of_words as module
from embedseq.evaluation.bag_of_words import LabelledTexts, bag_of_words

TRAINING = LabelledTexts(
    [["the", "senate", "votes"], ["a", "goal", "scored"], ["senate", "and", "house"], ["the", "match", "goal"]],
    ["politics", "sport", "politics", "sport"],
)
VALID = LabelledTexts([["senate"], ["goal"]], ["politics", "sport"])


def test_words_tell_the_label_whatever_their_order() -> None:
    texts = [["votes", "senate", "the"], ["scored", "goal", "a"], ["the", "house"], ["unheard"]]
    found = bag_of_words(TRAINING, VALID, texts)
    assert found[:3] == ["politics", "sport", "politics"]
    assert found[3] in ("politics", "sport")
    assert bag_of_words(TRAINING, VALID, [list(reversed(text)) for text in texts]) == found


def test_the_same_splits_give_the_same_labels() -> None:
    texts = [["senate", "goal"], ["the"], []]
    assert bag_of_words(TRAINING, VALID, texts) == bag_of_words(TRAINING, VALID, texts)


def test_the_validation_split_chooses_the_strength(monkeypatch: pytest.MonkeyPatch) -> None:
    # With next to no freedom the model can only answer the commonest label, which the validation split does not want.
    skewed = LabelledTexts([*TRAINING.texts, ["senate"]], [*TRAINING.labels, "politics"])
    monkeypatch.setattr(module, "STRENGTHS", (1e-9,))
    assert bag_of_words(skewed, VALID, [["goal"]]) == ["politics"]
    monkeypatch.setattr(module, "STRENGTHS", (1e-9, 100.0))
    assert bag_of_words(skewed, VALID, [["goal"]]) == ["sport"]


def test_where_there_is_one_label_it_is_always_given() -> None:
    alone = LabelledTexts([["a"], ["b"]], ["x", "x"])
    assert bag_of_words(alone, alone, [["c"], []]) == ["x", "x"]
