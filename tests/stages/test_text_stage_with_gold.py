"""What the stage `text` writes of corpora with trees and alignments."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from corpus_artifacts import names, run_stages

from embedseq.errors import InputError
from embedseq.pipeline.stage import StageContext
from embedseq.pipeline.stages import text
from embedseq.pipeline.stages.text import alignments_of, form_of, sentences_of, text_sides_of, trees_of
from embedseq.text.corpora import open_corpus
from embedseq.text.settings import DataSettings

SPLITS = ("train", "valid", "test")
SIZES = {"train": 20, "valid": 5, "test": 5}


def text_of(folder: Path, fields: Mapping[str, object]) -> Path:
    """The artifact of the stage alone."""
    settings = DataSettings.from_record(fields)
    text.run(StageContext({}, folder, folder, execution={"settings": settings.record(), "base": str(folder)}))
    return folder


def test_a_treebank_is_lines_of_gold_words_and_their_trees(tmp_path: Path) -> None:
    fields = {"dataset": "ud-english-ewt", "task": "trees", "limits": SIZES}
    folder = text_of(tmp_path, fields)
    assert names(folder) == [
        "facts.json",
        "forms.json",
        *(f"{split}.source.{end}" for split in sorted(SPLITS) for end in ("trees.jsonl", "txt")),
    ]
    assert text_sides_of(folder) == ["source"]
    assert form_of(folder, "source") == "words"
    counted = dict.fromkeys(SPLITS, 0)
    for split in SPLITS:
        trees = list(trees_of(folder, split, "source"))
        counted[split] = sum(map(len, trees))
        assert [tree.words.line for tree in trees] == list(sentences_of(folder, split, "source"))
        assert trees == [pair.source_tree for pair in open_corpus(DataSettings.from_record(fields), tmp_path).pairs(split)]
    assert json.loads((folder / "facts.json").read_text()) == {"sentences": SIZES, "words": counted}


def test_a_generated_language_has_trees_for_both_sides_and_an_alignment(tmp_path: Path) -> None:
    fields = {"generated": {"kind": "language", **SIZES}}
    folder = run_stages(tmp_path, fields).text
    ends = ("alignment.jsonl", "source.trees.jsonl", "source.txt", "target.trees.jsonl", "target.txt")
    assert names(folder) == ["facts.json", *(f"{split}.{end}" for split in sorted(SPLITS) for end in ends)]
    assert text_sides_of(folder) == ["source", "target"]
    assert form_of(folder, "source") == form_of(folder, "target") == "text"
    for split in SPLITS:
        pairs = list(open_corpus(DataSettings.from_record(fields), tmp_path).pairs(split))
        assert list(trees_of(folder, split, "source")) == [pair.source_tree for pair in pairs]
        assert list(trees_of(folder, split, "target")) == [pair.target_tree for pair in pairs]
        assert alignments_of(folder, split) == [pair.alignment for pair in pairs]
    first = json.loads((folder / "train.alignment.jsonl").read_text().splitlines()[0])
    assert first == sorted(first)
    assert json.loads((folder / "facts.json").read_text()) == {"sentences": SIZES}


def test_symbols_have_an_alignment_alone_and_a_text_has_trees_alone(tmp_path: Path) -> None:
    copied = run_stages(tmp_path / "copy", {"generated": {"kind": "copy", **SIZES}, "joint": True}).text
    assert names(copied, "train") == ["train.alignment.jsonl", "train.source.txt", "train.target.txt"]
    read = run_stages(tmp_path / "text", {"generated": {"kind": "language", **SIZES}, "task": "text"}).text
    assert names(read, "train") == ["train.source.trees.jsonl", "train.source.txt"]
    with pytest.raises(InputError, match="expected alignments that embedseq saved"):
        alignments_of(read, "train")
    with pytest.raises(InputError, match="expected trees that embedseq saved"):
        list(trees_of(copied, "train", "source"))
