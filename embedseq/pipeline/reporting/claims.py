"""The verdicts of a run -> what the report says of each claim."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from embedseq.embeddings.settings import EmbeddingSettings, Word2VecSettings
from embedseq.pipeline.claims import Claim, claims_of
from embedseq.pipeline.file.matrix import as_text
from embedseq.pipeline.file.spec import ModelSettings
from embedseq.pipeline.keys import differences
from embedseq.pipeline.measured import handoffs_of
from embedseq.pipeline.node_names import claim_node
from embedseq.pipeline.reporting.probes import metric_of, scores_of
from embedseq.pipeline.reporting.scores import METRICS, Metric
from embedseq.pipeline.reporting.tuning import length_of
from embedseq.pipeline.run import Run
from embedseq.pipeline.stages.claim import paired_of
from embedseq.pipeline.verdicts import Judged, judged_claims
from embedseq.report import numbers
from embedseq.report.content import ClaimFacts
from embedseq.report.numbers import listed
from embedseq.training.tuning import grid_size

BUDGET = (
    "epochs",
    "max_updates",
    "batch_tokens",
    "accumulate",
    "lr",
    "warmup",
    "schedule",
    "plateau",
    "early_stopping",
    "average",
    "moving_average",
    "best_by",
    "max_time",
    "label_smoothing",
)
"""Settings of training that make one arm's budget another than the other's."""
NOT_TOLD = ("workers", "batch_words")
"""Settings of Word2Vec that say how the work is done, not what is learnt."""


def claim_facts(run: Run) -> Iterator[ClaimFacts]:
    """The claims of the file, in its order."""
    late = {each["name"] for each in run.record.content.get("claims", ()) if each["after_results"]}
    judged = {each.name: each for each in judged_claims(run)}
    for claim in claims_of(run.pipeline):
        notes = (*budget_notes(run, claim), *_sacrebleu_note(run, claim))
        yield _facts(run, claim, judged.get(claim.name), notes, claim.name in late)


def _facts(run: Run, claim: Claim, judged: Judged | None, notes: tuple[str, ...], late: bool) -> ClaimFacts:
    metric = _metric(run, claim)
    compared = _compared(claim, metric.name)
    if judged is None:
        node = run.record.nodes.get(claim_node(claim.name))
        reason = node.message if node is not None and node.message else "its stages did not run"
        return ClaimFacts(claim.name, claim.settings.says, compared, reason, family=claim.settings.family, notes=notes, late=late)
    verdict = judged.verdict
    contrast: Mapping[str, Any] = verdict["contrast"]
    return ClaimFacts(
        name=claim.name,
        says=claim.settings.says,
        compared=compared,
        reason=verdict["reason"],
        verdict=verdict["kind"],
        family=claim.settings.family,
        family_size=verdict["family"],
        effect=_times(contrast["effect"], metric.factor),
        low=_times(contrast["interval"]["low"], metric.factor),
        high=_times(contrast["interval"]["high"], metric.factor),
        p=verdict["p_adjusted"],
        n=contrast["n"],
        seeds=contrast["seeds"],
        smallest=_times(verdict["smallest"], metric.factor),
        score=metric.name,
        unit=metric.unit,
        about_training=verdict["scope"] == "training",
        late=late,
        notes=notes,
    )


def _metric(run: Run, claim: Claim) -> Metric:
    """How the score is called, and what an effect in it is counted in."""
    settings = claim.settings
    metric, of_probe = METRICS.get(settings.metric), ""
    if settings.probe is not None:
        scores = scores_of(run.pipeline.spec.probes[settings.probe])
        metric = metric_of(next(each for each in scores if each.name == settings.metric))
        of_probe = f" of the probe {settings.probe}"
    assert metric is not None  # the file was checked
    unit = "% points" if metric.unit == "%" else metric.unit
    if settings.trend is not None:
        over = "step" if settings.trend.over == "part" else f"unit of {settings.trend.over}"
        unit = f"{unit or metric.name} per {over}"
    return replace(metric, name=f"{metric.name}{of_probe}", unit=unit)


def _compared(claim: Claim, title: str) -> str:
    """What was held against what, in a sentence."""
    parts = dict.fromkeys(arm.part for arm in claim.arms)
    shared = next(iter(parts)) if len(parts) == 1 else None
    where = f", in {shared}" if shared else ""
    sliced = claim.settings.slice
    if sliced is not None:
        bounds = [f"more than {sliced.above}"] if sliced.above is not None else []
        bounds += [f"at most {sliced.at_most}"] if sliced.at_most is not None else []
        where += f", on sentences of {' and '.join(bounds)} {sliced.side} tokens"
    if claim.settings.trend is not None:
        labels = listed(list(dict.fromkeys(arm.label for arm in claim.arms)))
        over = "its parts" if claim.settings.trend.over == "part" else claim.settings.trend.over
        return f"{title}: a trend of {labels} over {over}{where}."
    named = [_named(arm.label, None if shared else arm.part, arm.role, arm.role_label) for arm in claim.arms]
    return f"{title}: {' against '.join(named)}{where}."


def _named(label: str, part: str | None, role: str, role_label: str | None) -> str:
    named = label if part is None else f"{label} ({part})"
    return named if role == "score" else f"the {role}{f' “{role_label}”' if role_label else ''} of {named}"


def budget_notes(run: Run, claim: Claim) -> Iterator[str]:
    """Where models were not trained alike, or not tuned by the same trials, or start from embeddings that were not."""
    models = {each.label for each in run.subjects if each.kind == "model"}
    labels = list(dict.fromkeys(arm.label for arm in claim.arms))
    budgets = {label: _budget(run.pipeline.arm(label).settings) for label in labels if label in models}
    if found := _first_difference(budgets):
        first, other, differing = found
        yield f"The arms had not the same budget: from {first} to {other}, {differing}."
    if limited := [label for label, budget in budgets.items() if budget["max_time"] is not None]:
        yield f"Trained against the clock, which no other run repeats: {listed(limited)}."
    if found := _first_difference(_word2vec({label: _tables(run, label, label in models) for label in labels})):
        first, other, differing = found
        yield f"From {first} to {other}, their embeddings were trained with: {differing}."


def _budget(settings: ModelSettings) -> dict[str, Any]:
    """What arms have to have alike; of what is tuned, the values that were tried."""
    train, tune = settings.train, settings.tune
    record = {**train.record(), "dropout": settings.dropout}
    budget = {name: record[name] for name in (*BUDGET, "dropout")}
    if tune is None:
        return {**budget, "trials": None, "length of a trial": None}
    tried = {name: f"the best of {', '.join(map(as_text, values))}" for name, values in tune.lists.items()}
    return {**budget, **tried, "trials": tune.trials or grid_size(tune), "length of a trial": length_of(tune, train)}


def _tables(run: Run, label: str, is_model: bool) -> dict[str, EmbeddingSettings]:
    """The embedding by the side that it is handed to; an embedding's own has no side."""
    names = {side: each.from_ for side, each in handoffs_of(run.pipeline.arm(label)).items()} if is_model else {"": label}
    return {side: run.pipeline.spec.embeddings[name] for side, name in names.items()}


