"""The probes of a pipeline file -> the nodes that capture states, share words and measure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedseq.embeddings.settings import Word2VecSettings
from embedseq.models.kinds import self_attending_side
from embedseq.models.resolved_sides import looks_back_alone
from embedseq.pipeline.file import Arm, Pipeline
from embedseq.pipeline.file.kinds import kind_of
from embedseq.pipeline.file.spec import text_of
from embedseq.pipeline.measured import Measured, handoffs_of, measured_by
from embedseq.pipeline.node_names import (
    attention_node,
    capture_node,
    embedding_node,
    evaluate_node,
    probe_node,
    self_attention_node,
    shared_words_node,
    text_node,
    tokens_node,
    train_node,
)
from embedseq.pipeline.stage import Node
from embedseq.probes.probe import ProbeAbout, ProbeSettings, Reads
from embedseq.probes.registry import probe_of

STAGES: Mapping[Reads, str] = {
    "vectors": "vector-probe",
    "states": "states-probe",
    "pair": "pair-probe",
    "attention": "attention-probe",
    "self-attention": "self-attention-probe",
    "model": "model-probe",
    "scores": "scores-probe",
}
"""Which stage measures on which material."""
NAMES_ALONE = ("kind", "of", "data", "reference", "untrained", "shared", "side", "pieces")
"""Settings that decide nothing but which inputs a probe has: these stand in its key already."""


@dataclass(frozen=True)
class _Model:
    """A model of an arm with a seed, trained or as it was before."""

    arm: Arm
    seed: int
    untrained: bool


class ProbeNodes:
    """The nodes of all probes of a pipeline.

    training: gives the node that trains an arm with a seed. digest: gives that of a file, which the value at a dotted path names.
    """

    def __init__(self, pipeline: Pipeline, training: Callable[[Arm, int], Node], digest: Callable[[Path, str], str]) -> None:
        self.pipeline, self.training, self.digest = pipeline, training, digest
        self.spec = pipeline.spec
        self.made: dict[str, Node] = {}
        """What several probes read, by name: it is made once."""

    def nodes(self) -> Iterator[Node]:
        """Everything, each behind its inputs."""
        probing = [
            self._probe(name, settings, subject)
            for name, settings in self.spec.probes.items()
            for subject in measured_by(self.pipeline, settings.of)
        ]
        yield from self.made.values()
        yield from probing

    def _probe(self, name: str, settings: ProbeSettings, subject: Measured) -> Node:
        about = probe_of(settings).about
        material = {
            "vectors": self._vectors,
            "states": self._states,
            "pair": self._pair,
            "attention": self._attention,
            "self-attention": self._self_attention,
            "model": self._model,
            "scores": self._scores,
        }[about.reads]
        spec, inputs = material(name, settings, about, subject)
        record = settings.record()
        decisive = {field: value for field, value in settings.decisive().items() if field not in NAMES_ALONE}
        for field, bundled in about.files.items():
            decisive[field] = [self._file(name, field, each, bundled) for each in record[field]]
        return Node(
            id=probe_node(name, subject.name, subject.seed),
            kind=STAGES[about.reads],
            spec={"probe": about.name, "version": about.version, "settings": decisive, **spec},
            inputs=inputs,
            execution={"settings": record, "base": str(self.pipeline.base), "label": subject.name},
        )

    def _file(self, name: str, field: str, named: str, bundled: tuple[str, ...]) -> str | list[str]:
        """What stands in a key for a file: its own name, which measurements bear, and the digest of its bytes."""
        if named in bundled:
            return named
        return [Path(named).stem, self.digest(self.pipeline.base / named, f"probes.{name}.{field}")]

    def _vectors(self, name: str, settings: Any, about: ProbeAbout, subject: Measured) -> tuple[dict[str, Any], dict[str, str]]:
        inputs = {"vectors": subject.node}
        if subject.tokens is not None:
            inputs["tokens"] = subject.tokens
        if getattr(settings, "data", None) is not None:
            inputs["trees"] = text_node(settings.data)
        if getattr(settings, "shared", False):
            inputs["shared"] = self._shared_words(name, settings, subject.seed)
        if about.compares_with_before and subject.arm is not None:
            handoff = handoffs_of(subject.arm)["source"]
            inputs["before"] = embedding_node(handoff.from_, self.spec.embeddings[handoff.from_], subject.seed)
        return {"prefix": subject.vectors, "side": self._side(subject)}, inputs

    def _side(self, subject: Measured) -> str:
        """The side of its corpus whose words the table has."""
        if subject.arm is not None:
            return "source"
        settings = self.spec.embeddings[subject.name]
        return text_of(settings)[1] if isinstance(settings, Word2VecSettings) else ""

    def _shared_words(self, name: str, settings: Any, seed: int) -> str:
        """The node of the words that all tables of a probe have under a seed."""
        node = shared_words_node(name, seed)
        if node not in self.made:
            tables = [each for each in measured_by(self.pipeline, settings.of) if each.seed == seed or each.tokens is None]
            self.made[node] = Node(
                id=node,
                kind="shared-words",
                spec={"words": {str(number): f"{each.vectors}.words.json" for number, each in enumerate(tables)}},
                inputs={str(number): each.node for number, each in enumerate(tables)},
            )
        return node

    def _states(self, name: str, settings: Any, about: ProbeAbout, subject: Measured) -> tuple[dict[str, Any], dict[str, str]]:
        assert subject.arm is not None
        inputs = {"own": self._capture(settings, subject.arm, subject.seed, untrained=False), "trees": text_node(settings.data)}
        if settings.untrained:
            inputs["untrained"] = self._capture(settings, subject.arm, subject.seed, untrained=True)
        return {"layers": settings.layers, "side": settings.side}, inputs

    def _pair(self, name: str, settings: Any, about: ProbeAbout, subject: Measured) -> tuple[dict[str, Any], dict[str, str]]:
        assert subject.arm is not None
        (reference,) = self.pipeline.select(settings.reference)
        assert isinstance(reference, Arm)
        inputs = {
            "own": self._capture(settings, subject.arm, subject.seed, untrained=False),
            "reference": self._capture(settings, reference, subject.seed, untrained=False),
            "trees": text_node(settings.data),
        }
        seeds = self.spec.seeds
        if len(seeds) > 1:
            other = seeds[(seeds.index(subject.seed) + 1) % len(seeds)]
            inputs["other"] = self._capture(settings, subject.arm, other, untrained=False)
        return {"side": settings.side}, inputs

    def _capture(self, settings: Any, arm: Arm, seed: int, *, untrained: bool) -> str:
        """The node that captures the states of a model on a probe's sentences; probes that look at the same share it."""
        shifted = getattr(settings, "property", None) == "bigram-shift"
        ways = [
            *(["target"] if settings.side == "target" else []),
            *([f"{settings.pieces} pieces"] if settings.pieces != "mean" else []),
            *(["shifted"] if shifted else []),
            *(["untrained"] if untrained else []),
        ]
        node = capture_node(settings.data, arm.label, seed, ways)
        spec = {**self._reading(arm, settings.side, shifted), "pieces": settings.pieces}
        return self._run_once(node, "capture", spec, _Model(arm, seed, untrained), {"trees": text_node(settings.data)})

    def _run_once(self, node: str, kind: str, spec: dict[str, Any], model: "_Model", reads: dict[str, str]) -> str:
        """The node that runs a model once for all who read what comes of it; `reads` are inputs beside model and tokens."""
        if node not in self.made:
            untrained, inputs = self._weights(model.arm, model.seed, model.untrained)
            self.made[node] = Node(
                id=node,
                kind=kind,
                spec={**spec, "untrained": untrained},
                inputs={**inputs, "tokens": tokens_node(model.arm.settings.data), **reads},
                execution={"label": model.arm.label},
                passing=True,
            )
        return node

    def _reading(self, arm: Arm, side: str, shifted: bool) -> dict[str, Any]:
        """How the sentences of a corpus with trees are read to a model."""
        data = self.spec.data[arm.settings.data]
        writes = kind_of(arm.settings, data) == "language-model"
        return {"side": side, "shifted": shifted, "writes": writes, "lowercase": data.read_in_lower_case}

    def _weights(self, arm: Arm, seed: int, untrained: bool) -> tuple[dict[str, Any] | None, dict[str, str]]:
        """What a stage needs for a model: the trained one as an input, or the spec and inputs of the one before training."""
        if not untrained:
            return None, {"model": train_node(arm.label, seed)}
        training = self.training(arm, seed)
        spec = {field: training.spec[field] for field in ("shape", "sources", "images", "stretch", "seed")}
        return spec, {role: node for role, node in training.inputs.items() if role != "text"}  # by which epochs are compared

    def _both_weights(self, arm: Arm, seed: int) -> tuple[dict[str, Any], dict[str, str]]:
        """What a stage needs for a model as it is and as it was before training."""
        spec, inputs = self._weights(arm, seed, untrained=True)
        data = self.spec.data[arm.settings.data]
        described = {
            "untrained": spec,
            "kind": kind_of(arm.settings, data),
            "stretch": data.stretch,
            "lowercase": data.read_in_lower_case,
        }
        return described, {**inputs, "model": train_node(arm.label, seed), "tokens": tokens_node(arm.settings.data)}

    def _attention(self, name: str, settings: Any, about: ProbeAbout, subject: Measured) -> tuple[dict[str, Any], dict[str, str]]:
        assert subject.arm is not None
        maps = {
            role: self._attention_maps(settings, subject.arm, subject.seed, about.erases, untrained=role == "untrained")
            for role in ("maps", "untrained")
        }
        return {}, {**maps, "text": text_node(settings.data)}

    def _attention_maps(self, settings: Any, arm: Arm, seed: int, erasure: bool, *, untrained: bool) -> str:
        """The node that sees where a model looks; probes that want the same share it."""
        ways = [
            f"{settings.sentences} sentences",
            *(["with erasure"] if erasure else []),
            *(["untrained"] if untrained else []),
        ]
        node = attention_node(settings.data, arm.label, seed, ways)
        lowercase = self.spec.data[arm.settings.data].read_in_lower_case
        spec = {"sentences": settings.sentences, "erasure": erasure, "lowercase": lowercase}
        return self._run_once(node, "attention-maps", spec, _Model(arm, seed, untrained), {"text": text_node(settings.data)})

    def _self_attention(
        self, name: str, settings: Any, about: ProbeAbout, subject: Measured
    ) -> tuple[dict[str, Any], dict[str, str]]:
        assert subject.arm is not None
        arm = subject.arm
        maps = {
            role: self._self_attention_maps(settings, arm, subject.seed, untrained=role == "untrained")
            for role in ("maps", "untrained")
        }
        side = self_attending_side(settings.side, kind_of(arm.settings, self.spec.data[arm.settings.data]))
        causal = looks_back_alone(arm.settings, side)
        return {"side": settings.side, "causal": causal}, {**maps, "trees": text_node(settings.data)}

    def _self_attention_maps(self, settings: Any, arm: Arm, seed: int, *, untrained: bool) -> str:
        """The node that sees what words look at in their own sentence; probes that want the same share it."""
        ways = [
            *(["target"] if settings.side == "target" else []),
            f"{settings.sentences} sentences",
            *(["untrained"] if untrained else []),
        ]
        node = self_attention_node(settings.data, arm.label, seed, ways)
        spec = {**self._reading(arm, settings.side, shifted=False), "sentences": settings.sentences}
        return self._run_once(
            node, "self-attention-maps", spec, _Model(arm, seed, untrained), {"trees": text_node(settings.data)}
        )

    def _model(self, name: str, settings: Any, about: ProbeAbout, subject: Measured) -> tuple[dict[str, Any], dict[str, str]]:
        assert subject.arm is not None
        spec, inputs = self._both_weights(subject.arm, subject.seed)
        if getattr(settings, "data", None) is not None:
            inputs["text"] = text_node(settings.data)
        return spec, inputs

    def _scores(self, name: str, settings: Any, about: ProbeAbout, subject: Measured) -> tuple[dict[str, Any], dict[str, str]]:
        assert subject.arm is not None
        inputs = {
            "scores": evaluate_node(subject.arm.label, subject.seed),
            "tokens": tokens_node(subject.arm.settings.data),
        }
        data = self.spec.data[subject.arm.settings.data]
        return {"images": data.reads_images, "has_target": data.task != "text"}, inputs
