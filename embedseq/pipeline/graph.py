"""A pipeline file -> the graph of stages that it stands for.

A node's spec holds what decides its output and nothing else: no names of corpora, embeddings or models (renaming recomputes
nothing), no paths (the files' digests stand for them). Names and paths travel in `execution`, which no key contains.
"""

from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

from embedseq.embeddings.settings import VectorFileSettings
from embedseq.errors import Problems, RequestError
from embedseq.models.settings import ModelShape
from embedseq.pipeline.claims import claim_nodes
from embedseq.pipeline.digests import file_digest
from embedseq.pipeline.file import Arm, Pipeline
from embedseq.pipeline.file.pretraining import in_order_of_pretraining, pretrained_arm
from embedseq.pipeline.file.spec import text_of
from embedseq.pipeline.measured import MeasuredGroup, handoffs_of, measured_groups
from embedseq.pipeline.node_names import (
    embedding_node,
    evaluate_node,
    text_node,
    tokens_node,
    train_node,
)
from embedseq.pipeline.probe_nodes import ProbeNodes
from embedseq.pipeline.stage import Node
from embedseq.pipeline.stages.judging import judge_record
from embedseq.pipeline.tuning_nodes import tuning_nodes, with_chosen
from embedseq.text.corpora import open_corpus, token_settings
from embedseq.text.settings import DataSettings
from embedseq.training.settings import LOSS


def build_graph(pipeline: Pipeline) -> tuple[Node, ...]:
    """All nodes, each behind its inputs. Raises Problems with every corpus and file that cannot be read."""
    builder = _Builder(pipeline)
    nodes = tuple(builder.nodes())
    if builder.problems:
        raise Problems(list(builder.problems))
    return nodes


def split_place(data: DataSettings, name: str, split: str) -> str:
    """The dotted path of what names the files of a split; those of a known dataset are not written down."""
    return f"data.{name}" if data.dataset is not None else f"data.{name}.{split}"


class _Builder:
    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.spec = pipeline.spec
        self.problems: dict[str, None] = {}
        """What cannot be read, in order, each once. A file may be part of several nodes."""

    def digest(self, path: Path, dotted: str) -> str:
        """The digest of a file that the value at `dotted` names; where it cannot be read, that is noted."""
        try:
            return file_digest(path)
        except RequestError as error:
            self.problems[f"{self.pipeline.location(dotted)}: {error}"] = None
            return ""

    def nodes(self) -> Iterator[Node]:
        for name in self._in_order_of_vocabularies():
            yield from self.data_nodes(name, self.spec.data[name])
        yield from self.embedding_nodes()
        for arm in in_order_of_pretraining(self.pipeline.arms):
            yield from tuning_nodes(arm, self.spec.seeds, self.training)
            for seed in self.spec.seeds:
                yield with_chosen(self.training(arm, seed), arm)
        for arm in self.pipeline.arms:
            for seed in self.spec.seeds:
                yield self.evaluation(arm, seed)
        yield from ProbeNodes(self.pipeline, self.training, self.digest).nodes()
        for group in measured_groups(self.pipeline):
            yield self.summary(group)
        yield from claim_nodes(self.pipeline)

    def _in_order_of_vocabularies(self) -> Iterator[str]:
        """The names of the corpora, each behind the one whose vocabulary it has."""
        ordered = TopologicalSorter(
            {name: [data.vocabulary.rpartition(".")[0]] if data.vocabulary else [] for name, data in self.spec.data.items()}
        )
        return iter(ordered.static_order())

    def data_nodes(self, name: str, data: DataSettings) -> Iterator[Node]:
        try:
            corpus = open_corpus(data, self.pipeline.base)
        except RequestError as error:
            self.problems[f"{self.pipeline.location(f'data.{name}')}: {error}"] = None
            return
        files = {
            split: [self.digest(path, split_place(data, name, split)) for path in paths] for split, paths in corpus.files.items()
        }
        reading = data.record()
        for later in ("tokens", "target_tokens", "joint", "max_length", "stretch", "vocabulary"):
            del reading[later]
        layout = {split: type(reading.pop(split)).__name__ for split in ("train", "valid", "test")}
        yield Node(
            id=text_node(name),
            kind="text",
            spec={**reading, "layout": layout, "files": files},
            inputs={},
            execution={"settings": data.record(), "base": str(self.pipeline.base)},
        )
        if data.task == "trees":  # read with the tokens of each model that is probed
            return
        source, target = token_settings(data)
        inputs, like = {"text": text_node(name)}, None
        if data.vocabulary is not None:
            other, _, like = data.vocabulary.rpartition(".")
            inputs["like"] = tokens_node(other)
        spec = {
            "source": source.record() if like is None else None,
            "target": target.record() if target else None,
            "joint": data.joint,
            "like": like,
        }
        yield Node(id=tokens_node(name), kind="tokens", spec=spec, inputs=inputs, execution={})

    def embedding_nodes(self) -> Iterator[Node]:
        for name, settings in self.spec.embeddings.items():
            if isinstance(settings, VectorFileSettings):
                path = self.pipeline.base / settings.file
                yield Node(
                    id=embedding_node(name, settings, 0),
                    kind="vector-file",
                    spec={
                        "format": settings.format,
                        "limit": settings.limit,
                        "file": self.digest(path, f"embeddings.{name}.file"),
                    },
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
                    execution={"text": settings.text},
                    threads=settings.workers,
                )

    def training(self, arm: Arm, seed: int) -> Node:
        """The node that trains an arm as its settings say, whatever of them is tuned."""
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
        if (other := pretrained_arm(arm, self.pipeline.arms)) is not None:
            inputs["pretrained"] = train_node(other.label, seed)
            spec["pretrained"] = {**spec["pretrained"], "from": "pretrained"}
        judging = {}
        if settings.train.best_by != LOSS:
            inputs["text"] = text_node(settings.data)
            judging = {"judge": judge_record(self.spec.data[settings.data].task, settings.evaluate)}
        return Node(
            id=train_node(arm.label, seed),
            kind="train",
            spec={
                **judging,
                "shape": spec,
                "train": settings.train.decisive(),
                "sources": list(self.spec.data[settings.data].source_sides),
                "images": self.spec.data[settings.data].reads_images,
                "max_length": self.spec.data[settings.data].max_length,
                "stretch": self.spec.data[settings.data].stretch,
                "seed": seed,
            },
            inputs=inputs,
            execution={"label": arm.label},
            threads=settings.train.cores,
        )

    def evaluation(self, arm: Arm, seed: int) -> Node:
        data = self.spec.data[arm.settings.data]
        return Node(
            id=evaluate_node(arm.label, seed),
            kind="evaluate",
            spec={
                **arm.settings.evaluate.decisive(),
                "kind": arm.settings.kind,
                "task": data.task,
                "sources": list(data.source_sides),
                "images": data.reads_images,
                "stretch": data.stretch,
                "masking": arm.settings.train.masking,
            },
            inputs={
                "model": train_node(arm.label, seed),
                "tokens": tokens_node(arm.settings.data),
                "text": text_node(arm.settings.data),
            },
            execution={"label": arm.label},
            threads=arm.settings.evaluate.cores,
        )

    def summary(self, measured: MeasuredGroup) -> Node:
        """Its inputs are numbered in the order of the seeds, whatever the order in the file."""
        return Node(
            id=measured.summary,
            kind="summary",
            inputs={str(number): measured.nodes[seed] for number, seed in enumerate(sorted(measured.nodes))},
            tolerant=True,
        )
