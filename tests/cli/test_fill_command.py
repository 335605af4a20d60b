"""`embedseq fill`: gaps filled by a masked language model."""

import json
from pathlib import Path
from typing import Any

import pytest


def test_each_line_is_a_probability_and_a_token_best_first(kinds_store: Path, embedseq_command: Any) -> None:
    answer = embedseq_command("fill", "Two ___ run", "--store", kinds_store, "--model", "reader", "--top", 4)
    assert (answer.code, answer.err) == (0, "")
    shares, tokens = zip(*(line.split() for line in answer.out.splitlines()), strict=True)
    assert len(set(tokens)) == 4
    assert list(shares) == sorted(shares, reverse=True)


def test_several_gaps_are_numbered(kinds_store: Path, embedseq_command: Any) -> None:
    answer = embedseq_command("fill", "___ dogs ___", "--store", kinds_store, "--model", "reader", "--top", 2)
    lines = answer.out.splitlines()
    assert [line for line in lines if line.startswith("gap")] == ["gap 1", "gap 2"]
    assert len(lines) == 6


def test_json_and_unknown_words(kinds_store: Path, embedseq_command: Any) -> None:
    options = ("--store", kinds_store, "--model", "reader", "--top", 3)
    found = json.loads(embedseq_command("fill", "The ___ zebra", *options, "--json").out)
    assert (found["sentence"], found["unknown"]) == ("the ___ zebra", ["zebra"])
    assert [len(gap) for gap in found["gaps"]] == [3]
    answer = embedseq_command("fill", "The ___ zebra", *options)
    assert "reads <unk> for it: 'zebra'" in answer.err


@pytest.mark.parametrize(
    ("model", "sentence", "said"),
    [
        ("reader", "two dogs", "the sentence has no gap"),
        ("reader", "two____dogs", "exactly three underscores"),
        ("writer[gru]", "two ___", "writer[gru], seed 1 is a language model: ask it with `embedseq generate`"),
    ],
)
def test_what_cannot_be_filled_is_refused(kinds_store: Path, embedseq_command: Any, model: str, sentence: str, said: str) -> None:
    answer = embedseq_command("fill", sentence, "--store", kinds_store, "--model", model)
    assert answer.code == 2
    assert said in answer.err
    assert answer.out == ""
