"""Scores of the validation split by which epochs are compared."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

import embedseq
from embedseq.errors import DivergedError, RequestError, WorkError
from embedseq.evaluation.settings import LOWER, fitting_metrics
from embedseq.models.settings import Kind
from embedseq.pipeline import node_names
from embedseq.pipeline.reporting.arm_facts import arms
from embedseq.pipeline.running import plan
from embedseq.pipeline.stage import StageContext
from embedseq.pipeline.stages.evaluation.by_kind import measures_of
from embedseq.pipeline.stages.evaluation.given import Given
from embedseq.pipeline.stages.judging import judge_record, score_of
from embedseq.pipeline.stages.records import read_record
from embedseq.report.fact_tables import training_table

GivenOf = Callable[..., Given]
READING = [("speeches", None), ("speeches", "masked-language-model"), ("tags", None), ("genres", None)]


@pytest.mark.parametrize(("corpus", "kind"), READING)
def test_a_score_is_that_of_the_final_evaluation_without_its_baselines(corpus: str, kind: Kind | None, given_of: GivenOf) -> None:
    given = given_of(corpus, margin=3.0, kind=kind)
    final = {each.score: each.value for each in measures_of(given.feed.kind).measure(given).measurements if each.role == "score"}
    own = {each.score: each.value for each in measures_of(given.feed.kind).own_scores(given)}
    assert set(own) == set(fitting_metrics(given.feed.kind, given.task))
    assert own == {name: final[name] for name in own}


@pytest.mark.parametrize(("corpus", "kind"), READING)
def test_each_metric_of_a_kind_can_compare_epochs_on_the_validation_split(
    corpus: str, kind: Kind | None, given_of: GivenOf, tmp_path: Path
) -> None:
    given = replace(given_of(corpus, margin=50.0, kind=kind), split="valid")
    spec = {"judge": judge_record(given.task, given.settings)}
    context = StageContext(spec, tmp_path, tmp_path, {"text": given.text, "tokens": given.tokens})
    for name in fitting_metrics(given.feed.kind, given.task):
        score = score_of(context, given.feed, name)
        assert score is not None
        assert (score.name, score.higher) == (name, name not in LOWER)
        assert score.measure(given.model) == pytest.approx(1.0)  # it knows the truth: accuracy 1, and perplexity, too
    assert score_of(context, given.feed, "loss") is None


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (math.inf, DivergedError, "Training diverged: `perplexity` of the validation split is inf. Try a lower `lr`"),
        (math.nan, WorkError, "`perplexity` of the validation split is no number, .* Give the corpus more validation text"),
    ],
)
def test_a_score_that_is_not_finite_is_told_by_its_cause(
    value: float, error: type[Exception], message: str, given_of: GivenOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of lost weights is what a trial was made to find out; where nothing counts, no other setting helps."""
    given = replace(given_of("speeches", margin=50.0, kind=None), split="valid")
    scores = SimpleNamespace(own_scores=lambda given: [SimpleNamespace(score="perplexity", value=value)])
    monkeypatch.setattr("embedseq.pipeline.stages.evaluation.by_kind.measures_of", lambda kind: scores)
    spec = {"judge": judge_record(given.task, given.settings)}
    score = score_of(
        StageContext(spec, tmp_path, tmp_path, {"text": given.text, "tokens": given.tokens}), given.feed, "perplexity"
    )
    assert score is not None
    with pytest.raises(error, match=message) as raised:
        score.measure(given.model)
    assert type(raised.value) is error


PIPELINE = """\
name: judged
seeds: [1]
data:
  captions: {dataset: multi30k, source: en, target: de, limits: {train: 20, valid: 5, test: 3}}
  words: {dataset: us-speeches, task: restoration, stretch: 4, limits: {train: 20, valid: 5, test: 3}}
models:
  translator:
    data: captions
    architecture: gru
    dim: 8
    train: {epochs: 3, lr: 0.02, best_by: chrf}
    evaluate: {beam: 2, max_length: 7}
  restorer: {data: words, architecture: gru, dim: 8, train: {epochs: 2, best_by: accuracy}, evaluate: {max_length: 7}}
"""


def test_what_is_written_after_each_epoch_is_scored_and_chooses_the_best(tmp_path: Path) -> None:
    path = tmp_path / "judged.yaml"
    path.write_text(PIPELINE, encoding="utf-8")
    run = embedseq.run(path, store=tmp_path / "store", jobs=1, only=["train "])
    assert run.failures == {}
    for label, name in (("translator", "chrf"), ("restorer", "accuracy")):
        folder = run.artifact(node_names.train_node(label, 1))
        assert folder is not None
        history = read_record(folder / "history.json")
        scores = [epoch["score"] for epoch in history["epochs"]]
        assert (history["best_by"], history["better"]) == (name, "higher")
        assert history["best_epoch"] == 1 + scores.index(max(scores))
    models = {arm.label: arm for arm in arms(run)}
    table = training_table(tuple(models.values()))
    (place,) = (number for number, column in enumerate(table.columns) if column.title == "best by")
    assert [row[place].text.split()[0] for row in table.rows] == ["chrF", "accuracy"]
    again = embedseq.run(path, store=tmp_path / "again", jobs=1, only=["train "])
    for label in ("translator", "restorer"):
        first, second = (each.record.nodes[node_names.train_node(label, 1)] for each in (run, again))
        assert first.digest == second.digest


@pytest.mark.parametrize(
    ("best_by", "message"),
    [
        (
            "chfr",
            "'chfr' is not a score of an encoder-decoder on 'task: pairs'. Did you mean 'chrf'? (loss, bleu,",
        ),
        ("accuracy", "'accuracy' is not a score of an encoder-decoder on 'task: pairs' (loss, bleu, bleu-lc, chrf,"),
    ],
)
def test_a_score_that_the_model_does_not_have_is_refused_before_work(best_by: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "judged.yaml"
    path.write_text(PIPELINE.replace("chrf", best_by), encoding="utf-8")
    with pytest.raises(RequestError) as found:
        plan(path, store=tmp_path / "store")
    assert "models.translator.train.best_by" in str(found.value)
    assert message in str(found.value)
