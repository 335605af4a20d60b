"""The numbering of tokens."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedseq.errors import InputError
from embedseq.text.vocabulary import END, PAD, SPECIALS, START, UNK, Vocabulary

COUNTS = Counter({"b": 2, "a": 2, "the": 9, "rare": 1})


def test_the_most_frequent_comes_first_and_ties_are_in_code_point_order() -> None:
    assert Vocabulary.from_counts(COUNTS).words == ("the", "a", "b", "rare")


def test_special_tokens_have_the_first_rows() -> None:
    vocabulary = Vocabulary.from_counts(COUNTS)
    assert [vocabulary.token(row) for row in (PAD, UNK, START, END)] == list(SPECIALS)
    assert vocabulary.id("the") == 4
    assert vocabulary.ids(["a", "never seen"]) == [5, UNK]


def test_unknown_has_the_count_of_what_it_replaced() -> None:
    vocabulary = Vocabulary.from_counts(COUNTS, min_count=2)
    assert vocabulary.words == ("the", "a", "b")
    assert vocabulary.counts == (0, 1, 0, 0, 9, 2, 2)
    assert sum(vocabulary.counts) == sum(COUNTS.values())


def test_size_counts_the_special_tokens() -> None:
    assert len(Vocabulary.from_counts(COUNTS, size=6)) == 6


def test_membership_is_by_token() -> None:
    vocabulary = Vocabulary.from_counts(COUNTS)
    assert "the" in vocabulary
    assert "<pad>" in vocabulary
    assert "x" not in vocabulary


def test_a_token_that_looks_like_a_special_one_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        Vocabulary.from_counts({"<s>": 3})


@given(counts=st.dictionaries(st.text(min_size=1).filter(lambda token: token not in SPECIALS), st.integers(1, 99), max_size=20))
def test_saving_and_loading_gives_the_same_vocabulary_and_bytes(
    tmp_path_factory: pytest.TempPathFactory, counts: dict[str, int]
) -> None:
    folder = tmp_path_factory.mktemp("vocabulary")
    vocabulary = Vocabulary.from_counts(counts)
    vocabulary.save(folder / "one.json")
    loaded = Vocabulary.load(folder / "one.json")
    loaded.save(folder / "two.json")
    assert loaded == vocabulary
    assert (folder / "one.json").read_bytes() == (folder / "two.json").read_bytes()
    shuffled = Vocabulary.from_counts(dict(reversed(counts.items())))
    assert shuffled == vocabulary


@pytest.mark.parametrize("content", ["", "[]", '{"tokens": ["a"], "counts": [1]}', '{"tokens": 3, "counts": 4}'])
def test_another_file_is_no_vocabulary(tmp_path: Path, content: str) -> None:
    path = tmp_path / "vocabulary.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"vocabulary\.json: expected a vocabulary"):
        Vocabulary.load(path)
