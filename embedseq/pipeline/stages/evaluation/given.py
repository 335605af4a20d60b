"""What an evaluation is given, and what it finds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from embedseq.caution import Caution
from embedseq.evaluation.settings import EvaluateSettings
from embedseq.pipeline.stages.feeding import Feed, batches_of
from embedseq.statistics.measurement import Measurement

if TYPE_CHECKING:
    from embedseq.models.interfaces import Model
    from embedseq.text.batches import Batches

MetricT = TypeVar("MetricT", bound=str)


@dataclass(frozen=True)
class Given:
    """A trained model, the artifacts of its corpus, and what is to be measured."""

    model: "Model"
    text: Path
    tokens: Path
    feed: Feed
    task: str
    settings: EvaluateSettings
    fact: Callable[[str, Any], None]
    """Takes a measurement of this very execution, a speed for instance."""
    split: str = "test"
    """What is looked at; while a model is trained, the validation split."""

    def chosen(self, metrics: Sequence[MetricT]) -> list[MetricT]:
        """Those of the metrics that are asked for, in their order."""
        return [metric for metric in metrics if metric in (self.settings.metrics or ())]

    def batches(self) -> "Batches":
        """The split as the model reads it; nothing is left out."""
        return batches_of(self.tokens, self.split, self.feed, self.settings.batch_tokens)


@dataclass(frozen=True)
class Found:
    """Scores and what they are held against, and what the model wrote: a text each test sentence."""

    measurements: list[Measurement]
    predictions: list[str] | None = None
    """None of a model that writes nothing."""
    cautions: tuple[Caution, ...] = ()
    """What of it is suspicious."""
