"""`embedseq label`: words labelled by a tagger, whole texts by a classifier."""

import json
from pathlib import Path
from typing import Any

import pytest

LABELS = {"NUM", "NOUN", "VERB", "ADP", "DET", "X"}


@pytest.fixture
def labelled(kinds_store: Path, embedseq_command: Any) -> Any:
    """`labelled(model, arguments…, stdin="")`: the lines that are printed."""

    def ask(model: str, *arguments: object, stdin: str = "") -> list[str]:
        answer = embedseq_command("label", "--store", kinds_store, "--model", model, *arguments, stdin=stdin)
        assert answer.code == 0, answer.err
        return str(answer.out).removesuffix("\n").split("\n")

    return ask


def test_a_tagger_writes_every_word_with_its_label(labelled: Any) -> None:
    (line,) = labelled("tagger", "Two dogs run, don't they?")
    words, labels = zip(*(pair.rsplit("/", 1) for pair in line.split(" ")), strict=True)
    assert words == ("Two", "dogs", "run", ",", "don", "'t", "they", "?")
    assert set(labels) <= LABELS


def test_a_classifier_writes_all_labels_best_first(labelled: Any) -> None:
    (line,) = labelled("topic", "a bike in the snow")
    label, share, other, rest = line.split()
    assert {label, other} == {"winter", "town"}
    assert float(share) >= float(rest)
    assert float(share) + float(rest) == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize("model", ["tagger", "topic"])
def test_lines_of_standard_input_are_labelled_one_by_one(labelled: Any, model: str) -> None:
    sentences = ["two dogs run", "", "a man rides a bike in the snow"]
    lines = labelled(model, stdin="\n".join(sentences) + "\n")
    assert lines == [labelled(model, sentence)[0] for sentence in sentences]
    assert lines[1] == ""


def test_a_line_that_is_no_text_is_told_after_the_answers_to_those_before_it(
    kinds_store: Path, embedseq_command: Any, labelled: Any
) -> None:
    answer = embedseq_command("label", "--store", kinds_store, "--model", "topic", stdin=b"two dogs\nf\xfcr\nrun\n")
    assert answer.code == 2
    assert "line 2 of standard input: expected text in UTF-8, found the byte 0xfc at place 2" in answer.err
    assert answer.out.split("\n")[:-1] == labelled("topic", "two dogs")


def test_json_is_a_line_for_each_sentence(labelled: Any) -> None:
    first, second = map(json.loads, labelled("tagger", "--json", stdin="two dogs\nrun\n"))
    assert [word["text"] for word in first["words"]] == ["two", "dogs"]
    assert set(second["words"][0]["probabilities"]) == LABELS
    (whole,) = map(json.loads, labelled("topic", "two dogs", "--json"))
    assert whole["label"] in ("winter", "town")
    assert whole["model"] == "topic, seed 1"


def test_other_models_are_refused(kinds_store: Path, embedseq_command: Any) -> None:
    answer = embedseq_command("label", "two dogs", "--store", kinds_store, "--model", "reader")
    assert answer.code == 2
    assert "asks a tagger or a classifier, but reader, seed 1 is a masked language model" in answer.err
    assert "In this run it can ask tagger, topic." in answer.err
