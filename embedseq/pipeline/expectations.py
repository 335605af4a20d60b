"""The `expect` section: plain assertions on the scores and files of a run."""

import operator
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedseq.pipeline.file import Arm, Pipeline
from embedseq.pipeline.file.spec import Comparison, FileExpectation, ProbeExpectation, ScoreExpectation

Row = Mapping[str, Any]
"""A line of the summary: `embedseq.statistics.summary.Summary` with the section and the name of what measured it."""

COMPARE: Mapping[str, tuple[str, Callable[[float, float], bool]]] = {
    "above": ("above", operator.gt),
    "below": ("below", operator.lt),
    "at_least": ("at least", operator.ge),
    "at_most": ("at most", operator.le),
}


@dataclass(frozen=True)
class Outcome:
    """One expectation held against what was found."""

    sentence: str
    holds: bool
    found: str


def outcomes(pipeline: Pipeline, rows: Sequence[Row], folder: Path, written: Collection[str] = ()) -> Iterator[Outcome]:
    """Every expectation of the file, once for each subject and part that it speaks of; files in `written` are about to be."""
    for expectation in pipeline.spec.expect:
        if isinstance(expectation, FileExpectation):
            exists = expectation.file in written or (folder / expectation.file).is_file()
            yield Outcome(
                f"the run wrote {expectation.file}", exists, "it did" if exists else f"there is no such file in {folder}"
            )
        else:
            yield from _compared(pipeline, expectation, rows)


def _compared(pipeline: Pipeline, expectation: ScoreExpectation | ProbeExpectation, rows: Sequence[Row]) -> Iterator[Outcome]:
    for subject in _subjects(pipeline, expectation):
        scores = [row for row in rows if _speaks_of(row, expectation, subject) and row["role"] == "score"]
        for score in scores:
            yield _outcome(expectation, score, rows)
        if not scores:
            yield Outcome(f"{expectation.score} of {subject}", False, "it was not measured")


def _subjects(pipeline: Pipeline, expectation: ScoreExpectation | ProbeExpectation) -> list[str]:
    selector = expectation.of
    if selector is None and isinstance(expectation, ProbeExpectation):
        selector = pipeline.spec.probes[expectation.probe].of
    return [chosen.label if isinstance(chosen, Arm) else chosen for chosen in pipeline.select(str(selector))]


def _speaks_of(row: Row, expectation: ScoreExpectation | ProbeExpectation, subject: str) -> bool:
    if row["subject"] != subject or row["score"] != expectation.score:
        return False
    if isinstance(expectation, ScoreExpectation):
        return bool(row["section"] == "models")
    return row["name"] == expectation.probe and expectation.part in (None, row["part"])


def _outcome(expectation: Comparison, score: Row, rows: Sequence[Row]) -> Outcome:
    name, bound = expectation.comparison
    words, holds = COMPARE[name]
    part = f" ({score['part']})" if score["part"] else ""
    value = score["value"]
    if not isinstance(bound, str):
        return Outcome(f"{score['score']} of {score['subject']}{part} is {words} {bound:g}", holds(value, bound), f"{value:.4g}")
    sentence = f"{score['score']} of {score['subject']}{part} is {words} its {bound}"
    same = ("section", "name", "subject", "score", "part")
    others = [row for row in rows if row["role"] == bound and all(row[key] == score[key] for key in same)]
    if not others:
        return Outcome(sentence, False, f"{value:.4g}, but no {bound} was measured")
    # The hardest one to be above is the best of them.
    best = (max if score["better"] == "higher" else min)(others, key=lambda row: float(row["value"]))
    return Outcome(sentence, holds(value, best["value"]), f"{value:.4g} against {best['value']:.4g}, {best['label']}")
