"""Labels as tokens."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedseq.errors import InputError
from embedseq.text.gold_words import GoldWords
from embedseq.text.labels import LabelTokeniser, as_label
from embedseq.text.tokenisers import load_tokeniser, train_labels

LABELS = LabelTokeniser()


@given(text=st.text())
def test_a_label_is_one_token_whatever_it_consists_of(text: str) -> None:
    if text.split() and text.strip() not in ("<pad>", "<unk>", "<s>", "</s>"):
        assert LABELS.tokenise(as_label(text)) == [as_label(text)]


def test_white_space_in_a_label_becomes_a_line() -> None:
    assert as_label(" very  good\t") == "very_good"


@pytest.mark.parametrize(("text", "message"), [("  ", "expected a label, found '  '"), ("<s>", "names of special tokens")])
def test_what_cannot_be_a_label_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        as_label(text)


def test_labels_of_words_stand_between_spaces() -> None:
    assert LABELS.tokenise("nmod:desc sci.space") == ["nmod:desc", "sci.space"]
    assert LABELS.detokenise(["nmod:desc", "sci.space"]) == "nmod:desc sci.space"
    assert LABELS.word_starts(["nmod:desc", "sci.space"]) == [True, True]
    cut = LABELS.tokenise_words(GoldWords(("a", "b"), (False, True)))
    assert (cut.tokens, cut.starts) == (["a", "b"], [0, 1])


def test_the_vocabulary_numbers_labels_by_their_frequency() -> None:
    tokeniser, vocabulary = train_labels(lambda: iter(["NOUN VERB", "NOUN nmod:desc"]))
    assert vocabulary.words == ("NOUN", "VERB", "nmod:desc")
    assert vocabulary.counts[4:] == (2, 1, 1)
    assert tokeniser.record() == {"kind": "label"}


def test_a_saved_tokeniser_is_read_again(tmp_path: Path) -> None:
    LABELS.save(tmp_path / "one.json")
    loaded = load_tokeniser(tmp_path / "one.json")
    loaded.save(tmp_path / "two.json")
    assert loaded.tokenise("nmod:desc") == ["nmod:desc"]
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
