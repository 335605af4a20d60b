"""Questions to a store: which runs there are, and what is near to a word. Loads no torch and no gensim."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from embedseq.embeddings.vectors import UnknownWordError
from embedseq.errors import Problems, RequestError
from embedseq.pipeline import runs
from embedseq.pipeline.run import REPORT, Run
from embedseq.pipeline.store import Store
from embedseq.pipeline.subjects import StoredSubject, chosen

Answers = dict[str, dict[str, list[tuple[str, float]] | None]]
"""Word -> set of vectors -> (neighbour, cosine), the nearest first; None where the word has no vector there."""


def similar(words: Sequence[str], run: Run, vectors: Sequence[str] = (), top: int = 10) -> Answers:
    """The nearest words in each set of vectors of a run.

    vectors: selectors; none means all embeddings, and the models whose vectors are their own. Words that no set knows raise
    Problems with near spellings of each such word.
    """
    tables = {label: run.vectors(subject) for label, subject in _subjects(run, vectors).items()}
    largest = max(tables.values(), key=len)
    unknown = [word for word in words if not any(word in table for table in tables.values())]
    if unknown:
        raise Problems([str(UnknownWordError(word, len(largest), largest.near_spellings(word))) for word in unknown])
    return {
        word: {
            label: [(near.word, near.similarity) for near in table.most_similar(word, top)] if word in table else None
            for label, table in tables.items()
        }
        for word in words
    }


def _subjects(run: Run, selectors: Sequence[str]) -> dict[str, StoredSubject]:
    """Label -> subject, with the seed in the label where a run has several; only what was made."""
    asked = [each for selector in selectors for each in chosen(selector, run.subjects)]
    if not selectors:
        asked = [each for each in run.subjects if each.has_own_vectors]
    made = [each for each in asked if run.artifact(each.node) is not None]
    several = len({each.seed for each in made}) > 1
    named = {f"{each.label}, seed {each.seed}" if several and each.seed is not None else each.label: each for each in made}
    if not named:
        raise RequestError(
            f"the run {run.name} has no vectors yet: its stages did not get so far (`embedseq report {run.name} --text`)"
        )
    return named


def list_runs(store: Path) -> list[dict[str, Any]]:
    """The runs of a store, the newest first: name, start, state, stages, report."""
    return [
        {
            "name": run.name,
            "started": datetime.fromtimestamp(run.started).strftime("%Y-%m-%d %H:%M:%S"),
            "state": run.status,
            "stages": len(run.nodes),
            "report": str(run.path / REPORT) if (run.path / REPORT).exists() else "",
        }
        for run in reversed(runs.all_runs(Store(store)))
    ]
