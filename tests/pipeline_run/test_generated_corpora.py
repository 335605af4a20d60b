"""A pipeline whose corpora are generated, and one of trees: checked, run, reported."""

from pathlib import Path

import pytest

import embedseq
from embedseq.pipeline.graph import build_graph
from embedseq.report.corpus_tables import corpus_table

PIPELINE = """\
name: made-up
seeds: [1]
data:
  language: {generated: {kind: language, train: 60, valid: 10, test: 12, vocabulary: 30}}
  copying: {generated: {kind: copy, train: 60, valid: 10, test: 12, longest: 4, test_factor: 2}, joint: true}
  trees: {generated: {kind: language, train: 8, valid: 3, test: 4, vocabulary: 30}, task: trees}
  treebank: {dataset: ud-english-ewt, task: trees, limits: {train: 5, valid: 2, test: 3}}
models:
  translator:
    data: language
    architecture: gru
    dim: 8
    train: {epochs: 1, batch_tokens: 400}
    evaluate: {beam: 1, max_length: 12}
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made-up") / "made-up.yaml"
    path.write_text(PIPELINE, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def run(file: Path) -> embedseq.Run:
    return embedseq.run(file, store=file.parent / "store", jobs=1)


def test_it_passes_the_check(file: Path) -> None:
    assert embedseq.check(file).endswith(
        "is valid: 4 corpora, 1 model, 0 probes, 1 seed; 9 stages.".replace("1 model", "0 embeddings, 1 model")
    )


def test_trees_are_text_without_tokens(run: embedseq.Run) -> None:
    assert [node.id for node in build_graph(run.pipeline) if "tree" in node.id] == ["text trees", "text treebank"]


def test_a_tiny_model_trains_on_what_is_generated(run: embedseq.Run) -> None:
    assert run.failures == {}
    assert run.models["translator"].translate(["no such words"])


def test_the_report_says_what_the_corpora_are(run: embedseq.Run) -> None:
    found = {corpus.name: corpus for corpus in run.content().corpora}
    assert list(found) == ["language", "copying", "trees", "treebank"]
    assert found["language"].text.startswith("Generated: sentences that two invented languages say alike")
    assert [side.pieces for side in found["treebank"].sides] == ["words"]
    table = corpus_table(found["trees"])
    assert [column.title for column in table.columns] == ["split", "sentences", "words"]
    assert [row[1].text for row in table.rows] == ["8", "3", "4"]
    assert found["trees"].examples == ()
    (examples,) = run.content().examples
    assert len(examples.examples) == 5
