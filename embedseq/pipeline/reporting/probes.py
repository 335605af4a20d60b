"""Lines of the summary -> what the report says of each probe: what it asks and how, and a table for each of its scores."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from embedseq.pipeline.reporting.scores import METRICS, Metric, Row, reference_of, table_of
from embedseq.pipeline.reporting.yardsticks import ScoredModel
from embedseq.probes.probe import ProbeAbout, ProbeSettings, Score
from embedseq.probes.registry import probe_of
from embedseq.report.content import AlsoFound, DriftBand, DriftFacts, ProbeFacts, ScoreTable
from embedseq.report.groups import grouped, telling_apart

SETS = {"wordsim353": "WordSim-353", "simlex999": "SimLex-999"}
"""How sets of words are called."""
SAID_ELSEWHERE = ("kind", "of")
Details = Mapping[str, Mapping[str, Any]]
"""Subject -> what a probe found of it beside its scores, the first seed's."""


@dataclass(frozen=True)
class Probed:
    """A probe of the file, and the models that it looks at; none where it looks at vectors."""

    name: str
    settings: ProbeSettings
    models: Sequence[ScoredModel] = ()

    @property
    def about(self) -> ProbeAbout:
        """What the probe says of itself."""
        return probe_of(self.settings).about

    @property
    def own_texts(self) -> bool:
        """Whether each model reads texts of its own."""
        return not getattr(self.settings, "data", None)


def probe_facts(
    rows: Sequence[Row], probes: Sequence[Probed], details: Mapping[str, Details] = MappingProxyType({})
) -> Iterator[ProbeFacts]:
    """Every probe that has scores and found something; how far tuning moved vectors is told apart (`drift_facts`).

    details: by the name of the probe.
    """
    for probe in probes:
        about = probe.about
        if about.compares_with_before or not scores_of(probe.settings):
            continue
        own = [row for row in rows if row["section"] == "probes" and row["name"] == probe.name]
        tables, also = tuple(_tables(own, probe)), details.get(probe.name, {})
        if tables or any(also.values()):
            yield ProbeFacts(
                name=probe.name,
                kind=about.name,
                level=about.level,
                question=about.question,
                equation=about.equation,
                paper=about.paper,
                control=about.control,
                statistic=about.statistic,
                settings=_settings_in_words(probe.settings),
                tables=tables,
                also=tuple(AlsoFound(subject, found) for subject, found in also.items()),
                notes=tuple(_width_notes(also, about.describes)),
            )


def _width_notes(details: Details, describes: bool) -> Iterator[str]:
    """A note where states differ in width, within a model or between models."""
    widths = sorted({width for found in details.values() for width in found.get("widths", {}).values()}, reverse=True)
    if len(widths) > 1:
        how = (
            "compare within a width"
            if describes
            else "numbers of wider ones are favoured; compare within a width, or set `width`"
        )
        yield f"The states differ in width ({', '.join(map(str, widths))}): {how}."


def scores_of(settings: ProbeSettings) -> tuple[Score, ...]:
    """The scores of a probe; one that looks at parts of an evaluation has the metric that it was asked for."""
    about = probe_of(settings).about
    if about.reads != "scores":
        return about.scores
    metric = METRICS[settings.score]  # type: ignore[attr-defined]
    return (Score(settings.score, metric.name, metric.unit, metric.factor, metric.items, note=metric.note),)  # type: ignore[attr-defined]


def _tables(rows: Sequence[Row], probe: Probed) -> Iterator[ScoreTable]:
    tables = _vector_tables(rows, probe) if probe.about.reads == "vectors" else _state_tables(rows, probe)
    for table in tables:
        better = "neither" if probe.about.describes else table.better
        yield replace(table, probe=probe.name, better=better, ordered=probe.about.ordered)


def _vector_tables(rows: Sequence[Row], probe: Probed) -> Iterator[ScoreTable]:
    """A table for each score of each set of words, or for each score, with a column that tells parts apart."""
    for score in scores_of(probe.settings):
        chosen = [row for row in rows if row["score"] == score.name]
        if probe.about.part == "set":
            for part in dict.fromkeys(row["part"] for row in chosen):
                one = [row for row in chosen if row["part"] == part]
                yield table_of(one, metric_of(score), "vectors", title=_title_of_set(probe, score, part))
        elif chosen:
            yield table_of(chosen, metric_of(score), "vectors", title=_title(probe, score), part_name=probe.about.part)


def _state_tables(rows: Sequence[Row], probe: Probed) -> Iterator[ScoreTable]:
    """A table for each score, apart for models that read different texts, where each reads its own."""
    apart = grouped(probe.models, lambda model: model.read) if probe.own_texts else [tuple(probe.models)]
    endings = telling_apart([[model.facts for model in group] for group in apart], [each.facts for each in probe.models])
    for score in scores_of(probe.settings):
        for group, ending in zip(apart, endings, strict=True):
            labels = [model.facts.label for model in group]
            if chosen := [row for row in rows if row["score"] == score.name and row["subject"] in labels]:
                title = f"{_title(probe, score)}{ending}"
                table = table_of(chosen, metric_of(score), "models", title=title, part_name=probe.about.part)
                yield replace(table, expected=tuple(labels))


def drift_facts(
    rows: Sequence[Row], probes: Sequence[Probed], moved: Mapping[str, Sequence[tuple[str, float]]]
) -> Iterator[DriftFacts]:
    """The drift of each arm by frequency band; `moved` names each arm's most moved words."""
    names = {probe.name for probe in probes if probe.about.compares_with_before}
    of_drift = [row for row in rows if row["name"] in names]
    for subject in dict.fromkeys(row["subject"] for row in of_drift):
        own = [row for row in of_drift if row["subject"] == subject]
        bands = [row for row in own if row["role"] == "score" and row["part"]]
        if bands:
            control = next((row for row in own if row["role"] == "control"), None)
            yield DriftFacts(
                arm=subject,
                bands=tuple(_drift_band(row, own) for row in bands),
                control=None if control is None else replace(_drift_band(control, ()), label=control["label"]),
                moved=tuple(moved.get(subject, ())),
                seeds=len(bands[0]["per_seed"]),
                level=bands[0]["level"],
            )


def _drift_band(row: Row, own: Sequence[Row]) -> DriftBand:
    held = [other for other in own if other["role"] == "baseline" and other["part"] == row["part"]]
    baselines = tuple(reference_of(other, 1.0) for other in held)
    return DriftBand(row["part"], row["value"], row["low"], row["high"], row["n"], row.get("problem", ""), baselines)


def metric_of(score: Score) -> Metric:
    """How a score of a probe is shown."""
    return Metric(score.title or score.name.replace("-", " "), score.unit, score.factor, score.items, score.note)


def _title(probe: Probed, score: Score) -> str:
    return f"{_capital(metric_of(score).name)} of the probe {probe.name}"


def _title_of_set(probe: Probed, score: Score, part: str) -> str:
    """The set's own name for the probe's first score; further scores are named."""
    called = SETS.get(part, part)
    return called if score.name == probe.about.scores[0].name else f"{called}: {metric_of(score).name}"


def _capital(text: str) -> str:
    first = text.partition(" ")[0]
    return text[:1].upper() + text[1:] if first.islower() else text


def _settings_in_words(settings: ProbeSettings) -> str:
    """The settings that a file had to give, or that are not as they are unless told."""
    told = []
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if name not in SAID_ELSEWHERE and (field.is_required() or value != field.get_default(call_default_factory=True)):
            told.append(f"{name} {_in_words(value)}")
    return ", ".join(told)


def _in_words(value: object) -> str:
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
