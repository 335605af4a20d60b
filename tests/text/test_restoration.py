"""Case and punctuation off and on again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedseq.errors import RequestError
from embedseq.text.restoration import LABELS, restore, strip
from embedseq.text.words import WordTokeniser

WORDS = st.text(alphabet="abcXYZéÉü1", min_size=1, max_size=6)
JOINTS = st.sampled_from([" ", ", ", ". ", "; ", " (", ") ", "? ", " – ", "'s ", "' ", "-", "'", '"', "...", "3.5", " 北京 "])
SENTENCES = st.lists(st.tuples(WORDS, JOINTS)).map(lambda parts: "".join(word + joint for word, joint in parts))


def test_known_answer() -> None:
    stripped = strip("In 1789, Lincoln's NATO won (at last)!")
    assert stripped.words == ("in", "1789", "lincoln", "'s", "nato", "won", "at", "last")
    assert stripped.labels == ("Title", "lower_comma", "Title", "lower", "UPPER", "lower", "lower", "lower_period")
    assert restore(stripped.words, stripped.labels) == "In 1789, Lincoln's NATO won at last."


@pytest.mark.parametrize(
    "sentence",
    ["It is, of course, Paris.", "A dog's life, he said.", "The U boat sank in 1943, near Kiel.", "NASA, ESA and I agree."],
)
def test_plain_sentences_come_back_as_they_were(sentence: str) -> None:
    stripped = strip(sentence)
    assert restore(stripped.words, stripped.labels) == sentence


@pytest.mark.parametrize(
    ("word", "label"), [("McCartney", "Title"), ("iPod", "lower"), ("A", "Title"), ("II", "UPPER"), ("5", "lower")]
)
def test_rules_of_case(word: str, label: str) -> None:
    assert strip(word).labels == (label,)


@given(sentence=SENTENCES | st.text())
def test_words_and_labels_are_tokens_one_by_one(sentence: str) -> None:
    stripped = strip(sentence)
    assert WordTokeniser().tokenise(" ".join(stripped.words)) == list(stripped.words)
    assert WordTokeniser().tokenise(" ".join(stripped.labels)) == list(stripped.labels)
    assert len(stripped.words) == len(stripped.labels)
    assert set(stripped.labels) <= set(LABELS)


@given(sentence=SENTENCES)
def test_a_restored_sentence_gives_the_same_words_and_labels(sentence: str) -> None:
    stripped = strip(sentence)
    assert strip(restore(stripped.words, stripped.labels)) == stripped


def test_labels_that_do_not_fit_are_refused() -> None:
    with pytest.raises(RequestError, match="a label for each of 2 words, found 1"):
        restore(["a", "b"], ["lower"])
    with pytest.raises(RequestError, match="'title' is not a label: expected one of lower, "):
        restore(["a"], ["title"])
