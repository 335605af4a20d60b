"""Questions to a store: which runs there are, and what is near to a word. Loads no torch and no gensim."""

from collections.abc import Sequence
from datetime import datetime
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from embedseq.embeddings.vectors import UnknownWordError, Vectors
from embedseq.errors import Problems, RequestError
from embedseq.pipeline import runs
from embedseq.pipeline.indexes import Say
from embedseq.pipeline.run import REPORT, Run
from embedseq.pipeline.store import Store
from embedseq.pipeline.subjects import chosen
from embedseq.pipeline.tuned import chosen_values

NEAR = 3

Answers = dict[str, dict[str, list[tuple[str, float]] | None]]
"""Word -> set of vectors -> (neighbour, cosine), the nearest first; None where the word has no vector there."""


def similar(
    words: Sequence[str],
    run: Run,
    vectors: Sequence[str] = (),
    top: int = 10,
    seed: int | None = None,
    index: Say | None = None,
) -> Answers:
    """The nearest words in each set of vectors of a run.

    vectors: selectors; none means all embeddings, and those sides of the models that learned or tuned vectors. seed: which seed's
    vectors; none means the first. index: search through an index, and tell this what is built and where none is used.
    Words that no set knows raise Problems with near spellings of each from all the sets.
    """
    tables = _tables(run, vectors, seed, index)
    unknown = [word for word in words if not any(word in table for table in tables.values())]
    if unknown:
        raise Problems([str(_unknown(word, list(tables.values()))) for word in unknown])
    found = {name: _answered(table, [word for word in words if word in table], top) for name, table in tables.items()}
    return {word: {name: answers.get(word) for name, answers in found.items()} for word in words}


def _answered(table: Vectors, words: Sequence[str], top: int) -> dict[str, list[tuple[str, float]]]:
    """The nearest words of each of `words`, all of which the table has."""
    lists = table.most_similar_to_each(words, top)
    return {word: [(near.word, near.similarity) for near in found] for word, found in zip(words, lists, strict=True)}


def _tables(run: Run, selectors: Sequence[str], seed: int | None, index: Say | None) -> dict[str, Vectors]:
    """Name -> vectors, of what was asked for and was made."""
    if seed is not None and seed not in run.seeds:
        raise RequestError(f"the run {run.name} has no seed {seed}; it has {', '.join(map(str, run.seeds))}")
    asked = [(each, side) for selector in selectors for each in chosen(selector, run.subjects) for side in each.vectors]
    if not selectors:
        asked = [(each, side) for each in run.subjects for side in each.own]
    wanted = (None, run.seeds[0] if seed is None else seed)
    made = [(each, side) for each, side in asked if each.seed in wanted and run.artifact(each.node) is not None]
    if not made:
        raise RequestError(
            f"the run {run.name} has no such vectors: its stages did not get so far (`embedseq report {run.name} --text`)"
        )
    return {each.table_name(side): run.vectors(each, side, index) for each, side in made}


def _unknown(word: str, tables: Sequence[Vectors]) -> UnknownWordError:
    """The error for a word that no table knows, with the best near spellings of all of them."""
    near = {spelling: None for table in tables for spelling in table.near_spellings(word)}
    best = sorted(near, key=lambda spelling: -SequenceMatcher(None, word, spelling).ratio())[:NEAR]
    return UnknownWordError(word, max(map(len, tables)), best)


def list_runs(store: Path) -> list[dict[str, Any]]:
    """The runs of a store, the newest first: name, start, state, stages, report, and what was chosen for tuned models."""
    home = Store(store)
    return [
        {
            "name": run.name,
            "started": datetime.fromtimestamp(run.started).strftime("%Y-%m-%d %H:%M:%S"),
            "state": run.status,
            "stages": len(run.nodes),
            "report": str(run.path / REPORT) if (run.path / REPORT).exists() else "",
            "chosen": chosen_values(run, home),
        }
        for run in reversed(runs.all_runs(home))
    ]
