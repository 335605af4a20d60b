"""The verdicts of a run -> what the report says of each claim."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from embedseq.pipeline.claims import Claim, claims_of
from embedseq.pipeline.keys import differences
from embedseq.pipeline.node_names import claim_node
from embedseq.pipeline.reporting.probes import metric_of, scores_of
from embedseq.pipeline.reporting.scores import METRICS, Metric
from embedseq.pipeline.run import Run
from embedseq.pipeline.stages.claim import paired_of
from embedseq.pipeline.verdicts import Judged, judged_claims
from embedseq.report import numbers
from embedseq.report.content import ClaimFacts
from embedseq.report.numbers import listed

BUDGET = ("epochs", "batch_tokens", "lr", "warmup", "schedule", "early_stopping", "label_smoothing")
"""Settings of training that make one arm's budget another than the other's."""


def claim_facts(run: Run) -> Iterator[ClaimFacts]:
    """The claims of the file, in its order."""
    late = {each["name"] for each in run.record.content.get("claims", ()) if each["after_results"]}
    judged = {each.name: each for each in judged_claims(run)}
    for claim in claims_of(run.pipeline):
        notes = (*_budget_note(run, claim), *_sacrebleu_note(run, claim))
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
        tested=verdict["family"],
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
    where = f", in {claim.settings.part}" if claim.settings.part else ""
    sliced = claim.settings.slice
    if sliced is not None:
        bounds = [f"more than {sliced.above}"] if sliced.above is not None else []
        bounds += [f"at most {sliced.at_most}"] if sliced.at_most is not None else []
        where += f", on sentences of {' and '.join(bounds)} {sliced.side} tokens"
    if claim.settings.trend is not None:
        labels = listed(list(dict.fromkeys(arm.label for arm in claim.arms)))
        over = "its parts" if claim.settings.trend.over == "part" else claim.settings.trend.over
        return f"{title}: a trend of {labels} over {over}{where}."
    first, second = (
        _named(arm.label, arm.part if claim.settings.part is None else None, arm.role, arm.role_label) for arm in claim.arms
    )
    return f"{title}: {first} against {second}{where}."


def _named(label: str, part: str | None, role: str, role_label: str | None) -> str:
    named = label if part is None else f"{label} ({part})"
    return named if role == "score" else f"the {role}{f' “{role_label}”' if role_label else ''} of {named}"


def _budget_note(run: Run, claim: Claim) -> Sequence[str]:
    """A note where models were not trained on the same budget. Nobody's settings were tuned: the file says them all."""
    models = {each.label for each in run.subjects if each.kind == "model"}
    labels = list(dict.fromkeys(arm.label for arm in claim.arms if arm.label in models))
    budgets = [
        {name: value for name, value in run.pipeline.arm(label).settings.train.record().items() if name in BUDGET}
        for label in labels
    ]
    for label, budget in zip(labels[1:], budgets[1:], strict=True):
        if differing := differences(budgets[0], budget):
            return [f"The arms had not the same budget: from {labels[0]} to {label}, {'; '.join(differing)}."]
    return []


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
