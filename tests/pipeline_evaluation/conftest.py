"""Corpora of every task as the stages write them, and models that know as much of the truth as a test wants."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import embedseq
from embedseq.evaluation.settings import EvaluateSettings, usual_metrics
from embedseq.models.embedding import EmbeddingTable
from embedseq.models.interfaces import Decoded, Model
from embedseq.models.logits import DenseLogits
from embedseq.models.settings import Kind
from embedseq.pipeline import node_names
from embedseq.pipeline.stages.evaluation.given import Given
from embedseq.pipeline.stages.feeding import Feed
from embedseq.pipeline.stages.tokens import vocabulary_of
from embedseq.text.batches import Batch

PIPELINE = """\
name: corpora
seeds: [1]
data:
  speeches: {dataset: us-speeches, task: text, tokens: {kind: bpe, size: 130}, limits: {train: 60, valid: 5, test: 12}}
  tags:
    dataset: ud-english-ewt
    task: tagging
    label: upos
    tokens: {kind: bpe, size: 200}
    limits: {train: 20, valid: 5, test: 15}
  genres: {dataset: ud-english-ewt, task: classification, label: genre, limits: {train: 30, valid: 10, test: 15}}
  papers: {dataset: scitldr, source: abstract, target: summary, sections: true, limits: {train: 10, valid: 3, test: 6}}
  captions: {dataset: multi30k, source: [en, fr], target: de, limits: {train: 20, valid: 5, test: 6}}
  digits: {dataset: digits, source: images, target: words, limits: {train: 40, valid: 5, test: 6}}
  words: {dataset: us-speeches, task: restoration, stretch: 4, limits: {train: 20, valid: 5, test: 6}}
"""
TASKS: dict[str, tuple[Kind, str, tuple[str, ...]]] = {
    "speeches": ("language-model", "text", ("source",)),
    "tags": ("tagger", "tagging", ("source",)),
    "genres": ("classifier", "classification", ("source",)),
    "papers": ("encoder-decoder", "pairs", ("source",)),
    "captions": ("encoder-decoder", "pairs", ("source", "source2")),
    "digits": ("encoder-decoder", "pairs", ("source",)),
    "words": ("encoder-decoder", "restoration", ("source",)),
}


class Knowing(Model):
    """Gives the truth a logit of `margin` and all else one of 0."""

    def __init__(self, size: int, margin: float) -> None:
        super().__init__()
        self.size, self.margin = size, nn.Parameter(torch.tensor(margin))

    def predict(self, batch: Batch, weights: bool = False) -> Decoded:
        return Decoded(DenseLogits(self.margin * nn.functional.one_hot(batch.target_out, self.size)), None)

    def tables(self) -> dict[str, EmbeddingTable]:
        return {}


GivenOf = Callable[..., Given]


@pytest.fixture(scope="session")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, Path]]:
    """`corpora("tags")`: the artifacts of a corpus' text and tokens."""
    path = tmp_path_factory.mktemp("corpora") / "corpora.yaml"
    path.write_text(PIPELINE, encoding="utf-8")
    run = embedseq.run(path, store=path.parent / "store", jobs=1)
    assert run.failures == {}

    def artifacts(name: str) -> tuple[Path, Path]:
        text, tokens = (run.artifact(node(name)) for node in (node_names.text_node, node_names.tokens_node))
        assert text is not None
        assert tokens is not None
        return text, tokens

    return artifacts


@pytest.fixture
def given_of(corpora: Callable[[str], tuple[Path, Path]]) -> GivenOf:
    """`given_of("tags", margin=9.0, kind=None, metrics=…)`: a knowing model of a corpus, and what it is asked for."""

    def given(corpus: str, margin: float = 0.0, kind: Kind | None = None, **settings: Any) -> Given:
        usual, task, sources = TASKS[corpus]
        text, tokens = corpora(corpus)
        side = "source" if usual == "language-model" else "target"
        settings.setdefault("metrics", usual_metrics(kind or usual, task))
        return Given(
            model=Knowing(len(vocabulary_of(tokens, side)), margin),
            text=text,
            tokens=tokens,
            feed=Feed(kind or usual, sources, corpus == "digits", 4 if corpus == "words" else None, 0.15),
            task=task,
            settings=EvaluateSettings.model_validate(settings),
            fact=lambda name, value: None,
        )

    return given
