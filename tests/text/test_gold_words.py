"""Words of treebanks as lines and as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedseq.text.gold_words import GLUE, SPACE, GoldWords

CHARACTERS = st.characters(codec="utf-8", exclude_characters=GLUE + SPACE)
WORDS = st.text(CHARACTERS, min_size=1).map(str.strip).filter(bool)
SENTENCES = st.lists(st.tuples(WORDS, st.booleans()), min_size=1).map(
    lambda pairs: GoldWords(tuple(word for word, _ in pairs), tuple(glued for _, glued in pairs))
)


def test_known_answers() -> None:
    words = GoldWords(("I", "do", "n't", "know", "."), (False, False, True, False, True))
    assert words.line == f"I do {GLUE}n't know {GLUE}."
    assert words.text == "I don't know."
    assert words.starts == [0, 2, 4, 8, 12]
    assert GoldWords.from_line(words.line) == words


def test_the_first_word_is_glued_to_nothing() -> None:
    assert GoldWords(("a", "b"), (True, True)).text == "ab"


@given(words=SENTENCES)
def test_a_line_gives_the_words_back_but_for_the_white_space_inside_them(words: GoldWords) -> None:
    line = words.line
    assert "\n" not in line
    again = GoldWords.from_line(line)
    assert again.glued == words.glued
    assert again.words == tuple(" ".join(word.split()) for word in words.words)
    assert again.line == line


@given(words=SENTENCES)
def test_each_word_stands_in_the_text_where_it_is_said_to_begin(words: GoldWords) -> None:
    for word, start in zip(words.words, words.starts, strict=True):
        assert words.text[start : start + len(word)] == word
    assert words.starts == sorted(set(words.starts))
    assert len(words.text) == words.starts[-1] + len(words.words[-1])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("a", ""), "'' is empty or has white space around it"),
        (("a", " b"), "' b' is empty or has white space around it"),
        (("a", f"b{GLUE}"), f"contains {GLUE} or {SPACE}"),
        ((f"{SPACE}a", "b"), f"contains {GLUE} or {SPACE}"),
        (("a",), "1 words, but 2 say whether they are written together"),
    ],
)
def test_what_is_no_word_is_refused(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GoldWords(words, (False, False))
