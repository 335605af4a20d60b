"""Corpora with trees: treebanks, and what is generated."""

import os
from pathlib import Path
from typing import Any

import pytest

from embedseq.errors import InputError, Problems
from embedseq.text.corpora import Corpus, lowered, open_corpus
from embedseq.text.labelled import TreeSplit
from embedseq.text.settings import DataSettings
from embedseq.text.trees import Tree

REAL = os.environ.get("EMBEDSEQ_DATA")  # as it was before the tests, which all see the sample data there
ROOT = "1\tDogs\tdog\tNOUN\tNNS\tNumber=Plur\t0\troot\t_\t_\n"
BARK = "2\tbark\tbark\tVERB\tVBP\t_\t1\tdep\t_\tSpaceAfter=No\n3\t.\t.\tPUNCT\t.\t_\t1\tpunct\t_\t_\n"


def corpus(base: Path, **fields: Any) -> Corpus:
    return open_corpus(DataSettings.from_record(fields), base)


def treebank(base: Path, text: str, **fields: Any) -> Corpus:
    (base / "a.conllu").write_text(text)
    return corpus(base, train="a.conllu", valid="a.conllu", test="a.conllu", task="trees", **fields)


def test_a_treebank_has_its_gold_words_and_trees(tmp_path: Path) -> None:
    opened = treebank(tmp_path, ROOT + BARK)
    opened.check()
    (pair,) = opened.pairs("train")
    assert (pair.source, pair.target, pair.target_tree, pair.alignment) == ("Dogs bark ␟.", None, None, None)
    tree = pair.source_tree
    assert tree is not None
    assert (tree.words.text, tree.heads, tree.deprels) == ("Dogs bark.", (0, 1, 1), ("root", "dep", "punct"))
    assert tree.feats == ({"Number": "Plur"}, {}, {})
    assert opened.text_sides == opened.settings.tree_sides == ("source",)


def test_lower_case_is_that_of_the_words_of_the_tree_too(tmp_path: Path) -> None:
    (plain,) = treebank(tmp_path, ROOT + BARK).pairs("train")
    (pair,) = treebank(tmp_path, ROOT + BARK, lowercase=True).pairs("train")
    assert pair.source == "dogs bark ␟."
    assert plain.source_tree is not None
    assert pair.source_tree == lowered(plain.source_tree)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ROOT + "2\tx\tx\tX\t_\t_\t0\troot\t_\t_\n", "a tree has one root, found 2"),
        (ROOT + "2\tx\tx\tX\t_\t_\t_\tdep\t_\t_\n", "a word hangs on a word that is not in the sentence"),
        (ROOT + "2\tx\tx\tX\t_\t_\t2\tdep\t_\t_\n", "words hang on each other in a circle"),
    ],
)
def test_a_sentence_that_is_no_tree_is_refused_with_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    opened = treebank(tmp_path, f"{ROOT}\n{text}")
    expected = (
        f"{tmp_path / 'a.conllu'}: line 3: the sentence that begins here is no tree: {message}. Correct it, or take it out of "
        "the file"
    )
    with pytest.raises(Problems) as found:
        opened.check()
    assert found.value.messages == (expected,)
    with pytest.raises(InputError, match="is no tree"):
        list(opened.pairs("test"))


def test_a_generated_language_has_trees_on_both_sides_and_its_alignment(tmp_path: Path) -> None:
    generated = {"kind": "language", "train": 30, "valid": 3, "test": 4}
    opened = corpus(tmp_path, generated=generated)
    opened.check()
    assert opened.files == {"train": (), "valid": (), "test": ()}
    assert [len(list(opened.pairs(split))) for split in opened.splits] == [30, 3, 4]
    for pair in opened.pairs("train"):
        assert pair.source_tree is not None
        assert pair.target_tree is not None
        assert (pair.source, pair.target) == (pair.source_tree.words.text, pair.target_tree.words.text)
        assert pair.alignment
    assert list(opened.pairs("train")) == list(opened.pairs("train"))


def test_its_source_side_is_the_same_as_a_text_and_as_trees(tmp_path: Path) -> None:
    generated = {"kind": "language", "train": 9}
    pairs, text, trees = (
        list(corpus(tmp_path, generated=generated, task=task).pairs("train")) for task in ("pairs", "text", "trees")
    )
    assert [pair.source for pair in pairs] == [pair.source for pair in text] == [pair.source for pair in trees]
    assert [pair.source_tree for pair in pairs] == [pair.source_tree for pair in text] == [pair.source_tree for pair in trees]
    assert {pair.target for pair in text + trees} == {None}


@pytest.mark.parametrize("kind", ["copy", "reverse", "dictionary", "key-value"])
def test_tasks_over_symbols_have_an_alignment_and_no_trees(tmp_path: Path, kind: str) -> None:
    opened = corpus(tmp_path, generated={"kind": kind, "train": 20, "longest": 4, "test_factor": 2, "test": 20})
    assert opened.settings.tree_sides == ()
    for split in ("train", "test"):
        for pair in opened.pairs(split):
            assert pair.alignment is not None
            assert pair.target is not None
            assert {target for target, _ in pair.alignment} == set(range(len(pair.target.split())))
            assert pair.source_tree is None


def test_limits_hold_for_what_is_generated(tmp_path: Path) -> None:
    opened = corpus(tmp_path, generated={"kind": "copy"}, limits={"train": 7})
    assert len(list(opened.pairs("train"))) == 7


@pytest.mark.skipif(REAL is None, reason="EMBEDSEQ_DATA is not set: no real corpora here")
def test_every_sentence_of_the_real_treebank_is_a_tree_and_survives_being_written() -> None:
    assert REAL is not None
    path = Path(REAL) / "ud-english-ewt" / "en_ewt-ud-dev.conllu.gz"
    if not path.is_file():
        pytest.skip(f"EMBEDSEQ_DATA has no {path.name}")
    trees = [pair.source_tree for pair in TreeSplit(path).pairs()]
    assert len(trees) == 2001
    for tree in trees:
        assert tree is not None
        assert Tree.from_line(tree.line) == tree
        assert tree.depths[tree.root] == 0
