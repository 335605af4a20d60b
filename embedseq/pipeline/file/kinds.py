"""Which kinds of models learn from which corpora, and what a model is when its corpus is known."""

from collections.abc import Mapping

from embedseq.evaluation.settings import MetricName, usual_metrics
from embedseq.models.settings import Kind
from embedseq.pipeline.file.spec import ModelSettings
from embedseq.text.settings import DataSettings

KINDS: Mapping[str, tuple[Kind, ...]] = {
    "pairs": ("encoder-decoder",),
    "restoration": ("encoder-decoder",),
    "text": ("language-model", "masked-language-model"),
    "tagging": ("tagger",),
    "classification": ("classifier",),
    "trees": (),
}
"""The task of a corpus -> the kinds that learn it; the first is meant where none is named. Trees are for probes."""


def kind_of(settings: ModelSettings, data: DataSettings) -> Kind:
    """The kind of a model that learns from this corpus; any, where none does, which is told elsewhere."""
    fitting = KINDS[data.task] or ("encoder-decoder",)
    return settings.kind or fitting[0]


def true_side(kind: Kind) -> str:
    """The side of its corpus that a model of this kind is scored on."""
    return "source" if kind in ("language-model", "masked-language-model") else "target"


def metrics_of(settings: ModelSettings, data: DataSettings) -> tuple[MetricName, ...]:
    """What a model is scored by: what is named, or what is usual for its kind."""
    return settings.evaluate.metrics or usual_metrics(kind_of(settings, data), data.task)


def resolved(settings: ModelSettings, data: DataSettings) -> ModelSettings:
    """The same model with its kind and its metrics named."""
    evaluate = settings.evaluate.model_copy(update={"metrics": metrics_of(settings, data)})
    return settings.model_copy(update={"kind": kind_of(settings, data), "evaluate": evaluate})


def table_sides(settings: ModelSettings, data: DataSettings) -> tuple[str, ...]:
    """The sides whose words have vectors in a model: images have no words, and labels no vectors."""
    read = () if data.reads_images else data.source_sides
    return (*read, "target") if kind_of(settings, data) == "encoder-decoder" else read
