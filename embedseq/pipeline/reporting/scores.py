"""Lines of the summary -> the report's tables of scores."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from embedseq.report.content import DriftBand, DriftFacts, Reference, ScoreRow, ScoreTable

Row = Mapping[str, Any]
"""A line of the summary; a number that is undefined is None."""


@dataclass(frozen=True)
class Metric:
    """How a score is shown: `factor` takes it into its unit."""

    name: str
    unit: str = ""
    factor: float = 1.0
    items: str = "sentences"
    note: str = ""


METRICS: Mapping[str, Metric] = {
    "bleu": Metric("BLEU", note="Cased, on detokenised text."),
    "bleu-lc": Metric("BLEU, lower-cased", note="Both sides lower-cased, on detokenised text."),
    "chrf": Metric("chrF"),
    "accuracy": Metric("accuracy", "%", 100.0),
    "macro-f1": Metric("macro F1", "%", 100.0, note="The mean of the labels' F1; each label weighs the same."),
    "loss": Metric(
        "loss",
        "nats per token",
        items="pairs",
        note="Cross-entropy of the test split's true targets, teacher-forced; its exponential is the perplexity.",
    ),
    "rho": Metric("Spearman's ρ", items="word pairs"),
    "selectivity": Metric(
        "selectivity", "% points", 100.0, "words", "Accuracy less the accuracy on the control task (Hewitt and Liang 2019)."
    ),
    "drift": Metric("drift", items="words"),
}
SETS = {"wordsim353": "WordSim-353", "simlex999": "SimLex-999"}


def model_tables(rows: Sequence[Row]) -> Iterator[ScoreTable]:
    """One table for each score of the models on the test split; the loss stands last."""
    of_models = [row for row in rows if row["section"] == "models"]
    names = dict.fromkeys(row["score"] for row in of_models)
    for score in sorted(names, key=lambda name: name == "loss"):
        yield _table([row for row in of_models if row["score"] == score], score, "models")


def similarity_tables(rows: Sequence[Row]) -> Iterator[ScoreTable]:
    """One table for each set of word pairs."""
    of_pairs = [row for row in rows if row["score"] == "rho"]
    for part in dict.fromkeys(row["part"] for row in of_pairs):
        chosen = [row for row in of_pairs if row["part"] == part]
        yield _table(chosen, "rho", "vectors", title=SETS.get(part, part), show_part=False)


def probe_tables(rows: Sequence[Row]) -> Iterator[ScoreTable]:
    """One table for each score of each classifier probe."""
    of_probes = [row for row in rows if row["section"] == "probes" and row["score"] in ("accuracy", "selectivity")]
    for name, score in dict.fromkeys((row["name"], row["score"]) for row in of_probes):
        chosen = [row for row in of_probes if (row["name"], row["score"]) == (name, score)]
        of_probe = METRICS[score].name.capitalize()
        yield _table(chosen, score, "models", title=f"{of_probe} of the probe {name}", items="words")


def drift_facts(rows: Sequence[Row], moved: Mapping[str, Sequence[tuple[str, float]]]) -> Iterator[DriftFacts]:
    """The drift of each arm by frequency band; `moved` names each arm's most moved words."""
    of_drift = [row for row in rows if row["score"] == "drift" and row["role"] == "score" and row["part"]]
    for subject in dict.fromkeys(row["subject"] for row in of_drift):
        bands = [row for row in of_drift if row["subject"] == subject]
        yield DriftFacts(
            arm=subject,
            bands=tuple(_drift_band(row) for row in bands),
            moved=tuple(moved.get(subject, ())),
            seeds=len(bands[0]["per_seed"]),
            level=bands[0]["level"],
        )


def _drift_band(row: Row) -> DriftBand:
    return DriftBand(row["part"], row["value"], row["low"], row["high"], row["n"], row.get("problem", ""))


def _table(
    rows: Sequence[Row],
    score: str,
    subjects: Literal["models", "vectors"],
    *,
    title: str = "",
    items: str | None = None,
    show_part: bool = True,
) -> ScoreTable:
    metric = METRICS[score]
    own = [row for row in rows if row["role"] == "score"]
    like = (own or rows)[0]
    return ScoreTable(
        metric=metric.name,
        rows=tuple(_score_row(row, rows, metric.factor, show_part) for row in own),
        title=title,
        unit=metric.unit,
        better=like["better"],
        items=items or metric.items,
        subjects=subjects,
        part_name="layer",
        level=like["level"],
        note=metric.note,
    )


def _score_row(row: Row, rows: Sequence[Row], factor: float, show_part: bool) -> ScoreRow:
    same = [
        other for other in rows if (other["subject"], other["part"], other["name"]) == (row["subject"], row["part"], row["name"])
    ]
    controls = [_reference(other, factor) for other in same if other["role"] == "control"]
    return ScoreRow(
        subject=row["subject"],
        value=_times(row["value"], factor),
        low=_times(row["low"], factor),
        high=_times(row["high"], factor),
        n=row["n"],
        seeds=len(row["per_seed"]),
        coverage=row["coverage"],
        baselines=tuple(_reference(other, factor) for other in same if other["role"] == "baseline"),
        control=controls[0] if controls else None,
        signature=row["signature"],
        part=row["part"].removeprefix("layer ") if show_part else "",
        per_seed=tuple(_times(value, factor) for value in row["per_seed"]),
        problem=row.get("problem", ""),
    )


def _reference(row: Row, factor: float) -> Reference:
    return Reference(row["label"], _times(row["value"], factor), _times(row["low"], factor), _times(row["high"], factor))


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
