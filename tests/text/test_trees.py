"""Trees: which are none, how far words are from each other, and a line each on disk."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedseq.errors import InputError
from embedseq.text.gold_words import GoldWords
from embedseq.text.trees import Tree, read_trees, write_trees


def tree(*heads: int, deprels: tuple[str, ...] = ()) -> Tree:
    count = len(heads)
    words = GoldWords(tuple(f"w{word}" for word in range(count)), (False,) * count)
    return Tree(words, ("X",) * count, heads, deprels or ("dep",) * count, ({},) * count)


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """Each word but the root hangs on one that was hung up before it."""
    order = draw(st.permutations(range(draw(st.integers(1, 12)))))
    heads = [0] * len(order)
    for place, word in enumerate(order[1:], start=1):
        heads[word] = order[draw(st.integers(0, place - 1))] + 1
    words = tuple(draw(st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=4)) for _ in order)
    feats = tuple(draw(st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2)) for _ in order)
    glued = tuple(draw(st.booleans()) for _ in order)
    return Tree(GoldWords(words, glued), ("X",) * len(order), tuple(heads), ("dep",) * len(order), feats)


@given(st.lists(trees(), max_size=4))
def test_trees_come_back_as_they_were_written(tmp_path_factory: pytest.TempPathFactory, several: list[Tree]) -> None:
    path = tmp_path_factory.mktemp("trees") / "a.jsonl"
    assert write_trees(path, several) == len(several)
    assert list(read_trees(path)) == several


@given(trees())
def test_distances_are_those_of_the_shortest_paths(found: Tree) -> None:
    count = len(found)
    steps = np.full((count, count), 99)
    np.fill_diagonal(steps, 0)
    for word, head in enumerate(found.heads):
        if head:
            steps[word, head - 1] = steps[head - 1, word] = 1
    for middle in range(count):  # Floyd and Warshall
        steps = np.minimum(steps, steps[:, [middle]] + steps[[middle], :])
    np.testing.assert_array_equal(found.distances, steps)
    np.testing.assert_array_equal(found.depths, steps[found.root])


@pytest.mark.parametrize(
    ("heads", "message"),
    [
        ((0, 0), "one root, found 2"),
        ((2, 1), "one root, found 0"),
        ((0, 3, 2), "in a circle"),
        ((0, 4), "not in the sentence"),
        ((0, -1), "not in the sentence"),
        ((), "one root, found 0"),
    ],
)
def test_what_is_no_tree_is_refused(heads: tuple[int, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tree(*heads)


def test_dependents_of_a_relation_are_those_of_its_subtypes_too() -> None:
    found = tree(2, 0, 2, 2, deprels=("nsubj:pass", "root", "nsubjx", "nsubj"))
    assert found.dependents(1, "nsubj") == [0, 3]


@pytest.mark.parametrize("text", ["{}\n", "x\n", '{"words":"a","upos":["X"],"heads":[1],"deprels":["x"],"feats":[{}]}\n'])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(text)
    with pytest.raises(InputError, match="expected trees that embedseq saved"):
        list(read_trees(path))
