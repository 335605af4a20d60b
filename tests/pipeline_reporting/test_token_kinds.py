"""What is said of a corpus's tokens holds wherever its vocabulary was learned."""

from pathlib import Path

import pytest

import embedseq

PIPELINE = """\
name: spelling
seeds: [1]
data:
  captions: {dataset: multi30k, source: en, target: de, target_tokens: {kind: char}, limits: {train: 30, valid: 5, test: 5}}
  spelt: {dataset: us-speeches, task: text, vocabulary: captions.target, limits: {train: 5, valid: 2, test: 2}}
  worded: {dataset: us-speeches, task: text, vocabulary: captions.source, limits: {train: 5, valid: 2, test: 2}}
"""


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the report says of each corpus's tokens."""
    file: Path = tmp_path_factory.mktemp("spelling") / "spelling.yaml"
    file.write_text(PIPELINE, encoding="utf-8")
    content = embedseq.run(file, store=file.parent / "store", jobs=1, only=["tokens "]).content()
    return {corpus.name: corpus.tokens for corpus in content.corpora}


def test_sides_that_differ_are_told_one_by_one(tokens: dict[str, str]) -> None:
    assert tokens["captions"] == "words on the source side, characters on the target side"


def test_a_borrowed_vocabulary_has_the_tokens_of_the_side_that_it_comes_from(tokens: dict[str, str]) -> None:
    assert tokens["spelt"] == "characters, the vocabulary of captions.target"
    assert tokens["worded"] == "words, the vocabulary of captions.source"
