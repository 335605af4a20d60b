"""How far a score is above what it is held against: from the summary's lines to the report's references."""

from typing import Any

import pytest

from embedseq.pipeline.reporting.probes import Probed, probe_facts
from embedseq.probes.registry import probes
from embedseq.report.content import Lead, Reference


def line(role: str, value: float, **more: Any) -> dict[str, Any]:
    """A line of the summary about Spearman's rho on one set of word pairs."""
    return {
        "section": "probes",
        "name": "similarity",
        "subject": "skipgram",
        "score": "rho",
        "part": "wordsim353",
        "role": role,
        "label": "" if role == "score" else "shuffled",
        "value": value,
        "low": value - 0.1,
        "high": value + 0.1,
        "per_seed": [value],
        "n": 30,
        "coverage": 1.0,
        "level": 0.95,
        "better": "higher",
        "signature": "",
        **more,
    }


def reference(**more: Any) -> Reference:
    probe = Probed("similarity", probes()["word-similarity"].settings.from_record({"kind": "word-similarity"}))
    (facts,) = probe_facts([line("score", 0.5), line("baseline", 0.4, **more)], [probe])
    (found,) = facts.tables[0].rows[0].baselines
    return found


def test_a_reference_tells_how_far_the_score_is_above_it() -> None:
    found = reference(difference={"high": 0.15, "low": 0.05, "value": 0.1})
    assert (found.label, found.value) == ("shuffled", 0.4)
    assert found.lead == Lead(0.1, 0.05, 0.15)


@pytest.mark.parametrize("more", [{}, {"difference": None}, {"difference": {"value": 0.1, "low": None, "high": None}}])
def test_without_an_interval_there_is_no_lead(more: dict[str, Any]) -> None:
    assert reference(**more).lead is None
