"""What else must be known of a claim: arms on other budgets, and embeddings that were trained otherwise."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from embedseq.pipeline.claims import claims_of
from embedseq.pipeline.file.read import read_pipeline
from embedseq.pipeline.measured import stored_subjects
from embedseq.pipeline.reporting.claims import budget_notes
from embedseq.pipeline.run import Run

PIPELINE = """\
name: budgets
seeds: [1, 2]
data:
  captions: {dataset: multi30k, source: en, target: de}
embeddings:
  long: {text: captions.source, dim: 8, epochs: 20}
  short: {text: captions.source, dim: 8, epochs: 5, workers: 2}
  target: {text: captions.target, dim: 8}
models:
  a: {data: captions, architecture: gru, dim: 8, embedding: {from: long, as: tuned}, dropout: 0.1}
  b: {data: captions, architecture: gru, dim: 8, embedding: {from: short, as: tuned}, dropout: 0.3}
  c: {data: captions, architecture: gru, dim: 8, train: {max_updates: 9}}
  d: {data: captions, architecture: gru, dim: 8, embedding: {source: {from: short, as: tuned}, target: {from: target, as: tuned}}}
  e: {data: captions, architecture: gru, dim: 8, tune: {lr: [1e-3, 1e-2], dropout: [0.1, 0.2]}}
  f: {data: captions, architecture: lstm, dim: 8, tune: {dropout: [0.1, 0.2], lr: [1e-3, 1e-2]}}
  g: {data: captions, architecture: gru, dim: 8, tune: {lr: [1e-3, 1e-2, 1e-1], dropout: [0.1, 0.2], trials: 4, epochs: 5}}
  h: {data: captions, architecture: gru, dim: 8}
  i: {data: captions, architecture: gru, dim: 8, train: {max_time: 25 min}}
  j: {data: captions, architecture: gru, dim: 8, train: {max_time: 25}}
probes:
  similarity: {kind: word-similarity}
claims:
  it: {says: It., better: FIRST, worse: SECOND, MEASURED}
"""
Notes = Callable[..., list[str]]


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    def of(first: str, second: str, measured: str = "metric: chrf") -> list[str]:
        text = PIPELINE.replace("FIRST", first).replace("SECOND", second).replace("MEASURED", measured)
        (tmp_path / "budgets.yaml").write_text(text, encoding="utf-8")
        pipeline = read_pipeline(tmp_path / "budgets.yaml")
        run = SimpleNamespace(pipeline=pipeline, subjects=tuple(stored_subjects(pipeline)))
        (claim,) = claims_of(pipeline)
        return list(budget_notes(cast(Run, run), claim))

    return of


def test_dropout_is_part_of_a_budget_and_so_are_the_embeddings_that_arms_start_from(notes: Notes) -> None:
    assert notes("a", "b") == [
        "The arms had not the same budget: from a to b, dropout 0.1 -> 0.3.",
        "From a to b, their embeddings were trained with: epochs 20 -> 5.",
    ]


def test_random_vectors_were_trained_nowhere(notes: Notes) -> None:
    assert notes("a", "c") == ["The arms had not the same budget: from a to c, max_updates None -> 9."]


def test_arms_that_were_trained_against_the_clock_are_named(notes: Notes) -> None:
    assert notes("c", "i") == [
        "The arms had not the same budget: from c to i, max_updates 9 -> None; max_time None -> 25.0.",
        "Trained against the clock, which no other run repeats: i.",
    ]
    assert notes("i", "j") == ["Trained against the clock, which no other run repeats: i and j."]


def test_embeddings_are_compared_side_by_side(notes: Notes) -> None:
    assert notes("a", "d") == ["From a to d, their embeddings were trained with: epochs 20 -> 5."]
    assert notes("d", "b")[1:] == []


def test_embeddings_themselves_are_arms(notes: Notes) -> None:
    probed = "probe: similarity, part: simlex999, metric: rho"
    assert notes("long", "short", probed) == ["From long to short, their embeddings were trained with: epochs 20 -> 5."]


def test_arms_that_were_tuned_by_the_same_trials_had_the_same_budget(notes: Notes) -> None:
    assert notes("e", "f") == []


def test_other_lists_and_other_lengths_are_another_budget(notes: Notes) -> None:
    assert notes("e", "g") == [
        "The arms had not the same budget: from e to g, lr the best of 0.001, 0.01 -> the best of 0.001, 0.01, 0.1; "
        "length of a trial 10 epochs -> 5 epochs."
    ]


def test_an_arm_that_was_not_tuned_had_less_than_one_that_was(notes: Notes) -> None:
    assert notes("h", "e") == [
        "The arms had not the same budget: from h to e, lr 0.001 -> the best of 0.001, 0.01; "
        "dropout 0.1 -> the best of 0.1, 0.2; trials None -> 4; length of a trial None -> 10 epochs."
    ]
