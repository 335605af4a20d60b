from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from embedseq.evaluation.baselines import BAG_OF_WORDS, BY_WORD, COMMONEST
from embedseq.pipeline.stages.evaluation import classifier, tagger
from embedseq.pipeline.stages.evaluation.given import Found, Given
from embedseq.pipeline.stages.text import sentences_of
from embedseq.statistics.measurement import Measurement
from embedseq.text.gold_words import GoldWords

GivenOf = Callable[..., Given]


def by_name(found: Found) -> dict[tuple[str, str], Measurement]:
    return {(each.score, each.label): each for each in found.measurements}


def words_of(given: Given, split: str) -> list[tuple[str, ...]]:
    return [GoldWords.from_line(line).words for line in sentences_of(given.text, split, "source")]


def labels_of(given: Given, split: str) -> list[list[str]]:
    return [line.split() for line in sentences_of(given.text, split, "target")]


def test_a_tagger_that_knows_the_labels_gives_them_all(given_of: GivenOf) -> None:
    given = given_of("tags", margin=9.0)
    found = tagger.measure(given)
    scores = by_name(found)
    trained = {label for labels in labels_of(given, "train") for label in labels}
    gold = [label for labels in labels_of(given, "test") for label in labels]
    # A label that the training split lacks cannot be given.
    assert scores["accuracy", ""].value == pytest.approx(np.mean([label in trained for label in gold]))
    assert found.predictions is not None
    assert [len(line.split()) for line in found.predictions] == [len(words) for words in words_of(given, "test")]
    assert set(" ".join(found.predictions).split()) <= trained


def test_taggers_are_held_against_the_majority_labels_of_words(given_of: GivenOf) -> None:
    given = given_of("tags")
    found = by_name(tagger.measure(given))
    assert set(found) == {
        ("loss", ""),
        *((score, label) for score in ("accuracy", "macro-f1") for label in ("", COMMONEST, BY_WORD)),
        *(("unknown-accuracy", label) for label in ("", COMMONEST)),
    }
    ordered = Counter(label for labels in labels_of(given, "train") for label in labels)
    commonest = min(ordered, key=lambda label: (-ordered[label], label))
    gold = [label for labels in labels_of(given, "test") for label in labels]
    assert found["accuracy", COMMONEST].value == pytest.approx(np.mean([label == commonest for label in gold]))
    assert found["accuracy", BY_WORD].value > found["accuracy", COMMONEST].value


def test_unknown_words_are_those_of_the_test_split_alone(given_of: GivenOf) -> None:
    given = given_of("tags", margin=9.0)
    found = by_name(tagger.measure(given))
    seen = {word for words in words_of(given, "train") for word in words}
    unknown = [sum(word not in seen for word in words) for words in words_of(given, "test")]
    assert sum(unknown) > 0
    assert found["unknown-accuracy", ""].items[:, 1].tolist() == unknown
    assert found["unknown-accuracy", COMMONEST].items[:, 1].tolist() == unknown
    without = tagger.measure(given_of("tags", metrics=("accuracy",)))
    assert {each.score for each in without.measurements} == {"accuracy", "loss"}


def test_a_classifier_that_knows_the_labels_gives_them_all(given_of: GivenOf) -> None:
    given = given_of("genres", margin=9.0)
    found = classifier.measure(given)
    trained = set(sentences_of(given.text, "train", "target"))
    gold = list(sentences_of(given.text, "test", "target"))
    assert by_name(found)["accuracy", ""].value == pytest.approx(np.mean([label in trained for label in gold]))
    assert found.predictions is not None
    assert all(one == other or other not in trained for one, other in zip(found.predictions, gold, strict=True))


def test_classifiers_are_held_against_the_commonest_label_and_the_words_alone(given_of: GivenOf) -> None:
    given = given_of("genres")
    found = by_name(classifier.measure(given))
    assert set(found) == {
        ("loss", ""),
        *((score, label) for score in ("accuracy", "macro-f1") for label in ("", COMMONEST, BAG_OF_WORDS)),
    }
    ordered = Counter(sentences_of(given.text, "train", "target"))
    commonest = min(ordered, key=lambda label: (-ordered[label], label))
    gold = list(sentences_of(given.text, "test", "target"))
    assert found["accuracy", COMMONEST].value == pytest.approx(np.mean([label == commonest for label in gold]))
    assert {each.n for each in found.values()} == {len(gold)}


def test_special_symbols_are_never_labels(given_of: GivenOf) -> None:
    for measure, corpus in ((tagger.measure, "tags"), (classifier.measure, "genres")):
        predictions = measure(given_of(corpus, margin=0.0)).predictions
        assert predictions is not None
        assert not {label for line in predictions for label in line.split()} & {"<pad>", "<unk>", "<s>", "</s>"}
