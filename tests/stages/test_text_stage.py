"""What the stage `text` writes of each kind of corpus."""

import json
from pathlib import Path

import numpy as np
import pytest
from corpus_artifacts import names, run_stages

from embedseq.pipeline.stages.text import FORMS, form_of, references_of, sentences_of, text_sides_of
from embedseq.text.digits import DigitsSplit, digits_path
from embedseq.text.frames import Frames
from embedseq.text.gold_words import GoldWords
from embedseq.text.sections import SECTION

LIMITS = {"limits": {"train": 20, "valid": 5, "test": 5}}


def test_plain_text_is_lines_and_nothing_more(tmp_path: Path) -> None:
    folder = run_stages(tmp_path, {"dataset": "multi30k", "source": "en", "target": "de", **LIMITS}).text
    assert names(folder) == [
        "facts.json",
        *(f"{split}.{side}.txt" for split in ("test", "train", "valid") for side in ("source", "target")),
    ]
    assert json.loads((folder / "facts.json").read_text()) == {"sentences": {"train": 20, "valid": 5, "test": 5}}
    assert text_sides_of(folder) == ["source", "target"]
    assert form_of(folder, "source") == "text"


def test_several_sources_have_a_file_each_whose_lines_pair(tmp_path: Path) -> None:
    fields = {"dataset": "multi30k", "target": "de", **LIMITS}
    folder = run_stages(tmp_path / "two", {**fields, "source": ["en", "fr"]}).text
    assert text_sides_of(folder) == ["source", "source2", "target"]
    french = run_stages(tmp_path / "one", {**fields, "source": "fr"}).text
    for split in ("train", "valid", "test"):
        assert list(sentences_of(folder, split, "source2")) == list(sentences_of(french, split, "source"))
        assert list(sentences_of(folder, split, "target")) == list(sentences_of(french, split, "target"))


def test_gold_words_stand_between_spaces_beside_their_labels(tmp_path: Path) -> None:
    folder = run_stages(tmp_path, {"dataset": "ud-english-ewt", "task": "tagging", "label": "upos", **LIMITS}).text
    assert (form_of(folder, "source"), form_of(folder, "target")) == ("words", "labels")
    for line, labels in zip(*(sentences_of(folder, "train", side) for side in ("source", "target")), strict=True):
        assert len(GoldWords.from_line(line).words) == len(labels.split())


def test_a_text_of_a_classification_has_one_label(tmp_path: Path) -> None:
    folder = run_stages(tmp_path, {"dataset": "ud-english-ewt", "task": "classification", "label": "genre", **LIMITS}).text
    assert (form_of(folder, "source"), form_of(folder, "target")) == ("text", "labels")
    assert all(len(label.split()) == 1 for label in sentences_of(folder, "test", "target"))


def test_sections_are_parted_by_a_mark(tmp_path: Path) -> None:
    fields = {"dataset": "scitldr", "source": "abstract", "target": "summary", "sections": True, **LIMITS}
    folder = run_stages(tmp_path, fields).text
    assert form_of(folder, "source") == "sections"
    assert json.loads((folder / FORMS).read_text()) == {"source": "sections"}
    assert all(f" {SECTION} " in line for line in sentences_of(folder, "train", "source"))


def test_all_summaries_are_references_and_the_first_is_the_target(tmp_path: Path) -> None:
    fields = {"dataset": "scitldr", "source": "abstract", "target": "summary", "lowercase": True, **LIMITS}
    folder = run_stages(tmp_path, fields).text
    for split in ("train", "valid", "test"):
        references = references_of(folder, split)
        assert [texts[0] for texts in references] == list(sentences_of(folder, split, "target"))
        several = any(len(texts) > 1 for texts in references)
        assert several == (folder / f"{split}.references.json").exists()
        assert all(text == text.lower() for texts in references for text in texts)
    assert any(len(texts) > 1 for texts in references_of(folder, "test"))


def test_without_several_the_target_is_the_only_reference(tmp_path: Path) -> None:
    folder = run_stages(tmp_path, {"dataset": "multi30k", "source": "en", "target": "de", **LIMITS}).text
    assert references_of(folder, "test") == [[text] for text in sentences_of(folder, "test", "target")]


@pytest.mark.parametrize("line", ["We do.\nIt works.", "We do.\r\nIt works.", "We do.\u2028It works."])
def test_a_line_break_within_a_text_does_not_shift_the_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    data = tmp_path / "data" / "scitldr"
    data.mkdir(parents=True)
    for name in ("train", "dev", "test"):
        rows = [{"source": [line, line], "target": [line]}, {"source": ["A"], "target": ["B"]}]
        (data / f"{name}.jsonl.gz").write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.setenv("EMBEDSEQ_DATA", str(tmp_path / "data"))
    folder = run_stages(tmp_path / "run", {"dataset": "scitldr", "source": "abstract", "target": "summary"}).text
    assert list(sentences_of(folder, "train", "target")) == ["We do. It works.", "B"]
    assert list(sentences_of(folder, "train", "source")) == ["We do. It works. We do. It works.", "A"]


def test_images_are_frames_beside_their_words(tmp_path: Path) -> None:
    folder = run_stages(tmp_path, {"dataset": "digits", "source": "images", "target": "words", **LIMITS}).text
    assert form_of(folder, "source") == "frames"
    assert text_sides_of(folder) == ["target"]
    frames = Frames.open(folder / "train.source")
    pairs = list(DigitsSplit(digits_path(), "train", "images").pairs())[:20]
    assert list(sentences_of(folder, "train", "target")) == [pair.target for pair in pairs]
    for found, pair in zip(frames, pairs, strict=True):
        np.testing.assert_array_equal(found, pair.frames)
    assert not names(folder, "train.source.txt")
