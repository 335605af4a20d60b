"""The claims of a pipeline file: which arms each is about, which stages measure them, and the stages that judge."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from embedseq.pipeline.file import Pipeline
from embedseq.pipeline.file.claim_settings import ClaimArm, ClaimSettings
from embedseq.pipeline.file.kinds import kind_of
from embedseq.pipeline.file.measured import subjects
from embedseq.pipeline.file.selectors import select
from embedseq.pipeline.measured import measured_groups
from embedseq.pipeline.node_names import claim_node, text_node, tokens_node, verdicts_node
from embedseq.pipeline.stage import Node

OF_SACREBLEU = ("bleu", "bleu-lc", "chrf")
"""Metrics for which sacrebleu has a paired test of its own."""


@dataclass(frozen=True)
class JudgedArm:
    """One arm of a claim."""

    label: str
    part: str | None
    role: str
    role_label: str | None
    x: float | None
    """The number of a trend; None in a contrast, and where the name of each part has it."""
    nodes: Mapping[int, str]
    """Seed -> the stage that measures it."""


@dataclass(frozen=True)
class Claim:
    """A claim with its arms; the better one first."""

    name: str
    settings: ClaimSettings
    arms: tuple[JudgedArm, ...]


def claims_of(pipeline: Pipeline) -> Iterator[Claim]:
    """The claims of a file, in its order."""
    for name, settings in pipeline.spec.claims.items():
        yield Claim(name, settings, tuple(_arms(pipeline, settings)))


def claim_nodes(pipeline: Pipeline) -> Iterator[Node]:
    """A node for each claim, and one for each family that corrects and judges."""
    families: dict[str, list[Claim]] = {}
    for claim in claims_of(pipeline):
        families.setdefault(claim.settings.family, []).append(claim)
        yield _contrast(pipeline, claim)
    for family, claims in families.items():
        yield Node(
            id=verdicts_node(family),
            kind="verdicts",
            spec={"smallest": {str(number): claim.settings.smallest for number, claim in enumerate(claims)}},
            inputs={str(number): claim_node(claim.name) for number, claim in enumerate(claims)},
            execution={"family": family},
            tolerant=True,
        )


def _contrast(pipeline: Pipeline, claim: Claim) -> Node:
    settings = claim.settings
    inputs = {
        f"{number}.{place}": arm.nodes[seed]
        for number, arm in enumerate(claim.arms)
        for place, seed in enumerate(sorted(arm.nodes))
    }
    if settings.slice is not None:
        arm = pipeline.arm(claim.arms[0].label)
        inputs["tokens"] = tokens_node(arm.settings.data)
    truths = _truths(pipeline, claim)
    whole = settings.probe is None and settings.trend is None and settings.slice is None
    if whole and settings.metric in OF_SACREBLEU:
        inputs["references"] = text_node(pipeline.arm(claim.arms[0].label).settings.data)
    for place, corpus in enumerate(truths):
        inputs[f"text.{place}"] = text_node(corpus)
        inputs[f"tokens.{place}"] = tokens_node(corpus)
    return Node(
        id=claim_node(claim.name),
        kind="claim",
        spec={
            "score": settings.metric,
            "arms": [{"part": arm.part, "role": arm.role, "label": arm.role_label, "x": arm.x} for arm in claim.arms],
            "direction": None if settings.trend is None else settings.trend.direction,
            "slice": None if settings.slice is None else settings.slice.record(),
            "truths": list(truths.values()),
        },
        inputs=inputs,
        execution={"labels": [arm.label for arm in claim.arms]},
    )


def _truths(pipeline: Pipeline, claim: Claim) -> dict[str, str]:
    """Where models read different corpora: each of these, with the side that its models are scored on."""
    if claim.settings.probe is not None:
        return {}
    found: dict[str, str] = {}
    for arm in (pipeline.arm(each.label) for each in claim.arms):
        kind = kind_of(arm.settings, pipeline.spec.data[arm.settings.data])
        found[arm.settings.data] = "source" if kind in ("language-model", "masked-language-model") else "target"
    return found if len(found) > 1 else {}


def _arms(pipeline: Pipeline, settings: ClaimSettings) -> Iterator[JudgedArm]:
    measuring = _measuring(pipeline, settings)
    among = [each for each in subjects(pipeline.spec.embeddings.items(), pipeline.arms) if each.label in measuring]
    if (trend := settings.trend) is not None:
        for subject in select(trend.of, among):
            x = None if trend.over == "part" else float(subject.fields[trend.over])
            yield JudgedArm(subject.label, settings.part, "score", None, x, measuring[subject.label])
        return
    for side in (settings.better, settings.worse):
        assert side is not None
        arm = side if isinstance(side, ClaimArm) else ClaimArm(of=side)
        (subject,) = select(arm.of, among)
        yield JudgedArm(subject.label, arm.part or settings.part, arm.role, arm.label, None, measuring[subject.label])


def _measuring(pipeline: Pipeline, settings: ClaimSettings) -> Mapping[str, Mapping[int, str]]:
    """What can be an arm of a claim, by label -> the stages that measure it, one a seed."""
    return {
        group.subject: group.nodes
        for group in measured_groups(pipeline)
        if (group.section == "models" if settings.probe is None else (group.section, group.name) == ("probes", settings.probe))
    }
