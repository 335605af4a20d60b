"""Corpora that are generated, and corpora of trees: what is said where they stand in the wrong place."""

# ruff: noqa: E501  (a message is easier to check in one piece)

from pathlib import Path

import pytest

from embedseq.errors import Problems, RequestError
from embedseq.pipeline.file import check_pipeline
from embedseq.text.corpora import open_corpus
from embedseq.text.settings import DataSettings


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def complaints_of(*lines: str) -> list[str]:
    """What is said of a file with these lines below its name."""
    Path("x.yaml").write_text("name: x\n" + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    try:
        check_pipeline(Path("x.yaml"))
    except Problems as problems:
        return [message.removeprefix("x.yaml:") for message in problems.messages]
    return []


WRONG = {
    "{generated: {kind: copy}, dataset: multi30k, source: en, target: de}": [
        "3:7: data.d.generated: what is generated needs no other text: remove 'generated', or dataset"
    ],
    "{train: {pairs: a}, valid: {pairs: b}, generated: {kind: copy}}": [
        "3:45: data.d.generated: what is generated needs no other text: remove 'generated', or train and valid"
    ],
    "{generated: {kind: cpoy}}": [
        "3:25: data.d.generated.kind: 'cpoy' is not a kind. Did you mean 'copy'? (language, copy, reverse, dictionary, key-value)"
    ],
    "{generated: {kind: copy, longst: 3}}": [
        "3:31: data.d.generated.longst: 'longst' is not a field here. Did you mean 'longest'? (kind, seed, train, valid, test, vocabulary, dependency_length, distractors, longest, test_factor, reorder)"
    ],
    "{generated: {vocabulary: 20}}": ["3:7: data.d.generated: 'kind' is missing: what is generated"],
    "{generated: {kind: language, distractors: 2}}": [
        "3:48: data.d.generated.distractors: expected a number from 0 to 1; found 2"
    ],
    "{generated: copy}": [
        "3:18: data.d.generated: expected a mapping {kind: …, seed: …, train: …, valid: …}, or null; found 'copy'"
    ],
}


@pytest.mark.parametrize(("corpus", "messages"), WRONG.items())
def test_what_is_wrong_with_what_is_generated_is_told(corpus: str, messages: list[str]) -> None:
    assert complaints_of("data:", f"  d: {corpus}") == messages


@pytest.mark.parametrize("more", [{"dataset": "multi30k"}, {"train": {"pairs": "a"}}])
def test_what_is_generated_is_not_opened_beside_other_text(more: dict[str, object]) -> None:
    with pytest.raises(RequestError, match="what is generated needs no known dataset and no files"):
        open_corpus(DataSettings.from_record({"generated": {"kind": "copy"}, **more}), Path())


TREES = "  trees: {generated: {kind: language}, task: trees}"
PAIRS = "  pairs: {generated: {kind: language}}"


def test_no_model_learns_from_trees_and_no_embedding_is_trained_on_them() -> None:
    assert complaints_of(
        "data:",
        PAIRS,
        TREES,
        "embeddings:",
        "  e: {text: trees.source, algorithm: cbow}",
        "models:",
        "  m: {data: trees, architecture: gru}",
        "  n: {data: trees, matrix: {architecture: [gru, lstm]}}",
    ) == [
        "6:13: embeddings.e.text: 'trees' has 'task: trees', which probes read and no embedding is trained on; name another corpus (pairs)",
        "8:13: models.m.data: 'trees' has 'task: trees', which probes read and no model learns; name another corpus (pairs)",
        "9:13: models.n.data: 'trees' has 'task: trees', which probes read and no model learns; name another corpus (pairs)",
    ]


def test_trees_have_no_vocabulary_to_lend() -> None:
    assert complaints_of("data:", PAIRS.replace("}}", "}, vocabulary: trees.source}"), TREES) == [
        "3:52: data.pairs.vocabulary: trees has 'task: trees' and no tokens of its own; name another corpus"
    ]


def test_a_model_that_starts_from_one_of_trees_is_told_of_the_trees_alone() -> None:
    found = complaints_of(
        "data:",
        "  text: {generated: {kind: language}, task: text}",
        TREES,
        "models:",
        "  a: {data: trees, architecture: gru}",
        "  b: {data: text, kind: masked-language-model, architecture: gru, pretrained: {from: a}}",
    )
    assert "models.a.data: 'trees' has 'task: trees'" in found[0]
    assert not [message for message in found if "Traceback" in message]


def test_language_models_learn_from_what_is_generated_without_files() -> None:
    assert (
        complaints_of("data:", "  d: {generated: {kind: language}, task: text}", "models:", "  m: {data: d, architecture: gru}")
        == []
    )
