"""Artifacts and the run's log -> what the report says of models."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from embedseq.models.kinds import kind_of_shape, sides_of
from embedseq.models.settings import AttentionSettings, HandOff, PretrainedEncoder
from embedseq.pipeline import node_names
from embedseq.pipeline.file import Arm
from embedseq.pipeline.file.spec import SIDES
from embedseq.pipeline.measured import handoffs_of
from embedseq.pipeline.reporting.scores import METRICS, Metric
from embedseq.pipeline.reporting.tuning import tuning_facts
from embedseq.pipeline.reporting.yardsticks import loss_yardstick, truth_of
from embedseq.pipeline.run import Run
from embedseq.pipeline.stage import EARLIER_SECONDS
from embedseq.pipeline.stages.records import read_record
from embedseq.report.content import ArmFacts, CurvePoint, HandOffFacts, SeedFacts


def arms(run: Run) -> Iterator[ArmFacts]:
    """Every model of the comparison, also those that failed and those that this run did not train."""
    for arm in run.pipeline.arms:
        trained = {seed: folder for seed in run.seeds if (folder := run.artifact(node_names.train_node(arm.label, seed)))}
        first = next(iter(trained.values()), None)
        facts = read_record(first / "facts.json") if first else {}
        handoffs = handoffs_of(arm)
        covered = facts.get("coverage", {})
        frozen = facts.get("frozen", {})
        yield ArmFacts(
            label=arm.label,
            kind=_kind(arm),
            architecture=_architecture(arm),
            embedding=_from(arm),
            hand_off=_as(arm),
            attention=_attention(arm, len(run.pipeline.spec.data[arm.settings.data].source_sides)),
            parameters=facts.get("parameters", 0),
            trainable=facts.get("trainable", 0),
            seeds=tuple(_seed_facts(run, arm, seed) for seed in trained),
            handoffs=tuple(_handed_off(side, handoffs[side], each) for side, each in covered.items()),
            frozen_rows=sum(each["types_with_vector"] for side, each in covered.items() if side in frozen) or None,
            expert_loads=tuple(map(tuple, facts.get("expert_load", {}).values())),
            failure=_failure(run, arm),
            corpus=arm.settings.data,
            answers=_answers(arm),
            yardstick=loss_yardstick(run, arm, "valid"),
            truth=truth_of(run, arm, "test"),
            tuning=tuning_facts(run, arm),
        )


def _failure(run: Run, arm: Arm) -> str | None:
    """Why the arm was not trained under some seed, where something went wrong; a stage that the run never came to did not."""
    nodes = (run.record.nodes.get(node_names.train_node(arm.label, seed)) for seed in run.seeds)
    return next((node.message or node.status for node in nodes if node and node.status in ("failed", "skipped")), None)


def _kind(arm: Arm) -> str:
    """What kind of model it is, and of a classifier how it pools; nothing is said of an encoder-decoder."""
    kind, pooling = kind_of_shape(arm.settings), arm.settings.pooling
    if kind == "classifier":
        return f"classifier, {pooling if isinstance(pooling, str) else pooling.kind} pooling"
    return "" if kind == "encoder-decoder" else kind.replace("-", " ")


def _answers(arm: Arm) -> Literal["tokens", "labels", "masked tokens"]:
    """What it predicts."""
    if arm.settings.kind in ("tagger", "classifier"):
        return "labels"
    return "masked tokens" if arm.settings.kind == "masked-language-model" else "tokens"


def _from(arm: Arm) -> str:
    """Where the vectors come from."""
    pretrained = arm.settings.pretrained
    if isinstance(pretrained, PretrainedEncoder):
        return f"{pretrained.from_}, with its encoder"
    return _by_side(arm, {side: handoff.from_ for side, handoff in handoffs_of(arm).items()})


def _as(arm: Arm) -> str:
    """How they enter the model."""
    pretrained = arm.settings.pretrained
    if isinstance(pretrained, PretrainedEncoder):
        return pretrained.as_
    return _by_side(arm, {side: handoff.as_ for side, handoff in handoffs_of(arm).items()})


def _by_side(arm: Arm, handed: Mapping[str, str]) -> str:
    """What is said of the hand-offs: as it is where the source alone can have one, else side by side."""
    if not handed:
        return "random"
    if isinstance(arm.settings.embedding, HandOff):
        return handed["source"]
    return ", ".join(f"{side} {handed.get(side, 'random')}" for side in SIDES)


def _handed_off(side: str, handoff: HandOff, covered: Mapping[str, Any]) -> HandOffFacts:
    share = covered["tokens_with_vector"] / max(1, covered["tokens"])
    return HandOffFacts(side, handoff.from_, share, tuple(word for word, _ in covered["commonest_missing"]))


def _architecture(arm: Arm) -> str:
    shape = arm.settings
    architectures = {side: getattr(shape, side).architecture or shape.architecture for side in sides_of(shape)}
    if len(set(architectures.values())) == 1:
        return next(iter(architectures.values()))
    return ", ".join(f"{architecture} {side}" for side, architecture in architectures.items())


def _attention(arm: Arm, sources: int) -> str:
    """How the decoder looks at what the encoder read: the scorer, and what else is not as usual."""
    if kind_of_shape(arm.settings) != "encoder-decoder":
        return ""
    attention = arm.settings.attention
    if not isinstance(attention, AttentionSettings):
        return attention
    more = {
        f"{attention.memories} memories": sources > 1,
        "input feeding": attention.input_feeding,
        "coverage": attention.coverage,
        "copying": attention.copying,
    }
    return ", ".join([attention.scorer, *(said for said, holds in more.items() if holds)])


def _seed_facts(run: Run, arm: Arm, seed: int) -> SeedFacts:
    node = node_names.train_node(arm.label, seed)
    folder = run.artifact(node)
    assert folder is not None
    history = read_record(folder / "history.json")
    metric = METRICS.get(history.get("best_by", ""))
    return SeedFacts(
        seed=seed,
        epochs=len(history["epochs"]),
        best_epoch=history["best_epoch"],
        seconds=run.log.seconds_in_all(node),
        tokens_per_second=run.log.fact(node, "tokens_per_second"),
        peak_memory=run.log.fact(node, "peak_memory"),
        curve=tuple(_point(each, metric) for each in history["epochs"]),
        best_by="" if metric is None else metric.name,
        interrupted=run.log.fact(node, EARLIER_SECONDS) is not None,
    )


def _point(epoch: Mapping[str, Any], metric: Metric | None) -> CurvePoint:
    score = None if metric is None else epoch["score"] * metric.factor
    return CurvePoint(epoch["number"], epoch["train_loss"], epoch["valid_loss"], score)
