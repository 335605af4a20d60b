"""The claims of a pipeline file: which arms each is about, which stages measure them, and the stages that judge."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from embedseq.pipeline.file import Pipeline
from embedseq.pipeline.file.claim_settings import ClaimArm, ClaimSettings
from embedseq.pipeline.file.kinds import kind_of, true_side
from embedseq.pipeline.file.selectors import Subject, select
from embedseq.pipeline.measured import MeasuredGroup, measured_groups
from embedseq.pipeline.node_names import claim_node, embedding_node, text_node, tokens_node, train_node, verdicts_node
from embedseq.pipeline.stage import Node

OF_SACREBLEU = ("bleu", "bleu-lc", "chrf")
"""Metrics for which sacrebleu has a paired test of its own."""
LEVEL = 0.05
"""That of a verdict."""


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
    made: tuple[str, ...]
    """The stages, one a seed, that trained the model or the vectors."""


@dataclass(frozen=True)
class Claim:
    """A claim with its arms; the one that should be better, or have more, first."""

    name: str
    settings: ClaimSettings
    arms: tuple[JudgedArm, ...]


def claims_of(pipeline: Pipeline) -> Iterator[Claim]:
    """The claims of a file, in its order."""
    groups = tuple(measured_groups(pipeline)) if pipeline.spec.claims else ()
    for name, settings in pipeline.spec.claims.items():
        yield Claim(name, settings, tuple(_arms(pipeline, settings, _measuring(groups, settings))))


def families_of(pipeline: Pipeline) -> dict[str, list[Claim]]:
    """The claims that are corrected together, by the name of their family."""
    families: dict[str, list[Claim]] = {}
    for claim in claims_of(pipeline):
        families.setdefault(claim.settings.family, []).append(claim)
    return families


def claim_nodes(pipeline: Pipeline) -> Iterator[Node]:
    """A node for each claim, and one for each family that corrects and judges."""
    for claim in claims_of(pipeline):
        yield _contrast(pipeline, claim)
    for family, claims in families_of(pipeline).items():
        yield Node(
            id=verdicts_node(family),
            kind="verdicts",
            spec={"smallest": {str(number): claim.settings.smallest for number, claim in enumerate(claims)}},
            inputs={str(number): claim_node(claim.name) for number, claim in enumerate(claims)},
            execution={"family": family},
            tolerant=True,
        )


def notes_on_families(pipeline: Pipeline) -> Iterator[str]:
    """A word on each family that is too large for its seeds, so that none of its claims can be supported about training.

    Claims that are tested over items do not suffer from that: they may be supported first, and then leave the family smaller.
    """
    from embedseq.statistics.needed import SEEDS_FOR_TRAINING, seeds_for_level
    from embedseq.statistics.permutation import least_p

    for family, claims in families_of(pipeline).items():
        seeds = [max(len(arm.nodes) for arm in claim.arms) for claim in claims if claim.settings.test != "items"]
        over_seeds = [number for number in seeds if number >= SEEDS_FOR_TRAINING]
        lowest = min(1.0, least_p(max(over_seeds, default=0)) * len(over_seeds))
        if over_seeds and lowest > LEVEL:
            yield (
                f"note: with {max(over_seeds)} seeds none of the {len(over_seeds)} claims of the family “{family}” can be "
                f"supported about training (the corrected p cannot go below {lowest:.2g}); "
                f"{seeds_for_level(LEVEL, len(over_seeds))} seeds would do."
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
    if _sacrebleu_can_tell(claim):
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
            "by_number": settings.by_number,
            "test": settings.test,
            "probed": settings.probe is not None,
            "slice": None if settings.slice is None else settings.slice.record(),
            "truths": list(truths.values()),
        },
        inputs=inputs,
        execution={"labels": [arm.label for arm in claim.arms]},
    )


def _sacrebleu_can_tell(claim: Claim) -> bool:
    """Whether sacrebleu's own paired test speaks of the claim: two models' outputs, on all sentences, by one of its metrics."""
    settings = claim.settings
    of_models = settings.probe is None and settings.trend is None and all(arm.role == "score" for arm in claim.arms)
    return of_models and settings.slice is None and settings.metric in OF_SACREBLEU


def _truths(pipeline: Pipeline, claim: Claim) -> dict[str, str]:
    """Where models read different corpora: each of these, with the side that its models are scored on."""
    if claim.settings.probe is not None:
        return {}
    found: dict[str, str] = {}
    for arm in (pipeline.arm(each.label) for each in claim.arms):
        found[arm.settings.data] = true_side(kind_of(arm.settings, pipeline.spec.data[arm.settings.data]))
    return found if len(found) > 1 else {}


def _arms(pipeline: Pipeline, settings: ClaimSettings, measuring: Mapping[str, Mapping[int, str]]) -> Iterator[JudgedArm]:
    """measuring: what can be an arm of the claim, by label -> the stages that measure it, one a seed."""
    among = [each for each in pipeline.subjects if each.label in measuring]
    if (trend := settings.trend) is not None:
        for subject in select(trend.of, among):
            x = None if trend.over == "part" else float(subject.fields[trend.over])
            yield JudgedArm(subject.label, settings.part, "score", None, x, measuring[subject.label], _made(pipeline, subject))
        return
    for side in settings.sides.values():
        assert side is not None
        arm = side if isinstance(side, ClaimArm) else ClaimArm(of=side)
        (subject,) = select(arm.of, among)
        part, made = settings.part_of(arm), _made(pipeline, subject)
        yield JudgedArm(subject.label, part, arm.role, arm.label, None, measuring[subject.label], made)


def _made(pipeline: Pipeline, subject: Subject) -> tuple[str, ...]:
    """The stages that make what is measured: of vectors from a file there is one."""
    seeds = pipeline.spec.seeds
    if subject.kind == "model":
        return tuple(train_node(subject.label, seed) for seed in seeds)
    settings = pipeline.spec.embeddings[subject.label]
    return tuple(dict.fromkeys(embedding_node(subject.label, settings, seed) for seed in seeds))


def _measuring(groups: Sequence[MeasuredGroup], settings: ClaimSettings) -> Mapping[str, Mapping[int, str]]:
    return {
        group.subject: group.nodes
        for group in groups
        if (group.section == "models" if settings.probe is None else (group.section, group.name) == ("probes", settings.probe))
    }
