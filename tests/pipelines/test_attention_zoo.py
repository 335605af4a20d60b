"""The pipeline of all attentions leaves none out: who adds a scorer or a span adds it there."""

from itertools import product
from pathlib import Path

from embedseq.models.attention.registry import position_scorers, scorers
from embedseq.models.attention.spans import spans
from embedseq.models.settings import AttentionSettings
from embedseq.pipeline.file import read_pipeline

ZOO = Path(__file__).parents[2] / "pipelines" / "attention-zoo.yaml"


def test_the_zoo_has_every_scorer_with_every_span_of_a_decoder() -> None:
    attentions = [arm.settings.attention for arm in read_pipeline(ZOO).arms]
    shown = [(each.scorer, each.span) for each in attentions if isinstance(each, AttentionSettings)]
    across = [name for name, span in spans().items() if "across" in span.about.traits]
    assert sorted(shown) == sorted(product([*scorers(), *position_scorers()], across))
