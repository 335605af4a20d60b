"""What a pipeline can measure and be asked about: its embeddings and the arms of its models, under each seed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from embedseq.embeddings.settings import VectorFileSettings
from embedseq.models.settings import HandOff, SideHandOffs
from embedseq.pipeline.file import Arm, Pipeline
from embedseq.pipeline.file.kinds import table_sides
from embedseq.pipeline.file.spec import text_of
from embedseq.pipeline.node_names import embedding_node, evaluate_node, probe_node, summary_node, tokens_node, train_node
from embedseq.pipeline.subjects import StoredSubject
from embedseq.probes.registry import probe_of


@dataclass(frozen=True)
class Measured:
    """One thing that is measured, with the nodes that made it: an embedding or a model's arm under one seed."""

    name: str
    seed: int
    node: str
    vectors: str
    """The prefix of its source vectors inside the node's artifact."""
    tokens: str | None
    """The node of the tokens that its rows belong to; none for vectors from a file."""
    arm: Arm | None = None


def measured_by(pipeline: Pipeline, selector: str) -> Iterator[Measured]:
    """The embeddings or arms that a selector names, under each seed."""
    for chosen in pipeline.select(selector):
        for seed in pipeline.spec.seeds:
            if isinstance(chosen, Arm):
                node, tokens = train_node(chosen.label, seed), tokens_node(chosen.settings.data)
                yield Measured(chosen.label, seed, node, "source.vectors", tokens, chosen)
                continue
            settings = pipeline.spec.embeddings[chosen]
            node = embedding_node(chosen, settings, seed)
            if isinstance(settings, VectorFileSettings):
                yield Measured(chosen, seed, node, "vectors", None)
                break
            yield Measured(chosen, seed, node, "vectors", tokens_node(text_of(settings)[0]))


@dataclass(frozen=True)
class MeasuredGroup:
    """What one model's evaluation, or one probe on one subject, measures under each seed."""

    section: str
    """`models` or `probes`."""
    name: str
    """The name of the model or probe in the file."""
    subject: str
    nodes: Mapping[int, str]
    """Seed -> the node that measures."""
    summary: str
    """The node that puts them together."""


def measured_groups(pipeline: Pipeline) -> Iterator[MeasuredGroup]:
    """Everything in a pipeline that scores are measured of, in the order of the file."""
    for arm in pipeline.arms:
        nodes = {seed: evaluate_node(arm.label, seed) for seed in pipeline.spec.seeds}
        yield MeasuredGroup("models", arm.model, arm.label, nodes, summary_node(arm.label))
    for name, probe in pipeline.spec.probes.items():
        if not probe_of(probe).about.scores:  # something to look at
            continue
        subjects: dict[str, dict[int, str]] = {}
        for each in measured_by(pipeline, probe.of):
            subjects.setdefault(each.name, {})[each.seed] = probe_node(name, each.name, each.seed)
        for subject, nodes in subjects.items():
            yield MeasuredGroup("probes", name, subject, nodes, summary_node(f"{name} of {subject}"))


def stored_subjects(pipeline: Pipeline) -> Iterator[StoredSubject]:
    """Everything that the run can be asked about later: every embedding and arm under every seed."""
    for group in ("embeddings", "models"):
        if not getattr(pipeline.spec, group):
            continue
        for measured in measured_by(pipeline, group):
            arm = measured.arm
            yield StoredSubject(
                kind="model" if arm else "embedding",
                name=arm.model if arm else measured.name,
                label=measured.name,
                seed=measured.seed,
                node=measured.node,
                vectors={side: f"{side}.vectors" for side in _sides(pipeline, arm)} if arm else {"": measured.vectors},
                own=_own_sides(pipeline, arm) if arm else ("",),
                tokens=measured.tokens,
                values=arm.subject.values if arm else (),
                fields=arm.subject.fields if arm else {},
            )


def _sides(pipeline: Pipeline, arm: Arm) -> tuple[str, ...]:
    return table_sides(arm.settings, pipeline.spec.data[arm.settings.data])


def _own_sides(pipeline: Pipeline, arm: Arm) -> tuple[str, ...]:
    """The sides whose vectors a query asks unless told otherwise: tuned ones, and what a model learned for what it reads."""
    how = {"target": "frozen"} | {side: handoff.as_ for side, handoff in handoffs_of(arm).items()}
    return tuple(side for side in _sides(pipeline, arm) if how.get(side) != "frozen")


def handoffs_of(arm: Arm) -> Mapping[str, HandOff]:
    """The hand-offs of an arm by side; a side with random vectors is absent."""
    embedding = arm.settings.embedding
    if isinstance(embedding, HandOff):
        return {"source": embedding}
    if isinstance(embedding, SideHandOffs):
        sides = {"source": embedding.source, "target": embedding.target}
        return {side: handoff for side, handoff in sides.items() if isinstance(handoff, HandOff)}
    return {}
