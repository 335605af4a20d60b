"""Texts in JSON lines."""

import json
from pathlib import Path
from typing import Any

import pytest

from embedseq.errors import InputError
from embedseq.text.json_lines import Field, JsonSplit
from embedseq.text.splits import Pair

ABSTRACT, SUMMARY = Field("source"), Field("target", joined=False)
ROWS: list[dict[str, Any]] = [
    {"source": ["We do.", "It\n works. "], "target": ["We do it.", "It is done."]},
    {"source": ["One sentence."], "target": ["One."]},
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n\n" for row in ROWS))
    return tmp_path / "a.jsonl"


def test_a_text_of_several_sentences_is_joined_and_of_several_targets_the_first_is_learned(path: Path) -> None:
    assert list(JsonSplit(path, ABSTRACT, SUMMARY).pairs()) == [
        Pair("We do. It  works. ", "We do it.", references=("We do it.", "It is done.")),
        Pair("One sentence.", "One."),
    ]


def test_sentences_keep_their_bounds_where_that_is_wanted(path: Path) -> None:
    pairs = list(JsonSplit(path, ABSTRACT, SUMMARY, sections=True).pairs())
    assert [pair.source for pair in pairs] == ["We do. ␞ It  works.", "One sentence."]


def test_a_side_can_be_read_the_other_way_round_or_alone(path: Path) -> None:
    assert next(JsonSplit(path, SUMMARY, ABSTRACT).pairs()) == Pair("We do it.", "We do. It  works. ")
    assert next(JsonSplit(path, ABSTRACT, None).pairs()) == Pair("We do. It  works. ", None)


def test_no_text_contains_a_line_break(path: Path) -> None:
    for pair in JsonSplit(path, ABSTRACT, SUMMARY, sections=True).pairs():
        assert not any("\n" in text for text in (pair.source, pair.target or "", *pair.references))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{}", "line 5 is no JSON mapping with the field 'source'"),
        ("no json", "line 5 is no JSON mapping with the field 'source'"),
        ('{"source": 3}', "line 5: the field 'source' is neither a text nor a list of texts"),
        ('{"source": []}', "line 5: the field 'source' is neither a text nor a list of texts"),
    ],
)
def test_what_is_no_text_is_refused_with_its_line(path: Path, line: str, message: str) -> None:
    path.write_text(path.read_text() + line)
    split = JsonSplit(path, ABSTRACT, SUMMARY)
    with pytest.raises(InputError, match=message):
        list(split.pairs())
    assert message in split.problems()[0]


def test_an_empty_file_is_refused(path: Path) -> None:
    path.write_text("\n")
    assert JsonSplit(path, ABSTRACT, SUMMARY).problems() == [f"{path}: the file is empty: expected a JSON mapping a line"]
