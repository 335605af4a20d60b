"""What probes are handed to measure, one class for each value of `ProbeAbout.reads`. No torch at the top."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from embedseq.embeddings.vectors import Vectors
from embedseq.statistics.measurement import Measurement
from embedseq.text.trees import Tree
from embedseq.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from embedseq.models.interfaces import Model
    from embedseq.probes.attention_maps import AttentionMaps

Floats32 = NDArray[np.float32]
Ints = NDArray[np.int64]
Split = Literal["train", "valid", "test"]
Summary = Literal["last", "mean", "pooled"]
"""A sentence as one vector: the state where reading ends, the mean over its words' tokens, what a classifier's pooling makes."""


@dataclass(frozen=True, eq=False)
class TableMaterial:
    """A table of word vectors (`reads: vectors`)."""

    vectors: Vectors
    counts: Mapping[str, int] = field(default_factory=dict)
    """How often each word stood in the training text; empty for vectors from a file."""
    shared: frozenset[str] | None = None
    """The words that all tables of the probe have; None: do not care."""
    trees: Sequence[Tree] = ()
    """The training sentences of the treebank that the probe names; empty where it names none."""
    base: Path = Path()
    """The folder that relative paths in the settings start from."""
    random: Vectors | None = None
    """The same words with random vectors of the same norms."""
    before: Vectors | None = None
    """The vectors that were handed over, before tuning."""
    vocabulary: Vocabulary | None = None
    """The words that the tuned model reads, and how often each stood in its training text."""


class States(Protocol):
    """States of the words of some sentences in every layer of a model, N words and S sentences in a split, in order."""

    @property
    def layers(self) -> tuple[str, ...]:
        """`embedding`, then `encoder 1` and on, or `decoder 1` and on."""
        ...

    def words(self, split: Split, layer: str) -> Floats32:
        """(N, D): one row a word, sentence by sentence; read-only, perhaps memory-mapped."""
        ...

    def sentences(self, split: Split, layer: str, summary: Summary) -> Floats32 | None:
        """(S, D): one row a sentence; None where the model has no such summary."""
        ...


@dataclass(frozen=True, eq=False)
class StatesInMemory:
    """States held in memory: for notebooks and tests."""

    by_split: Mapping[str, Mapping[str, Floats32]]
    """Split -> layer -> (N, D)."""
    summaries: Mapping[tuple[str, str, str], Floats32] = field(default_factory=dict)
    """(split, layer, summary) -> (S, D)."""

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers of the first split."""
        return tuple(next(iter(self.by_split.values())))

    def words(self, split: Split, layer: str) -> Floats32:
        """(N, D)."""
        return self.by_split[split][layer]

    def sentences(self, split: Split, layer: str, summary: Summary) -> Floats32 | None:
        """(S, D)."""
        return self.summaries.get((split, layer, summary))


@dataclass(frozen=True, eq=False)
class StatesMaterial:
    """The states of one model on sentences with trees (`reads: states`)."""

    trees: Mapping[Split, Sequence[Tree]]
    """The sentences of each split; their words in order are the rows of the states."""
    own: States
    beside: Mapping[str, States] = field(default_factory=dict)
    """Label of a baseline (`untrained model`) -> its states of the same words."""
    layers: tuple[str, ...] = ()
    """The layers that are asked for; empty: all."""

    @property
    def chosen_layers(self) -> tuple[str, ...]:
        """The layers to be looked at."""
        return self.layers or self.own.layers

    def sentence_of_words(self, split: Split) -> Ints:
        """(N,): the number of the sentence of each word."""
        lengths = [len(tree) for tree in self.trees[split]]
        return np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)

    def forms(self, split: Split) -> list[str]:
        """(N,): the words as they are written."""
        return [word for tree in self.trees[split] for word in tree.words.words]


@dataclass(frozen=True, eq=False)
class PairMaterial:
    """Two models' states of the same words (`reads: pair`)."""

    trees: Mapping[Split, Sequence[Tree]]
    own: States
    reference: States
    """The model that it is compared with, under the same seed."""
    other_seed: States | None = None
    """The same model under another seed: the ceiling; None where there is one seed."""


@dataclass(frozen=True, eq=False)
class ModelMaterial:
    """A model that can be run, and sentences (`reads: model`)."""

    model: "Model"
    """In evaluation mode."""
    untrained: "Model"
    """The same before training."""
    sources: Sequence[Sequence[int]]
    """Token ids of what it reads; a language model reads these."""
    targets: Sequence[Sequence[int]] = ()
    """Token ids of what it should write, one for each source; empty where it writes nothing."""
    writes: bool = False
    """Whether the sources are what a decoder writes: the model is a language model."""


@dataclass(frozen=True, eq=False)
class AttentionMaterial:
    """What a model looked at while it wrote (`reads: attention`), and what it should have looked at."""

    maps: "AttentionMaps"
    untrained: "AttentionMaps"
    alignments: Sequence[frozenset[tuple[int, int]]] | None = None
    """For each sentence the gold links (target word, source word), counted from 0; None where the corpus has none."""


@dataclass(frozen=True, eq=False)
class SelfAttentionMaterial:
    """What words look at in their own sentence (`reads: self-attention`), in the validation and the test sentences."""

    maps: Mapping[Split, "AttentionMaps"]
    untrained: Mapping[Split, "AttentionMaps"]
    trees: Mapping[Split, Sequence[Tree]]
    """The sentences that the maps are of."""
    causal: bool = False
    """Whether words look at none that come after them."""


@dataclass(frozen=True, eq=False)
class ScoresMaterial:
    """What a model's evaluation measured, sentence by sentence (`reads: scores`)."""

    measurements: Sequence[Measurement]
    """Those whose items are sentences, baselines among them."""
    source_lengths: Ints
    """(N,): tokens of each source."""
    target_lengths: Ints
    """(N,): tokens of each reference."""
