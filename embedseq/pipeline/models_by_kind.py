"""Which class answers for which kind of model."""

from collections.abc import Mapping

from embedseq.models.settings import Kind
from embedseq.pipeline.filler import Filler
from embedseq.pipeline.labeller import Labeller
from embedseq.pipeline.trained import Origin, TrainedModel
from embedseq.pipeline.translator import Translator
from embedseq.pipeline.writer import Writer

CLASSES: Mapping[Kind, type[TrainedModel]] = {
    "encoder-decoder": Translator,
    "language-model": Writer,
    "masked-language-model": Filler,
    "tagger": Labeller,
    "classifier": Labeller,
}


def trained_model(origin: Origin, kind: Kind) -> TrainedModel:
    """The model of an origin, loaded, with the answers of its kind."""
    return CLASSES[kind](origin)
