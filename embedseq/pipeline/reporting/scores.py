"""Lines of the summary -> the report's tables of scores."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from embedseq.models.settings import Kind
from embedseq.pipeline.reporting.yardsticks import ScoredModel
from embedseq.report.content import Lead, Reference, ScoreRow, ScoreTable
from embedseq.report.groups import grouped, telling_apart
from embedseq.report.score_tables import heading

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


NUMBERED_LAYER = re.compile(r"^layer (\d+)$")
"""The name of a layer whose column says that it is one."""
METRICS: Mapping[str, Metric] = {
    "bleu": Metric("BLEU", note="Cased, on detokenised text."),
    "bleu-lc": Metric("BLEU, lower-cased", note="Both sides lower-cased, on detokenised text."),
    "chrf": Metric("chrF"),
    "rouge-1": Metric("ROUGE-1", note="F1 of the words, lower-cased, not stemmed."),
    "rouge-2": Metric("ROUGE-2", note="F1 of the pairs of neighbouring words, lower-cased, not stemmed."),
    "rouge-l": Metric("ROUGE-L", note="F1 of the longest common subsequence of words, lower-cased, not stemmed."),
    "exact-match": Metric("exact match", "%", 100.0, note="The share of outputs that are a reference to the letter."),
    "accuracy": Metric("accuracy", "%", 100.0),
    "macro-f1": Metric("macro F1", "%", 100.0, note="The mean of the labels' F1; each label weighs the same."),
    "unknown-accuracy": Metric("accuracy on unknown words", "%", 100.0, note="Of the words that the training split lacks."),
    "perplexity": Metric("perplexity", note="Per token; it compares models with the same tokens only."),
    "word-perplexity": Metric(
        "perplexity per word",
        note="Per word and end of text, however words are cut into tokens: it compares all models of this text.",
    ),
    "loss": Metric("loss", "nats per token"),
}
LOSSES: Mapping[Kind, str] = {
    "encoder-decoder": "Cross-entropy of the test split's true targets, teacher-forced; its exponential is the perplexity.",
    "language-model": "Cross-entropy of the test split's tokens, each after the true ones before it.",
    "masked-language-model": "Cross-entropy of the tokens that are hidden in the test split.",
    "tagger": "Cross-entropy of the test split's true labels.",
    "classifier": "Cross-entropy of the test split's true labels.",
}
"""What the loss is."""
HIDDEN = "Of the tokens that are hidden in the test split, the same ones for all models."
"""What the scores of masked language models are of."""


def model_tables(rows: Sequence[Row], models: Sequence[ScoredModel]) -> Iterator[ScoreTable]:
    """A table for each score of the models on the test split, apart for models that cannot be compared by it.

    Models of one task stand together, and their loss stands last.
    """
    of_models = [row for row in rows if row["section"] == "models"]
    names = dict.fromkeys(row["score"] for row in of_models)
    for task in grouped(models, lambda model: model.facts.truth):
        for score in sorted(names, key=lambda name: name == "loss"):
            for group, ending in _told_apart(models, score):
                if group[0] in task:
                    yield from _model_table(of_models, score, group, ending)


def _model_table(rows: Sequence[Row], score: str, group: Sequence[ScoredModel], ending: str) -> Iterator[ScoreTable]:
    """The table of models that may be compared; none where they have no such score."""
    labels = [model.facts.label for model in group]
    chosen = [row for row in rows if row["score"] == score and row["subject"] in labels]
    if chosen:
        table = table_of(chosen, _metric(score, group[0]), "models")
        asked = (model.facts.label for model in group if score == "loss" or score in model.metrics)
        yield replace(table, title=f"{heading(table)}{ending}" if ending else "", expected=tuple(asked))


def _told_apart(models: Sequence[ScoredModel], score: str) -> list[tuple[tuple[ScoredModel, ...], str]]:
    """The models in groups of those that may be compared by a score, with what tells each group's title from the others'."""
    groups = grouped(models, lambda model: model.yardstick(score))
    endings = telling_apart([[model.facts for model in group] for group in groups], [model.facts for model in models])
    return list(zip(groups, endings, strict=True))


def _metric(score: str, model: ScoredModel) -> Metric:
    """How a score of models like this one is shown."""
    metric = METRICS[score]
    if score == "loss":
        items = "pairs" if model.kind == "encoder-decoder" and model.items == "sentences" else model.items
        return replace(metric, unit=f"nats per {model.facts.answers.removesuffix('s')}", items=items, note=LOSSES[model.kind])
    note = HIDDEN if model.kind == "masked-language-model" else metric.note
    return replace(metric, items=model.items, note=note)


def table_of(
    rows: Sequence[Row],
    metric: Metric,
    subjects: Literal["models", "vectors"],
    *,
    title: str = "",
    part_name: str = "",
) -> ScoreTable:
    """Lines of one score as a table; their parts are shown where they have a name."""
    own = [row for row in rows if row["role"] == "score"]
    like = (own or rows)[0]
    return ScoreTable(
        metric=metric.name,
        rows=tuple(_score_row(row, rows, metric.factor, bool(part_name)) for row in own),
        title=title,
        unit=metric.unit,
        better=like["better"],
        items=metric.items,
        subjects=subjects,
        part_name=part_name or "part",
        level=like["level"],
        note=metric.note,
    )


def _score_row(row: Row, rows: Sequence[Row], factor: float, show_part: bool) -> ScoreRow:
    same = [
        other for other in rows if (other["subject"], other["part"], other["name"]) == (row["subject"], row["part"], row["name"])
    ]
    return ScoreRow(
        subject=row["subject"],
        value=_times(row["value"], factor),
        low=_times(row["low"], factor),
        high=_times(row["high"], factor),
        n=row["n"],
        seeds=len(row["per_seed"]),
        coverage=row["coverage"],
        baselines=tuple(reference_of(other, factor) for other in same if other["role"] == "baseline"),
        controls=tuple(reference_of(other, factor) for other in same if other["role"] == "control"),
        signature=row["signature"],
        part=NUMBERED_LAYER.sub(r"\1", row["part"]) if show_part else "",
        per_seed=tuple(_times(value, factor) for value in row["per_seed"]),
        problem=row.get("problem", ""),
    )


def reference_of(row: Row, factor: float) -> Reference:
    """The line of a baseline or a control, taken into its score's unit."""
    value, low, high = (_times(row[name], factor) for name in ("value", "low", "high"))
    return Reference(row["label"], value, low, high, _lead(row, factor))


def _lead(row: Row, factor: float) -> Lead | None:
    """How far the score is above the row of a baseline or a control, where that is known with its interval."""
    difference = row.get("difference") or {}
    value, low, high = (_times(difference.get(name), factor) for name in ("value", "low", "high"))
    return None if value is None or low is None or high is None else Lead(value, low, high)


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
