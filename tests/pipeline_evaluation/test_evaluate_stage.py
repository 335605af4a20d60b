"""Models of all kinds, hardly trained, measured by the stage as a run calls it."""

from pathlib import Path

import pytest

import embedseq
from embedseq.pipeline import node_names
from embedseq.pipeline.stages.evaluate import predictions_of
from embedseq.pipeline.stages.text import sentences_of
from embedseq.statistics.measurement import load_measurements

PIPELINE = """\
name: kinds
seeds: [1]
data:
  speeches: {dataset: us-speeches, task: text, limits: {train: 30, valid: 4, test: 5}}
  tags: {dataset: ud-english-ewt, task: tagging, label: upos, limits: {train: 30, valid: 4, test: 5}}
  genres: {dataset: ud-english-ewt, task: classification, label: genre, limits: {train: 30, valid: 8, test: 5}}
  papers: {dataset: scitldr, source: abstract, target: summary, sections: true, limits: {train: 12, valid: 3, test: 5}}
  captions: {dataset: multi30k, source: [en, fr], target: de, limits: {train: 30, valid: 4, test: 5}}
  digits: {dataset: digits, source: images, target: words, limits: {train: 40, valid: 5, test: 5}}
models:
  speaker: {data: speeches, architecture: gru, dim: 8, train: &train {epochs: 1, batch_tokens: 400}}
  masked: {data: speeches, kind: masked-language-model, architecture: gru, dim: 8, train: *train}
  tagger: {data: tags, architecture: gru, dim: 8, train: *train}
  classifier: {data: genres, architecture: gru, dim: 8, train: *train}
  summariser:
    data: papers
    architecture: gru
    dim: 8
    sections: true
    train: *train
    evaluate: {beam: 1, max_length: 6, metrics: [rouge-1, bleu]}
  translator: {data: captions, architecture: gru, dim: 8, train: *train, evaluate: &greedy {beam: 1, max_length: 6}}
  reader: {data: digits, architecture: gru, dim: 8, train: *train, evaluate: {beam: 1, max_length: 6, metrics: [exact-match]}}
"""
pytestmark = pytest.mark.slow
SCORES = {
    "speaker": {"perplexity", "word-perplexity", "loss"},
    "masked": {"accuracy", "perplexity", "loss"},
    "tagger": {"accuracy", "macro-f1", "unknown-accuracy", "loss"},
    "classifier": {"accuracy", "macro-f1", "loss"},
    "summariser": {"rouge-1", "bleu", "loss"},
    "translator": {"bleu", "bleu-lc", "chrf", "loss"},
    "reader": {"exact-match", "loss"},
}
CORPORA = {"tagger": "tags", "classifier": "genres", "summariser": "papers", "translator": "captions", "reader": "digits"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> embedseq.Run:
    path = tmp_path_factory.mktemp("kinds") / "kinds.yaml"
    path.write_text(PIPELINE, encoding="utf-8")
    return embedseq.run(path, store=path.parent / "store", jobs=1, only=["evaluate "])


def evaluated(run: embedseq.Run, model: str) -> Path:
    folder = run.artifact(node_names.evaluate_node(model, 1))
    assert folder is not None
    return folder


def test_every_kind_of_model_is_measured(run: embedseq.Run) -> None:
    assert run.failures == {}
    for model, scores in SCORES.items():
        assert {each.score for each in load_measurements(evaluated(run, model) / "measurements")} == scores


def test_every_score_but_the_loss_is_held_against_something_on_the_same_items(run: embedseq.Run) -> None:
    for model, scores in SCORES.items():
        found = load_measurements(evaluated(run, model) / "measurements")
        own = {each.score: each for each in found if each.role == "score"}
        held = [each for each in found if each.role == "baseline"]
        assert {each.score for each in held} == scores - {"loss"}
        assert all((each.n, each.statistic) == (own[each.score].n, own[each.score].statistic) for each in held)


@pytest.mark.parametrize("model", SCORES)
def test_models_that_write_leave_a_line_for_each_test_sentence(run: embedseq.Run, model: str) -> None:
    predictions = predictions_of(evaluated(run, model))
    if model not in CORPORA:
        assert predictions == []
        return
    text = run.artifact(node_names.text_node(CORPORA[model]))
    assert text is not None
    targets = list(sentences_of(text, "test", "target"))
    assert len(predictions) == len(targets) == 5
    if model in ("tagger", "classifier"):
        assert [len(line.split()) for line in predictions] == [len(line.split()) for line in targets]
