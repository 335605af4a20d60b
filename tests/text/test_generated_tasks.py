"""Copy, reverse, dictionary and key-value recall: what they are, word by word, and how long they get."""

import hashlib
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedseq.errors import RequestError
from embedseq.text.generated_tasks import SymbolPair, TaskKind, TaskSettings, dictionary_of, generate_task
from embedseq.text.shares import Split
from embedseq.text.words import WordTokeniser

KINDS: tuple[TaskKind, ...] = ("copy", "reverse", "dictionary", "key-value")
SPLITS: tuple[Split, ...] = ("train", "valid", "test")


def pairs(kind: TaskKind, split: Split = "train", count: int = 200, **fields: Any) -> list[SymbolPair]:
    return list(generate_task(TaskSettings(kind, **fields), split, count))


def distance(pair: SymbolPair) -> int:
    """The tokens between the value that is asked for and the question mark."""
    ((_, value),) = pair.alignment
    return pair.source.index("?") - value - 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_settings_give_the_same_pairs_and_more_of_them_begin_with_these(kind: TaskKind) -> None:
    assert pairs(kind, count=50) == pairs(kind, count=50) == pairs(kind, count=333)[:50]
    assert pairs(kind, count=50, seed=2) != pairs(kind, count=50)


def test_these_very_pairs_are_generated() -> None:
    """If this fails, the tasks are others: raise the version of the stage `text`, then renew the digest."""
    digest = hashlib.sha256()
    for kind in KINDS:
        for split in SPLITS:
            for pair in pairs(kind, split, 100):
                digest.update(f"{pair.source}{pair.target}{sorted(pair.alignment)}\n".encode())
    assert digest.hexdigest()[:16] == "71ad9a137dd4366a"


@pytest.mark.parametrize("kind", KINDS)
def test_no_split_has_a_source_of_another(kind: TaskKind) -> None:
    fields: dict[str, Any] = {"vocabulary": 8, "longest": 3, "test_factor": 1}
    seen = {split: {pair.source for pair in pairs(kind, split, 500, **fields)} for split in SPLITS}
    assert len(seen["train"] | seen["valid"] | seen["test"]) == sum(map(len, seen.values()))


@settings(max_examples=40)
@given(
    st.sampled_from(("copy", "reverse", "dictionary")),
    st.integers(0, 99),
    st.integers(2, 12),
    st.integers(1, 5),
    st.integers(8, 30),
)
def test_every_target_word_is_made_of_the_word_that_it_is_linked_to(
    kind: TaskKind, seed: int, longest: int, reorder: int, vocabulary: int
) -> None:
    task = TaskSettings(kind, seed, vocabulary, longest, 2, reorder)
    meaning = dictionary_of(task) if kind == "dictionary" else {f"s{number}": f"s{number}" for number in range(vocabulary)}
    for pair in generate_task(task, "test", 20):
        assert all(pair.target[target] == meaning[pair.source[source]] for target, source in pair.alignment)
        assert sorted(target for target, _ in pair.alignment) == list(range(len(pair.target)))
        assert sorted(source for _, source in pair.alignment) == list(range(len(pair.source)))


def test_the_dictionary_is_one_to_one_and_no_word_is_its_own_counterpart() -> None:
    dictionary = dictionary_of(TaskSettings("dictionary", vocabulary=50))
    assert len(dictionary) == len(set(dictionary.values())) == 50
    assert set(dictionary).isdisjoint(dictionary.values())
    assert [int(word[1:]) for word in dictionary.values()] != list(range(50))


@pytest.mark.parametrize(
    ("kind", "reorder", "order"),
    [
        ("copy", 1, [0, 1, 2, 3, 4, 5, 6, 7]),
        ("reverse", 1, [7, 6, 5, 4, 3, 2, 1, 0]),
        ("dictionary", 1, [0, 1, 2, 3, 4, 5, 6, 7]),
        ("dictionary", 2, [1, 0, 3, 2, 5, 4, 7, 6]),
        ("dictionary", 3, [2, 1, 0, 5, 4, 3, 7, 6]),
        ("dictionary", 9, [7, 6, 5, 4, 3, 2, 1, 0]),
    ],
)
def test_the_order_is_the_stated_one(kind: TaskKind, reorder: int, order: list[int]) -> None:
    pair = next(pair for pair in pairs(kind, reorder=reorder) if len(pair.source) == 8)
    assert pair.alignment == frozenset(enumerate(order))


@settings(max_examples=30)
@given(st.integers(0, 99), st.integers(2, 12), st.integers(1, 3), st.sampled_from(SPLITS))
def test_the_answer_is_the_value_of_the_key_that_is_asked_for(seed: int, longest: int, factor: int, split: Split) -> None:
    task = TaskSettings("key-value", seed, 40, longest, factor)
    for pair in generate_task(task, split, 20):
        *told, mark, key = pair.source
        keys, values = told[::2], told[1::2]
        assert mark == "?"
        assert len(set(keys)) == len(keys) == len(values)
        assert pair.target == (dict(zip(keys, values, strict=True))[key],)
        ((target, source),) = pair.alignment
        assert (target, pair.source[source - 1], pair.source[source]) == (0, key, pair.target[0])
        assert len(told) <= task.longest_in(split) + 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("split", "longest"), [("train", 6), ("valid", 6), ("test", 24)])
def test_lengths_are_spread_evenly_up_to_the_longest(kind: TaskKind, split: Split, longest: int) -> None:
    recall = kind == "key-value"
    lengths = list(range(0 if recall else 2, longest + 1, 2 if recall else 1))
    found = pairs(kind, split, 10 * len(lengths) + 1, longest=6, vocabulary=20)
    counts = Counter(map(distance, found) if recall else (len(pair.source) for pair in found))
    assert sorted(counts) == lengths
    assert set(counts.values()) == {10, 11}


def test_where_the_asked_pair_stands_does_not_tell_the_distance() -> None:
    """Of the distance 4 there are sources of all lengths that have room for it."""
    found = [pair for pair in pairs("key-value", count=900, longest=10) if distance(pair) == 4]
    assert {len(pair.source) for pair in found} == {8, 10, 12, 14}


def test_symbols_are_equally_frequent() -> None:
    counts = Counter(symbol for pair in pairs("copy", count=1500, vocabulary=10) for symbol in pair.source)
    assert len(counts) == 10
    assert max(counts.values()) < 1.1 * min(counts.values())


@pytest.mark.parametrize("kind", KINDS)
def test_the_word_tokeniser_leaves_the_symbols_whole(kind: TaskKind) -> None:
    for pair in pairs(kind, count=30):
        for side in (pair.source, pair.target):
            assert WordTokeniser().tokenise(" ".join(side)) == list(side)


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        ("copy", {"longest": 1}, "longest: expected 2 or more; found 1"),
        ("copy", {"test_factor": 0}, "test_factor: expected 1 or more; found 0"),
        ("dictionary", {"reorder": 0}, "reorder: expected 1 or more; found 0"),
        ("key-value", {"vocabulary": 40}, "vocabulary: recall over 80 tokens needs 41 different keys; found 40"),
    ],
)
def test_what_cannot_be_is_refused(kind: TaskKind, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError) as error:
        TaskSettings(kind, **fields)
    assert str(error.value) == message


def test_too_few_sources_for_three_splits_end_in_an_error_and_not_in_a_search_without_end() -> None:
    with pytest.raises(RequestError, match="there are too few different sources of length 2 for three splits"):
        pairs("dictionary", "test", 1, vocabulary=2, longest=2, test_factor=1)
