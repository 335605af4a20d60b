"""What the stage `tokens` makes of each kind of corpus."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpus_artifacts import names, run_stages

from embedseq.pipeline.stages.text import sentences_of
from embedseq.pipeline.stages.tokens import encoded_of, frames_of, places_of, tokeniser_of, vocabulary_of
from embedseq.text.frames import Frames
from embedseq.text.gold_words import GoldWords
from embedseq.text.sections import SECTION, split_sections
from embedseq.text.vocabulary import END, UNK

LIMITS: dict[str, Any] = {"limits": {"train": 40, "valid": 10, "test": 10}}
PAIRS: dict[str, Any] = {"dataset": "multi30k", "target": "de", **LIMITS}
TAGS: dict[str, Any] = {"dataset": "ud-english-ewt", "task": "tagging", "label": "upos", **LIMITS}
TLDR: dict[str, Any] = {"dataset": "scitldr", "source": "abstract", "target": "summary", "sections": True, **LIMITS}
KINDS: list[dict[str, Any]] = [{"kind": "word"}, {"kind": "char"}, {"kind": "bpe", "size": 200}, {"kind": "unigram", "size": 200}]
SPLITS = ("train", "valid", "test")


def test_each_source_has_tokens_of_its_own(tmp_path: Path) -> None:
    two = run_stages(tmp_path / "two", {**PAIRS, "source": ["en", "fr"]}).tokens
    for side, language in (("source", "en"), ("source2", "fr")):
        one = run_stages(tmp_path / language, {**PAIRS, "source": language}).tokens
        assert vocabulary_of(two, side) == vocabulary_of(one, "source")
        for split in SPLITS:
            for found, expected in zip(encoded_of(two, split, side), encoded_of(one, split, "source"), strict=True):
                np.testing.assert_array_equal(found, expected)
    assert set(json.loads((two / "facts.json").read_text())) == {"source", "source2", "target"}


def test_joint_tokens_are_those_of_all_sides_and_counted_for_each(tmp_path: Path) -> None:
    made = run_stages(tmp_path, {**PAIRS, "source": ["en", "fr"], "joint": True})
    sides = ("source", "source2", "target")
    vocabularies = {side: vocabulary_of(made.tokens, side) for side in sides}
    assert len({vocabulary.tokens for vocabulary in vocabularies.values()}) == 1
    assert len({json.dumps(tokeniser_of(made.tokens, side).record()) for side in sides}) == 1
    for side, vocabulary in vocabularies.items():
        found = Counter(np.concatenate(list(encoded_of(made.tokens, "train", side))).tolist())
        assert vocabulary.counts == tuple(found[row] for row in range(len(vocabulary)))


@pytest.mark.parametrize("tokens", KINDS, ids=lambda tokens: str(tokens["kind"]))
def test_the_places_are_where_the_gold_words_begin(tmp_path: Path, tokens: dict[str, Any]) -> None:
    made = run_stages(tmp_path, {**TAGS, "tokens": tokens})
    tokeniser, vocabulary = tokeniser_of(made.tokens, "source"), vocabulary_of(made.tokens, "source")
    for split in SPLITS:
        columns = (
            encoded_of(made.tokens, split, "source"),
            places_of(made.tokens, split),
            encoded_of(made.tokens, split, "target"),
        )
        for line, ids, places, labels in zip(sentences_of(made.text, split, "source"), *columns, strict=True):
            words = GoldWords.from_line(line)
            cut = tokeniser.tokenise_words(words)
            assert places.tolist() == cut.starts
            assert ids.tolist() == vocabulary.ids(cut.tokens)
            assert len(labels) == len(words.words)
    trained_on = Counter(np.concatenate(list(encoded_of(made.tokens, "train", "source"))).tolist())
    assert vocabulary.counts == tuple(trained_on[row] for row in range(len(vocabulary)))


@pytest.mark.parametrize("label", ["upos", "deprel"])
def test_each_label_is_one_token(tmp_path: Path, label: str) -> None:
    made = run_stages(tmp_path, {**TAGS, "label": label})
    vocabulary = vocabulary_of(made.tokens, "target")
    for line, ids in zip(sentences_of(made.text, "train", "target"), encoded_of(made.tokens, "train", "target"), strict=True):
        assert vocabulary.tokens_of(ids.tolist()) == line.split()
        assert UNK not in ids


def test_a_classified_text_has_one_label(tmp_path: Path) -> None:
    rows = [("Good film.", "very good"), ("Bad film.", "sci.space/x"), ("Film.", "very good")]
    for split in SPLITS:
        (tmp_path / f"{split}.tsv").write_text("".join(f"{text}\t{label}\n" for text, label in rows))
    fields = {split: {"pairs": f"../{split}.tsv"} for split in SPLITS}
    made = run_stages(tmp_path / "run", {**fields, "task": "classification", "tokens": {"kind": "char"}})
    assert vocabulary_of(made.tokens, "target").words == ("very_good", "sci.space/x")
    assert encoded_of(made.tokens, "test", "target").lengths.tolist() == [1, 1, 1]
    assert tokeniser_of(made.tokens, "source").record()["kind"] == "char"


@pytest.mark.parametrize("joint", [False, True])
def test_an_end_stands_between_the_sentences_of_a_text(tmp_path: Path, joint: bool) -> None:
    made = run_stages(tmp_path, {**TLDR, "joint": joint, "tokens": {"kind": "bpe", "size": 200}})
    tokeniser, vocabulary = tokeniser_of(made.tokens, "source"), vocabulary_of(made.tokens, "source")
    assert not any(SECTION in token for token in vocabulary.tokens)
    for line, ids in zip(sentences_of(made.text, "test", "source"), encoded_of(made.tokens, "test", "source"), strict=True):
        bounds = np.flatnonzero(ids == END)
        sentences = [part[part != END].tolist() for part in np.split(ids, bounds)]
        assert [tokeniser.detokenise(vocabulary.tokens_of(each)) for each in sentences] == split_sections(line)
    facts = json.loads((made.tokens / "facts.json").read_text())["source"]["test"]
    test = np.concatenate(list(encoded_of(made.tokens, "test", "source")))
    assert facts == {"sentences": 10, "tokens": int((test != END).sum()), "unknown": 0}
    assert END not in np.concatenate(list(encoded_of(made.tokens, "test", "target")))


def test_frames_are_passed_on_and_the_words_are_tokens(tmp_path: Path) -> None:
    made = run_stages(tmp_path, {"dataset": "digits", "source": "images", "target": "words", **LIMITS})
    assert names(made.tokens, "source") == []
    for split in SPLITS:
        given, found = Frames.open(made.text / f"{split}.source"), frames_of(made.tokens, split)
        np.testing.assert_array_equal(found.numbers, given.numbers)
        np.testing.assert_array_equal(found.offsets, given.offsets)
    facts = json.loads((made.tokens / "facts.json").read_text())
    assert facts["source"]["valid"] == {"sentences": 10, "tokens": len(frames_of(made.tokens, "valid").numbers), "unknown": 0}
    assert "hundred" in vocabulary_of(made.tokens, "target")


@pytest.mark.parametrize(("side", "source"), [("source", "en"), ("target", "de"), ("source2", "fr")])
def test_a_vocabulary_of_another_corpus_is_taken_as_it_is_and_counted_anew(tmp_path: Path, side: str, source: str) -> None:
    known = run_stages(tmp_path / "known", {**PAIRS, "source": ["en", "fr"]}).tokens
    fields = {"dataset": "multi30k", "source": source, "task": "text", "limits": {"train": 100, "valid": 10}}
    made = run_stages(tmp_path / "made", {**fields, "vocabulary": f"known.{side}"}, like=known)
    ours, theirs = vocabulary_of(made.tokens, "source"), vocabulary_of(known, side)
    assert ours.tokens == theirs.tokens
    assert tokeniser_of(made.tokens, "source").record() == tokeniser_of(known, side).record()
    found = Counter(np.concatenate(list(encoded_of(made.tokens, "train", "source"))).tolist())
    assert ours.counts == tuple(found[row] for row in range(len(ours)))
    facts = json.loads((made.tokens / "facts.json").read_text())
    assert facts["source"]["train"]["unknown"] == found[UNK] > 0


def test_gold_words_are_cut_with_the_pieces_of_another_corpus_and_labels_are_their_own(tmp_path: Path) -> None:
    text = {"dataset": "us-speeches", "task": "text", "tokens": {"kind": "bpe", "size": 200}, **LIMITS}
    known = run_stages(tmp_path / "known", text).tokens
    made = run_stages(tmp_path / "made", {**TAGS, "vocabulary": "known.source"}, like=known)
    tokeniser, vocabulary = tokeniser_of(made.tokens, "source"), vocabulary_of(made.tokens, "source")
    assert vocabulary.tokens == vocabulary_of(known, "source").tokens
    for line, ids in zip(sentences_of(made.text, "test", "source"), encoded_of(made.tokens, "test", "source"), strict=True):
        assert tokeniser.detokenise(vocabulary.tokens_of(ids.tolist())) == GoldWords.from_line(line).text
    assert {"NOUN", "VERB"} <= set(vocabulary_of(made.tokens, "target").words)


def test_running_the_stages_again_gives_the_same_bytes(tmp_path: Path) -> None:
    for number, fields in enumerate((TAGS, TLDR, {"dataset": "digits", "source": "images", "target": "words", **LIMITS})):
        one, two = (run_stages(tmp_path / f"{number}{run}", fields) for run in "ab")
        for first, second in ((one.text, two.text), (one.tokens, two.tokens)):
            assert {path.name: path.read_bytes() for path in first.iterdir()} == {
                path.name: path.read_bytes() for path in second.iterdir()
            }