def _word2vec(tables: Mapping[str, Mapping[str, EmbeddingSettings]]) -> dict[str, dict[str, Any]]:
    """Of the arms that start from vectors trained here: how these were trained, on the sides that have such in each of them."""
    trained = {
        label: {
            side: {name: value for name, value in each.record().items() if name not in NOT_TOLD}
            for side, each in sides.items()
            if isinstance(each, Word2VecSettings)
        }
        for label, sides in tables.items()
    }
    trained = {label: sides for label, sides in trained.items() if sides}
    shared = [side for side in next(iter(trained.values()), {}) if all(side in sides for sides in trained.values())]
    if len(shared) == 1:
        return {label: sides[shared[0]] for label, sides in trained.items()}
    return {label: {side: sides[side] for side in shared} for label, sides in trained.items()}


def _first_difference(of: Mapping[str, Mapping[str, Any]]) -> tuple[str, str, str] | None:
    """The first arm, the next that is not like it, and what differs (`epochs 20 -> 5`); None where all are alike."""
    labels = list(of)
    for label in labels[1:]:
        if differing := differences(of[labels[0]], of[label]):
            return labels[0], label, "; ".join(differing)
    return None


def _sacrebleu_note(run: Run, claim: Claim) -> Sequence[str]:
    """What sacrebleu's own test says of each seed's models, where it has one for the metric."""
    folder = run.artifact(claim_node(claim.name))
    found = None if folder is None else paired_of(folder)
    if not found:
        return []
    span = numbers.spread(found, lambda p: f"{p:.3f}")
    return [f"By sacrebleu's own paired test, {'of each seed' if len(found) > 1 else 'of this seed'} by itself: p {span}."]


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
