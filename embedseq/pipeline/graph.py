"""A pipeline file -> the graph of stages that it stands for.

A node's spec holds what decides its output and nothing else: no names of corpora, embeddings or models (renaming recomputes
nothing), no paths (the files' digests stand for them). Names and paths travel in `execution`, which no key contains.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedseq.embeddings.settings import VectorFileSettings, Word2VecSettings
from embedseq.errors import RequestError
from embedseq.models.settings import HandOff, ModelShape, SideHandOffs
from embedseq.pipeline.digests import file_digest
from embedseq.pipeline.file import Arm, Pipeline
from embedseq.pipeline.file.spec import text_of
from embedseq.pipeline.stage import Node
from embedseq.pipeline.subjects import StoredSubject
from embedseq.probes.settings import BUNDLED, DriftSettings, NeighboursSettings, PreviousWordSettings, WordSimilaritySettings
from embedseq.text.corpora import open_corpus, token_settings
from embedseq.text.settings import DataSettings

SIDES = ("source", "target")


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


def build_graph(pipeline: Pipeline) -> tuple[Node, ...]:
    """All nodes, each behind its inputs."""
    return tuple(_Builder(pipeline).nodes())


def stored_subjects(pipeline: Pipeline) -> Iterator[StoredSubject]:
    """Everything that the run can be asked about later: every embedding and arm under every seed."""
    builder = _Builder(pipeline)
    for group in ("embeddings", "models"):
        if not getattr(pipeline.spec, group):
            continue
        for measured in builder.subjects_of(group):
            arm = measured.arm
            yield StoredSubject(
                kind="model" if arm else "embedding",
                name=arm.model if arm else measured.name,
                label=measured.name,
                seed=measured.seed,
                node=measured.node,
                vectors={side: f"{side}.vectors" for side in SIDES} if arm else {"": measured.vectors},
                own=_own_sides(arm) if arm else ("",),
                tokens=measured.tokens,
                values=arm.subject.values if arm else (),
                fields=arm.subject.fields if arm else {},
            )


def text_node(name: str) -> str:
    """The node that reads the corpus `name`."""
    return f"text {name}"


def tokens_node(name: str) -> str:
    """The node that cuts the corpus `name` into tokens."""
    return f"tokens {name}"


def embedding_node(name: str, settings: Word2VecSettings | VectorFileSettings, seed: int) -> str:
    """The node of an embedding; vectors from a file are the same for every seed."""
    return f"vectors {name}" if isinstance(settings, VectorFileSettings) else f"word2vec {name}, seed {seed}"


def train_node(label: str, seed: int) -> str:
    """The node that trains a model."""
    return f"train {label}, seed {seed}"


def evaluate_node(label: str, seed: int) -> str:
    """The node that evaluates a model on the test split."""
    return f"evaluate {label}, seed {seed}"


def probe_node(probe: str, subject: str, seed: int) -> str:
    """The node of one probe on one subject."""
    return f"probe {probe} of {subject}, seed {seed}"


SUMMARY_NODE = "summary"


class _Builder:
    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.spec = pipeline.spec

    def nodes(self) -> Iterator[Node]:
        measured: list[tuple[Node, dict[str, Any]]] = []
        for name, data in self.spec.data.items():
            yield from self.data_nodes(name, data)
        yield from self.embedding_nodes()
        for arm in self.pipeline.arms:
            for seed in self.spec.seeds:
                yield self.training(arm, seed)
        for arm in self.pipeline.arms:
            for seed in self.spec.seeds:
                node = self.evaluation(arm, seed)
                measured.append((node, {"section": "models", "name": arm.model, "subject": arm.label, "seed": seed}))
                yield node
        for name, probe in self.spec.probes.items():
            for subject in self.subjects_of(probe.of):
                node = self.probing(name, probe, subject)
                measured.append((node, {"section": "probes", "name": name, "subject": subject.name, "seed": subject.seed}))
                yield node
        yield self.summary(measured)

    def data_nodes(self, name: str, data: DataSettings) -> Iterator[Node]:
        try:
            corpus = open_corpus(data, self.pipeline.base)
        except RequestError as error:
            raise RequestError(f"{self.pipeline.location(f'data.{name}')}: {error}") from error
        files = {split: [file_digest(path) for path in paths] for split, paths in corpus.files.items()}
        reading = data.record()
        for later in ("tokens", "target_tokens", "joint", "max_length", "stretch"):
            del reading[later]
        layout = {split: type(reading.pop(split)).__name__ for split in ("train", "valid", "test")}
        yield Node(
            id=text_node(name),
            kind="text",
            spec={**reading, "layout": layout, "files": files},
            inputs={},
            execution={"settings": data.record(), "base": str(self.pipeline.base)},
        )
        source, target = token_settings(data)
        spec = {"source": source.record(), "target": target.record() if target else None, "joint": data.joint}
        yield Node(id=tokens_node(name), kind="tokens", spec=spec, inputs={"text": text_node(name)}, execution={})

    def embedding_nodes(self) -> Iterator[Node]:
        for name, settings in self.spec.embeddings.items():
            if isinstance(settings, VectorFileSettings):
                path = self.pipeline.base / settings.file
                yield Node(
                    id=embedding_node(name, settings, 0),
                    kind="vector-file",
                    spec={"format": settings.format, "limit": settings.limit, "file": file_digest(path)},
                    inputs={},
                    execution={"settings": settings.record(), "base": str(self.pipeline.base)},
                )
                continue
            corpus, side = text_of(settings)
            record = settings.record()
            del record["text"]
            for seed in self.spec.seeds:
                yield Node(
                    id=embedding_node(name, settings, seed),
                    kind="word2vec",
                    spec={"settings": record, "side": side, "seed": seed},
                    inputs={"tokens": tokens_node(corpus)},
                    execution={},
                    threads=settings.workers,
                )

    def training(self, arm: Arm, seed: int) -> Node:
        settings = arm.settings
        record = settings.record()
        spec = {name: record[name] for name in ModelShape.model_fields}
        inputs = {"tokens": tokens_node(settings.data)}
        spec["embedding"] = {}
        for side, handoff in handoffs_of(arm).items():
            inputs[f"{side}_embedding"] = embedding_node(handoff.from_, self.spec.embeddings[handoff.from_], seed)
            how = handoff.record()
            del how["from"]
            spec["embedding"][side] = {**how, "from": side}
        return Node(
            id=train_node(arm.label, seed),
            kind="train",
            spec={
                "shape": spec,
                "train": record["train"],
                "max_length": self.spec.data[settings.data].max_length,
                "stretch": self.spec.data[settings.data].stretch,
                "seed": seed,
            },
            inputs=inputs,
            execution={"label": arm.label},
            threads=settings.train.threads,
        )

    def evaluation(self, arm: Arm, seed: int) -> Node:
        data = self.spec.data[arm.settings.data]
        return Node(
            id=evaluate_node(arm.label, seed),
            kind="evaluate",
            spec={**arm.settings.evaluate.record(), "task": data.task, "stretch": data.stretch},
            inputs={
                "model": train_node(arm.label, seed),
                "tokens": tokens_node(arm.settings.data),
                "text": text_node(arm.settings.data),
            },
            execution={"label": arm.label},
            threads=arm.settings.evaluate.threads,
        )

    def subjects_of(self, selector: str) -> Iterator[Measured]:
        """The embeddings or arms that a probe names, under each seed."""
        for chosen in self.pipeline.select(selector):
            for seed in self.spec.seeds:
                if isinstance(chosen, Arm):
                    node, tokens = train_node(chosen.label, seed), tokens_node(chosen.settings.data)
                    yield Measured(chosen.label, seed, node, "source.vectors", tokens, chosen)
                    continue
                settings = self.spec.embeddings[chosen]
                node = embedding_node(chosen, settings, seed)
                if isinstance(settings, VectorFileSettings):
                    yield Measured(chosen, seed, node, "vectors", None)
                    break
                yield Measured(chosen, seed, node, "vectors", tokens_node(text_of(settings)[0]))

    def probing(self, name: str, probe: Any, subject: Measured) -> Node:
        record = probe.record()
        del record["of"]
        kind = record.pop("kind")
        inputs: dict[str, str] = {}
        execution: dict[str, Any] = {"label": subject.name}
        match probe:
            case WordSimilaritySettings():
                inputs["vectors"] = subject.node
                sets = [
                    name if name in BUNDLED else [Path(name).stem, file_digest(self.pipeline.base / name)] for name in probe.sets
                ]
                record = {"sets": sets, "prefix": subject.vectors}
                execution |= {"sets": list(probe.sets), "base": str(self.pipeline.base)}
            case NeighboursSettings():
                inputs["vectors"] = subject.node
                record["prefix"] = subject.vectors
            case DriftSettings():
                assert subject.arm is not None
                handoff = handoffs_of(subject.arm)["source"]
                inputs["model"] = subject.node
                inputs["embedding"] = embedding_node(handoff.from_, self.spec.embeddings[handoff.from_], subject.seed)
                inputs["tokens"] = tokens_node(subject.arm.settings.data)
            case PreviousWordSettings():
                assert subject.arm is not None
                inputs["model"] = subject.node
                inputs["tokens"] = tokens_node(subject.arm.settings.data)
                record["stretch"] = self.spec.data[subject.arm.settings.data].stretch
        return Node(id=probe_node(name, subject.name, subject.seed), kind=kind, spec=record, inputs=inputs, execution=execution)

    def summary(self, measured: list[tuple[Node, dict[str, Any]]]) -> Node:
        return Node(
            id=SUMMARY_NODE,
            kind="summary",
            spec={"measured": {node.id: what for node, what in measured}},
            inputs={node.id: node.id for node, _ in measured},
            execution={},
            tolerant=True,
        )


def _own_sides(arm: Arm) -> tuple[str, ...]:
    """The sides whose vectors a query asks unless told otherwise: tuned ones, and what a model learned for its source."""
    how = {side: handoff.as_ for side, handoff in handoffs_of(arm).items()}
    own = {"source": how.get("source") != "frozen", "target": how.get("target", "frozen") != "frozen"}
    return tuple(side for side in SIDES if own[side])


def handoffs_of(arm: Arm) -> Mapping[str, HandOff]:
    """The hand-offs of an arm by side; a side with random vectors is absent."""
    embedding = arm.settings.embedding
    if isinstance(embedding, HandOff):
        return {"source": embedding}
    if isinstance(embedding, SideHandOffs):
        sides = {"source": embedding.source, "target": embedding.target}
        return {side: handoff for side, handoff in sides.items() if isinstance(handoff, HandOff)}
    return {}
