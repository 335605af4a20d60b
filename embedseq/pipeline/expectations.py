"""The `expect` section: plain assertions on the scores and files of a run."""

import operator
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedseq.pipeline.file import Arm, Pipeline
from embedseq.pipeline.file.spec import Comparison, FileExpectation, ProbeExpectation, ScoreExpectation
from embedseq.pipeline.measured import measured_groups
from embedseq.pipeline.reporting.probes import scores_of
from embedseq.pipeline.reporting.scores import METRICS
from embedseq.pipeline.runs import NodeRecord
from embedseq.report.numbers import counted

Row = Mapping[str, Any]
"""A line of the summary: `embedseq.statistics.summary.Summary` with what measured it, and None for what is undefined."""
Nodes = Mapping[str, NodeRecord]

COMPARE: Mapping[str, tuple[str, Callable[[float, float], bool]]] = {
    "above": ("above", operator.gt),
    "below": ("below", operator.lt),
    "at_least": ("at least", operator.ge),
    "at_most": ("at most", operator.le),
}
NOT_RUN = {
    "cancelled": "the run was interrupted",
    "running": "the run has not come to its end",
    "pending": "the run has not come to it",
}


@dataclass(frozen=True)
class Outcome:
    """One expectation held against what was found."""

    sentence: str
    holds: bool
    """Never where nothing was found, or the score is undefined."""
    found: str
    ran: bool = True
    """Whether that which would have measured it ran: where it did not, the expectation says nothing about the models."""


def outcomes(
    pipeline: Pipeline, rows: Sequence[Row], folder: Path, nodes: Nodes, written: Collection[str] = ()
) -> Iterator[Outcome]:
    """Every expectation of the file, once for each subject and part that it speaks of.

    rows: the summary. nodes: what became of the stages of the run. Files in `written` are about to be.
    """
    for expectation in pipeline.spec.expect:
        if isinstance(expectation, FileExpectation):
            exists = expectation.file in written or (folder / expectation.file).is_file()
            yield Outcome(
                f"the run wrote {expectation.file}", exists, "it did" if exists else f"there is no such file in {folder}"
            )
        else:
            yield from _compared(pipeline, expectation, rows, nodes)


def _compared(
    pipeline: Pipeline, expectation: ScoreExpectation | ProbeExpectation, rows: Sequence[Row], nodes: Nodes
) -> Iterator[Outcome]:
    for chosen in _chosen(pipeline, expectation):
        subject = chosen.label if isinstance(chosen, Arm) else chosen
        measuring, summary = _measuring(pipeline, expectation, subject)
        scores = [row for row in rows if _speaks_of(row, expectation, subject) and row["role"] == "score"]
        for score in scores:
            yield _outcome(expectation, score, rows, len(measuring), _items(pipeline, expectation))
        if not scores:
            part = expectation.part or "" if isinstance(expectation, ProbeExpectation) else ""
            sentence = _sentence(expectation, expectation.score, subject, part)
            yield _unmeasured(sentence, measuring, summary, nodes)


def _chosen(pipeline: Pipeline, expectation: ScoreExpectation | ProbeExpectation) -> Iterator[Arm | str]:
    selector = expectation.of
    if selector is None and isinstance(expectation, ProbeExpectation):
        selector = pipeline.spec.probes[expectation.probe].of
    yield from pipeline.select(str(selector))


def _measuring(pipeline: Pipeline, expectation: ScoreExpectation | ProbeExpectation, subject: str) -> tuple[list[str], str]:
    """The stages that measure the score, one a seed, and the one that puts them together."""
    probe = expectation.probe if isinstance(expectation, ProbeExpectation) else None
    for group in measured_groups(pipeline):
        if group.subject == subject and (group.section == "models" if probe is None else group.name == probe):
            return list(group.nodes.values()), group.summary
    return [], ""


def _unmeasured(sentence: str, measuring: Sequence[str], summary: str, nodes: Nodes) -> Outcome:
    """The outcome where the stage `summary` has no such score, with the reason."""
    asked = [name for name in measuring if name in nodes] or measuring[:1]
    records = [(name, nodes.get(name)) for name in (*asked, summary)]
    for name, record in records:
        if record is not None and record.status == "failed":
            return Outcome(sentence, False, f"it was not measured: {name} failed: {record.message}")
    for name, record in records:
        if record is None:
            return Outcome(sentence, False, f"not run: the stage {name!r} was not asked for", ran=False)
        if record.status not in ("done", "cached"):
            return Outcome(sentence, False, f"not run: {NOT_RUN.get(record.status) or record.message}", ran=False)
    return Outcome(sentence, False, "it was not measured")


def _speaks_of(row: Row, expectation: ScoreExpectation | ProbeExpectation, subject: str) -> bool:
    if row["subject"] != subject or row["score"] != expectation.score:
        return False
    if isinstance(expectation, ScoreExpectation):
        return bool(row["section"] == "models")
    return row["name"] == expectation.probe and expectation.part in (None, row["part"])


def _sentence(expectation: Comparison, score: str, subject: str, part: str) -> str:
    name, bound = expectation.comparison
    against = f"its {bound}" if isinstance(bound, str) else f"{bound:g}"
    return f"{score} of {subject}{f' ({part})' if part else ''} is {COMPARE[name][0]} {against}"


def _outcome(expectation: Comparison, score: Row, rows: Sequence[Row], seeds: int, items: str) -> Outcome:
    """The outcome where there is a score. `seeds`: how many there should be. `items`: what it is counted over."""
    name, bound = expectation.comparison
    holds = COMPARE[name][1]
    sentence = _sentence(expectation, score["score"], score["subject"], score["part"])
    value = score["value"]
    if value is None:
        return Outcome(sentence, False, _undefined(score, items))
    some = f" over {score['seeds']} of {seeds} seeds" if score["seeds"] < seeds else ""
    if not isinstance(bound, str):
        return Outcome(sentence, holds(value, bound), f"{value:.4g}{some}")
    same = ("section", "name", "subject", "score", "part")
    others = [row for row in rows if row["role"] == bound and all(row[key] == score[key] for key in same)]
    if not others:
        return Outcome(sentence, False, f"{value:.4g}{some}, but no {bound} was measured")
    unknown = next((row for row in others if row["value"] is None), None)
    if unknown is not None:
        return Outcome(sentence, False, f"{value:.4g}{some}, but the {bound} {unknown['label']} is {_undefined(unknown, items)}")
    # The hardest one to be above is the best of them.
    best = (max if score["better"] == "higher" else min)(others, key=lambda row: float(row["value"]))
    return Outcome(sentence, holds(value, best["value"]), f"{value:.4g}{some} against {best['value']:.4g}, {best['label']}")


def _undefined(row: Row, items: str) -> str:
    """`undefined (0 word pairs)`."""
    return f"undefined ({row.get('problem') or counted(row['n'], items)})"


def _items(pipeline: Pipeline, expectation: ScoreExpectation | ProbeExpectation) -> str:
    """What the score is counted over."""
    if isinstance(expectation, ProbeExpectation):
        scores = scores_of(pipeline.spec.probes[expectation.probe])
        return next((score.items for score in scores if score.name == expectation.score), "items")
    return METRICS[expectation.score].items if expectation.score in METRICS else "items"
