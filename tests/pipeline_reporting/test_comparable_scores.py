"""Scores stand in one table where they may be compared, and nowhere else."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, get_args

import pytest

from embedseq.evaluation.settings import MetricName
from embedseq.models.settings import Kind
from embedseq.pipeline.reporting.probes import Probed, probe_facts
from embedseq.pipeline.reporting.scores import LOSSES, METRICS, model_tables
from embedseq.pipeline.reporting.yardsticks import ScoredModel
from embedseq.probes.registry import probes
from embedseq.report.content import ArmFacts, ScoreTable


def model(label: str, corpus: str, kind: Kind, metrics: Sequence[MetricName], truth: str, tokens: str) -> ScoredModel:
    facts = ArmFacts(label, "lstm", "random", "random", "", 10, 10, kind=kind.replace("-", " "), corpus=corpus, truth=truth)
    return ScoredModel(facts, kind, "sentences", tuple(metrics), f"{truth} {tokens}", f"{truth} {corpus}", corpus)


def row(label: str, score: str, value: float = 0.5, **more: Any) -> dict[str, Any]:
    named = {"section": "models", "name": label, "subject": label, "score": score, "part": "", "role": "score", "label": ""}
    numbers = {"value": value, "low": None, "high": None, "n": 9, "per_seed": [value], "coverage": 1.0, "better": "higher"}
    return {**named, **numbers, "level": 0.95, "signature": "", "problem": "", **more}


def rows_of(models: Sequence[ScoredModel]) -> list[dict[str, Any]]:
    return [row(each.facts.label, score) for each in models for score in (*each.metrics, "loss")]


def shown(tables: Sequence[ScoreTable]) -> list[tuple[str, list[str]]]:
    return [(table.title or table.metric, [each.subject for each in table.rows]) for table in tables]


ENGLISH = model("a", "english", "encoder-decoder", ("bleu", "chrf"), "de", "8000")
BOTH = model("b", "both", "encoder-decoder", ("bleu",), "de", "9000")
WRITER = model("w", "speeches", "language-model", ("perplexity", "word-perplexity"), "said", "6000")
READER = model("r", "reading", "masked-language-model", ("accuracy", "perplexity"), "read", "6000")
TAGGER = model("t", "tags", "tagger", ("accuracy", "unknown-accuracy"), "upos", "17")
FEW = model("f", "few-tags", "tagger", ("accuracy", "unknown-accuracy"), "upos", "17")


def test_texts_are_compared_by_their_references_and_losses_by_their_tokens() -> None:
    models = (ENGLISH, BOTH)
    tables = list(model_tables(rows_of(models), models))
    assert shown(tables) == [
        ("BLEU", ["a", "b"]),
        ("chrF", ["a"]),
        ("Loss on english", ["a"]),
        ("Loss on both", ["b"]),
    ]
    assert [table.expected for table in tables] == [("a", "b"), ("a",), ("a",), ("b",)]


def test_tasks_stand_apart_each_with_its_loss_last() -> None:
    models = (READER, TAGGER, FEW)
    assert shown(list(model_tables(rows_of(models), models))) == [
        ("Accuracy on reading", ["r"]),
        ("Perplexity on reading", ["r"]),
        ("Loss on reading", ["r"]),
        ("Accuracy on tags and few-tags", ["t", "f"]),
        ("Accuracy on unknown words on tags", ["t"]),
        ("Accuracy on unknown words on few-tags", ["f"]),
        ("Loss on tags and few-tags", ["t", "f"]),
    ]


def test_language_models_with_other_tokens_are_compared_by_words() -> None:
    other = replace(WRITER, facts=replace(WRITER.facts, label="v", corpus="pieces"), tokens="said 300")
    assert shown(list(model_tables(rows_of((WRITER, other)), (WRITER, other)))) == [
        ("Perplexity on speeches", ["w"]),
        ("Perplexity on pieces", ["v"]),
        ("perplexity per word", ["w", "v"]),
        ("Loss on speeches", ["w"]),
        ("Loss on pieces", ["v"]),
    ]


def test_models_that_have_no_score_yet_are_expected() -> None:
    (table,) = model_tables([row("a", "bleu")], (ENGLISH, BOTH))
    assert table.expected == ("a", "b")
    assert [each.subject for each in table.rows] == ["a"]


@pytest.mark.parametrize("each", [ENGLISH, WRITER, READER, TAGGER])
def test_the_loss_says_what_it_is_of(each: ScoredModel) -> None:
    answers: Any = {"tagger": "labels", "masked-language-model": "masked tokens"}.get(each.kind, "tokens")
    known = replace(each, facts=replace(each.facts, answers=answers))
    (table,) = model_tables([row(each.facts.label, "loss", better="lower")], (known,))
    assert (table.unit, table.note) == (f"nats per {answers[:-1]}", LOSSES[each.kind])
    assert table.items == ("pairs" if each is ENGLISH else "sentences")


def test_every_metric_is_shown_somehow() -> None:
    assert set(get_args(MetricName)) <= set(METRICS)
    assert set(get_args(Kind)) == set(LOSSES)


def tables_of(rows: Sequence[dict[str, Any]], models: Sequence[ScoredModel], **settings: Any) -> tuple[ScoreTable, ...]:
    kind = settings.pop("kind", "previous-word")
    probe = Probed("previous", probes()[kind].settings.from_record({"kind": kind, "of": "x", **settings}), models)
    (facts,) = probe_facts(rows, [probe])
    return facts.tables


def test_probes_of_models_that_read_other_texts_stand_apart() -> None:
    rows = [row(each, "accuracy", section="probes", name="previous") for each in ("a", "b")]
    same = replace(BOTH, read=ENGLISH.read)
    assert shown(tables_of(rows, (ENGLISH, same))) == [("Accuracy of the probe previous", ["a", "b"])]
    apart = tables_of(rows, (ENGLISH, BOTH))
    assert shown(apart) == [
        ("Accuracy of the probe previous on english", ["a"]),
        ("Accuracy of the probe previous on both", ["b"]),
    ]
    assert [table.expected for table in apart] == [("a",), ("b",)]


def test_probes_of_the_same_trees_stand_together_whatever_models_read() -> None:
    rows = [row(each, "accuracy", section="probes", name="previous") for each in ("a", "b")]
    assert shown(tables_of(rows, (ENGLISH, BOTH), kind="tag", data="trees")) == [("Accuracy of the probe previous", ["a", "b"])]
