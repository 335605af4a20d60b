"""Expectations held against summaries and records of stages."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from embedseq.pipeline.expectations import Outcome, outcomes
from embedseq.pipeline.file import Pipeline, read_pipeline
from embedseq.pipeline.runs import NodeRecord

EXPECT = """
expect:
  - {of: plain, score: bleu, above: 10}
"""
EVALUATE = "evaluate plain, seed 1"
SUMMARY = "summary of plain"
Judge = Callable[..., Outcome]


@pytest.fixture
def pipeline_of(tiny_text: str, tmp_path: Path) -> Callable[[str], Pipeline]:
    """The tiny pipeline with this `expect` section; whatever else the text has comes first."""

    def read(expect: str) -> Pipeline:
        path = tmp_path / "expecting.yaml"
        path.write_text(tiny_text + expect, encoding="utf-8")
        return read_pipeline(path)

    return read


def nodes_of(**statuses: str) -> dict[str, NodeRecord]:
    """Records of the stages `evaluate plain` and `summary of plain`."""
    names = {"evaluate": EVALUATE, "summary": SUMMARY}
    return {
        names[name]: NodeRecord(names[name], name, status, None, None, "the reason", None) for name, status in statuses.items()
    }


def row(value: float | None, role: str = "score", label: str = "", **more: Any) -> dict[str, Any]:
    named = {"section": "models", "name": "plain", "subject": "plain", "score": "bleu", "part": "", "role": role, "label": label}
    return {**named, "value": value, "better": "higher", "n": 20, "seeds": 1, "problem": "", **more}


@pytest.fixture
def judge(pipeline_of: Callable[[str], Pipeline], tmp_path: Path) -> Judge:
    """`judge(rows, nodes, expect)`: the one outcome."""

    def outcome(rows: Sequence[Any], nodes: dict[str, NodeRecord] | None = None, expect: str = EXPECT) -> Outcome:
        done = nodes_of(evaluate="done", summary="done") if nodes is None else nodes
        (only,) = outcomes(pipeline_of(expect), rows, tmp_path, done)
        return only

    return outcome


def test_a_score_is_held_against_a_number(judge: Judge) -> None:
    assert judge([row(12.0)]) == Outcome("bleu of plain is above 10", True, "12")
    assert judge([row(9.0)]) == Outcome("bleu of plain is above 10", False, "9")


@pytest.mark.parametrize("comparison", ["above: -1", "below: 1", "at_least: -1", "at_most: 1", "above: baseline"])
def test_an_undefined_score_never_holds(judge: Judge, comparison: str) -> None:
    expect = EXPECT.replace("above: 10", comparison)
    outcome = judge([row(None, n=0), row(0.0, "baseline", "copy")], expect=expect)
    assert (outcome.holds, outcome.found, outcome.ran) == (False, "undefined (0 sentences)", True)


def test_an_undefined_score_tells_its_reason(judge: Judge) -> None:
    assert judge([row(None, n=1)]).found == "undefined (1 sentence)"
    assert judge([row(None, problem="seeds differ")]).found == "undefined (seeds differ)"


def test_nothing_is_above_an_undefined_baseline(judge: Judge) -> None:
    expect = EXPECT.replace("10", "baseline")
    rows = [row(12.0), row(1.0, "baseline", "copy"), row(None, "baseline", "majority", n=0)]
    outcome = judge(rows, expect=expect)
    assert (outcome.holds, outcome.found) == (False, "12, but the baseline majority is undefined (0 sentences)")
    assert judge(rows[:2], expect=expect).holds


def test_fewer_seeds_than_asked_for_are_told(
    judge: Judge, tiny_text: str, pipeline_of: Callable[[str], Pipeline], tmp_path: Path
) -> None:
    path = tmp_path / "two.yaml"
    path.write_text(tiny_text.replace("seeds: [1]", "seeds: [1, 2]") + EXPECT, encoding="utf-8")
    (only,) = outcomes(read_pipeline(path), [row(12.0)], tmp_path, nodes_of(evaluate="done", summary="done"))
    assert only.found == "12 over 1 of 2 seeds"


@pytest.mark.parametrize(
    ("nodes", "found"),
    [
        ({}, f"not run: the stage '{EVALUATE}' was not asked for"),
        ({"evaluate": "done"}, f"not run: the stage '{SUMMARY}' was not asked for"),
        ({"evaluate": "cancelled", "summary": "cancelled"}, "not run: the run was interrupted"),
        ({"evaluate": "done", "summary": "cancelled"}, "not run: the run was interrupted"),
        ({"evaluate": "pending", "summary": "pending"}, "not run: the run has not come to it"),
        ({"evaluate": "skipped", "summary": "done"}, "not run: the reason"),
    ],
)
def test_what_did_not_run_is_not_judged(judge: Judge, nodes: dict[str, str], found: str) -> None:
    assert judge([], nodes_of(**nodes)) == Outcome("bleu of plain is above 10", False, found, ran=False)


@pytest.mark.parametrize("failed", [EVALUATE, SUMMARY])
def test_what_failed_is_judged(judge: Judge, failed: str) -> None:
    nodes = nodes_of(evaluate="done", summary="done")
    nodes[failed] = NodeRecord(failed, "", "failed", None, None, "out of memory", None)
    assert judge([], nodes) == Outcome("bleu of plain is above 10", False, f"it was not measured: {failed} failed: out of memory")


def test_what_ran_and_measured_nothing_is_judged(judge: Judge) -> None:
    assert judge([]) == Outcome("bleu of plain is above 10", False, "it was not measured")


def test_probes_and_files_are_judged_too(pipeline_of: Callable[[str], Pipeline], tmp_path: Path) -> None:
    expect = """
expect:
  - {probe: drift, score: drift, below: 0.5, part: band 1 of 2}
  - {file: report.html}
  - {file: absent.html}
"""
    drift, report, absent = outcomes(pipeline_of(expect), [], tmp_path, {}, written=("report.html",))
    assert drift.sentence == "drift of translator[skipgram,tuned] (band 1 of 2) is below 0.5"
    assert (drift.ran, report.holds, absent.holds, absent.ran) == (False, True, False, True)
