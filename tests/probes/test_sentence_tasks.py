"""Labels of sentences: known answers on small trees written by hand, and inverted words that stay a tree."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedseq.probes.sentence_tasks import (
    invertible,
    labels_of,
    length_task,
    object_number,
    shift_half,
    shift_labels,
    shifted,
    subject_number,
    tense,
    tree_depth,
    word_content_task,
)
from embedseq.text.gold_words import GoldWords
from embedseq.text.trees import Tree


def tree(*lines: str) -> Tree:
    """A line a word: form, tag, head, relation and features; a + in front: written together with the word before."""
    rows = [line.split() for line in lines]
    words = GoldWords(tuple(row[0].lstrip("+") for row in rows), tuple(row[0].startswith("+") for row in rows))
    feats = tuple(dict(feat.split("=") for feat in row[4].split("|")) if len(row) > 4 else {} for row in rows)
    return Tree(words, tuple(row[1] for row in rows), tuple(int(row[2]) for row in rows), tuple(row[3] for row in rows), feats)


def plain(*forms: str) -> Tree:
    return tree(*(f"{form} X {place} dep" for place, form in enumerate(forms)))


DOGS = tree(
    "The DET 2 det",
    "dogs NOUN 3 nsubj Number=Plur",
    "saw VERB 0 root Tense=Past|VerbForm=Fin|Number=Sing",
    "a DET 5 det",
    "cat NOUN 3 obj Number=Sing",
    "+. PUNCT 3 punct",
)
TEACHER = tree(
    "She PRON 4 nsubj Number=Sing",
    "is AUX 4 cop Tense=Pres|VerbForm=Fin",
    "a DET 4 det",
    "teacher NOUN 0 root Number=Sing",
)
GONE = tree(
    "They PRON 3 nsubj Number=Plur",
    "have AUX 3 aux Tense=Pres|VerbForm=Fin",
    "gone VERB 0 root Tense=Past|VerbForm=Part",
)
WILL = tree("He PRON 3 nsubj Number=Sing", "will AUX 3 aux VerbForm=Fin", "go VERB 0 root VerbForm=Inf")
SEEN = tree(
    "Cats NOUN 3 nsubj:pass Number=Plur",
    "were AUX 3 aux:pass Tense=Past|VerbForm=Fin",
    "seen VERB 0 root Tense=Past|VerbForm=Part",
)
GO = tree("Go VERB 0 root Mood=Imp|VerbForm=Fin", "home ADV 1 advmod")


@pytest.mark.parametrize(
    ("one", "expected"), [(DOGS, "Past"), (TEACHER, "Pres"), (GONE, "Pres"), (WILL, None), (SEEN, "Past"), (GO, None)]
)
def test_the_tense_is_that_of_the_finite_verb_of_the_main_clause(one: Tree, expected: str | None) -> None:
    assert tense(one) == expected


@pytest.mark.parametrize(("one", "expected"), [(DOGS, "Plur"), (TEACHER, "Sing"), (GONE, "Plur"), (SEEN, "Plur"), (GO, None)])
def test_the_number_of_the_subject_is_not_that_of_the_verb(one: Tree, expected: str | None) -> None:
    assert subject_number(one) == expected


def test_the_number_of_the_object_is_of_the_object_of_the_main_verb_alone() -> None:
    assert object_number(DOGS) == "Sing"
    assert object_number(TEACHER) is None
    inner = tree("Try VERB 0 root", "seeing VERB 1 xcomp", "cats NOUN 2 obj Number=Plur")
    assert object_number(inner) is None


def test_two_subjects_or_a_subject_without_a_number_have_no_part() -> None:
    assert subject_number(tree("This PRON 3 nsubj Number=Sing", "it PRON 3 nsubj Number=Sing", "works VERB 0 root")) is None
    assert subject_number(tree("That SCONJ 2 nsubj", "works VERB 0 root")) is None


def test_the_depth_is_that_of_the_deepest_word_and_very_deep_trees_are_one_class() -> None:
    assert [tree_depth(each) for each in (DOGS, TEACHER, GO)] == ["2", "1", "1"]
    assert tree_depth(plain(*"abcdefgh")) == tree_depth(plain(*"abcdefghij")) == "7 or more"
    assert tree_depth(plain(*"abcdefg")) == "6"


def test_six_bins_of_length_are_equally_frequent_in_training() -> None:
    train = [plain(*"w" * length) for length in range(1, 61)]
    task = length_task(train)
    labels = [task(each) for each in train]
    assert [labels.count(label) for label in dict.fromkeys(labels)] == [10] * 6
    assert labels[0] == "1 to 10 words"
    assert labels[-1] == "51 words or more" == task(plain(*"w" * 99))


def test_bins_that_would_be_empty_are_left_out() -> None:
    task = length_task([plain(*"w" * length) for length in (3, 3, 3, 3, 3, 5)])
    assert {task(plain(*"w" * length)) for length in (1, 3, 4, 9)} == {"1 to 3 words", "4 words or more"}


def test_word_content_is_the_one_asked_word_that_a_sentence_holds() -> None:
    train = [plain("the", "cat"), plain("the", "dog"), plain("the", "Cat"), plain("the", "dog", "42")]
    task = word_content_task(train, words=2, common=1)
    assert task(plain("a", "CAT")) == "cat"
    assert task(plain("dog", "dog")) == "dog"
    assert task(plain("cat", "dog")) is None
    assert task(plain("the", "42")) is None


def test_only_neighbouring_words_that_stand_apart_and_differ_are_inverted() -> None:
    assert invertible(DOGS) == [1, 2, 3]  # not the first word, and not the full stop
    glued = ("I PRON 4 nsubj", "do AUX 4 aux", "+n't PART 4 advmod", "go VERB 0 root", "now ADV 4 advmod")
    assert invertible(tree(*glued[:4])) == []
    assert invertible(tree(*glued)) == [3]
    assert invertible(plain("so", "very", "very", "good")) == [2]


def test_a_word_in_front_of_one_that_is_written_to_it_stays() -> None:
    owner = tree("On ADP 3 case", "the DET 3 det", "dog NOUN 0 root", "+'s PART 3 case")
    assert invertible(owner) == []


def test_shifting_takes_everything_that_is_said_of_the_words_along() -> None:
    moved = shifted(tree("Dogs NOUN 3 nsubj", "often ADV 3 advmod", "bark VERB 0 root Tense=Pres"), np.random.default_rng(0))
    assert moved.words.words == ("Dogs", "bark", "often")
    assert moved.heads == (2, 0, 2)
    assert moved.deprels == ("nsubj", "root", "advmod")
    assert moved.upos == ("NOUN", "VERB", "ADV")
    assert moved.feats == ({}, {"Tense": "Pres"}, {})
    assert tense(moved) == "Pres"


@given(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=8), st.integers(0, 99))
def test_a_shifted_sentence_is_the_same_tree_over_two_words_inverted(forms: list[str], seed: int) -> None:
    one = plain(*forms)
    other = shifted(one, np.random.default_rng(seed))
    assert sorted(other.words.words) == sorted(forms)
    assert sorted(other.depths) == sorted(one.depths)
    differing = [place for place in range(len(forms)) if forms[place] != other.words.words[place]]
    assert differing == ([] if other is one else [differing[0], differing[0] + 1])
    assert (other is one) == (not invertible(one))


def test_half_of_the_sentences_are_shifted_and_always_the_same_ones() -> None:
    trees = [DOGS, TEACHER, GO, WILL] * 10
    first, second = shift_half(trees, "train"), shift_half(trees, "train")
    assert [(one.line, moved) for one, moved in first] == [(one.line, moved) for one, moved in second]
    assert sum(moved for _, moved in first) == 15  # GO has no two words that can be inverted
    assert all((one.line == was.line) != moved for (one, moved), was in zip(first, trees, strict=True))
    assert [moved for _, moved in shift_half(trees, "test")] != [moved for _, moved in first]


def test_labels_of_the_shift_are_found_again_from_the_sentences_as_they_were() -> None:
    trees = [DOGS, TEACHER, GO, WILL] * 5
    names = {True: "shifted", False: "as written"}
    expected = [
        names[moved] if invertible(was) else None for (_, moved), was in zip(shift_half(trees, "test"), trees, strict=True)
    ]
    assert shift_labels(trees, "test") == expected
    assert labels_of("bigram-shift", {"test": trees}, 50, 100)["test"] == expected


def test_bins_and_words_come_from_training_alone() -> None:
    trees = {"train": [plain("a", "b"), plain("a", "c", "d")], "test": [plain("z"), plain("z", "z", "z", "z")]}
    assert labels_of("word-content", trees, 2, 0)["test"] == [None, None]
    assert labels_of("length", trees, 2, 0)["test"] == ["1 to 2 words", "3 words or more"]
