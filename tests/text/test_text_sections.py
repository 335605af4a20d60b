"""Texts whose sentences keep their bounds."""

from hypothesis import given
from hypothesis import strategies as st

from embedseq.text.sections import SECTION, join_ids, join_sections, split_sections, without_sections
from embedseq.text.vocabulary import END

SENTENCES = st.lists(st.text(), min_size=1)


def test_known_answers() -> None:
    line = join_sections(["We do it. ", "It works."])
    assert line == "We do it. ␞ It works."
    assert split_sections(line) == ["We do it.", "It works."]
    assert without_sections(line) == "We do it. It works."
    assert join_ids([[5, 6], [7], [8]]) == [5, 6, END, 7, END, 8]


def test_a_text_of_one_sentence_has_no_mark() -> None:
    assert join_sections(["We do it."]) == "We do it."
    assert split_sections("We do it.") == ["We do it."]
    assert join_ids([[5, 6]]) == [5, 6]


@given(sentences=SENTENCES)
def test_the_sentences_come_back_without_a_mark_in_them(sentences: list[str]) -> None:
    found = split_sections(join_sections(sentences))
    kept = [sentence for each in sentences if (sentence := each.replace(SECTION, " ").strip())]
    assert found == (kept or [""])
    assert not any(SECTION in sentence for sentence in found)


@given(sentences=st.lists(st.lists(st.integers(4, 9), min_size=1), min_size=1))
def test_ids_are_parted_by_an_end_between_sentences_and_by_none_after_the_last(sentences: list[list[int]]) -> None:
    ids = join_ids(sentences)
    parts: list[list[int]] = [[]]
    for each in ids:
        if each == END:
            parts.append([])
        else:
            parts[-1].append(each)
    assert parts == sentences
