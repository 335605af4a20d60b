"""Blocks hold whole sentences, once each; the drawn words depend on the text alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedseq.errors import RequestError
from embedseq.probes.blocks import draw_words, sentence_blocks
from embedseq.text.gold_words import GoldWords
from embedseq.text.trees import Tree


def tree(*words: str) -> Tree:
    count = len(words)
    return Tree(GoldWords(words, (False,) * count), ("X",) * count, tuple(range(count)), ("dep",) * count, ({},) * count)


def text(sentences: int, length: int, types: int) -> list[Tree]:
    rng = np.random.default_rng(0)
    return [tree(*(f"w{word}" for word in rng.integers(types, size=length))) for _ in range(sentences)]


@given(lengths=st.lists(st.integers(1, 30), min_size=1, max_size=80), count=st.integers(1, 25))
@settings(derandomize=True)
def test_blocks_part_all_words_and_never_a_sentence(lengths: list[int], count: int) -> None:
    sentence = np.repeat(np.arange(len(lengths)), lengths)
    blocks = sentence_blocks(sentence, count)
    assert len(blocks) == min(count, len(lengths))
    np.testing.assert_array_equal(np.sort(np.concatenate(blocks)), np.arange(len(sentence)))
    owners = [set(sentence[block]) for block in blocks]
    assert sum(len(owner) for owner in owners) == len(lengths)
    sizes = [len(block) for block in blocks]
    assert max(sizes) - min(sizes) <= max(lengths)


def test_blocks_of_many_sentences_are_of_equal_size_and_not_of_neighbouring_sentences() -> None:
    sentence = np.repeat(np.arange(400), 5)
    blocks = sentence_blocks(sentence, 20)
    assert {len(block) for block in blocks} == {100}
    assert all(np.ptp(sentence[block]) > 200 for block in blocks)


def test_words_are_drawn_once_a_form_capitals_aside() -> None:
    trees = [tree("The", "cat", "saw", "the", "dog"), tree("the", "Cat", "slept", "by", "it", "in")] * 3
    drawn = draw_words(trees, 2000, once=True, probe="p")
    forms = [word for each in trees for word in each.words.words]
    taken = [forms[row].casefold() for row in drawn.rows]
    assert sorted(taken) == ["by", "cat", "dog", "in", "it", "saw", "slept", "the"]


def test_words_that_repeat_are_kept_on_request() -> None:
    trees = text(sentences=40, length=10, types=6)
    assert len(draw_words(trees, 2000, once=False, probe="p")) == 400
    with pytest.raises(RequestError, match=r"probe p: .*found 6 in 40 sentences.*once: false"):
        draw_words(trees, 2000, once=True, probe="p")


def test_as_many_words_are_drawn_as_asked_for_in_twenty_blocks_the_same_again() -> None:
    trees = text(sentences=300, length=10, types=100_000)
    drawn, again = (draw_words(trees, 500, once=True, probe="p") for _ in range(2))
    assert len(drawn) == 500
    assert len(drawn.blocks) == 20
    assert (np.diff(drawn.rows) > 0).all()
    np.testing.assert_array_equal(drawn.sentence, drawn.rows // 10)
    np.testing.assert_array_equal(drawn.rows, again.rows)
    for one, other in zip(drawn.blocks, again.blocks, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_first_words_drawn_do_not_depend_on_how_many_are_asked_for() -> None:
    trees = text(sentences=300, length=10, types=100_000)
    few, many = (set(draw_words(trees, count, once=True, probe="p").rows) for count in (200, 800))
    assert few < many


@pytest.mark.parametrize("trees", [[], [tree("one", "sentence", "of", "enough", "different", "words", "for", "two", "blocks")]])
def test_text_that_makes_no_two_blocks_is_refused(trees: list[Tree]) -> None:
    with pytest.raises(RequestError, match="several sentences"):
        draw_words(trees, 2000, once=True, probe="p")
