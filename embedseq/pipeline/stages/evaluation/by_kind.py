"""Which module measures which kind of model."""

from collections.abc import Callable
from typing import Protocol, cast

from embedseq.models.settings import Kind
from embedseq.pipeline.stages.evaluation import classifier, encoder_decoder, language_model, masked_language_model, tagger
from embedseq.pipeline.stages.evaluation.given import Found, Given
from embedseq.statistics.measurement import Measurement


class Measures(Protocol):
    """What such a module has."""

    measure: Callable[[Given], Found]
    """All scores of the test split, with baselines, and what was written."""
    own_scores: Callable[[Given], list[Measurement]]
    """The model's own scores alone."""


def measures_of(kind: Kind) -> Measures:
    """The module for models of this kind."""
    modules = {
        "encoder-decoder": encoder_decoder,
        "language-model": language_model,
        "masked-language-model": masked_language_model,
        "tagger": tagger,
        "classifier": classifier,
    }
    return cast(Measures, modules[kind])
