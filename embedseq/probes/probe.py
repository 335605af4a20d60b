"""What a probe says of itself, what its settings begin with, and what it finds. Light to import: no torch, SciPy or scikit-learn.

A probe is one file in `kinds/`, called after it, with three things: a subclass of `ProbeSettings` whose `kind` is its name, an
`ABOUT`, and a function `measure(material, settings) -> Found`. What the material is, `ABOUT.reads` says (see `material.py`). One
that reads files may have a function `check_files(settings, base)` beside them, which raises RequestError where one is faulty.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from embedseq.settings import Later, Settings
from embedseq.statistics.measurement import Measurement, Role

UNTRAINED = "untrained model"
"""The name of the baseline that is the same model before training."""
Level = Literal["word", "token", "sentence", "memory", "attention", "geometry"]
Reads = Literal["vectors", "states", "attention", "self-attention", "model", "pair", "scores"]


@dataclass(frozen=True)
class Score:
    """One number that a probe gives, and how it is shown."""

    name: str
    """As in its measurements and in `expect`: `accuracy`."""
    title: str = ""
    """For people: `Spearman's ρ`; the name where empty."""
    unit: str = ""
    """`%`, `bits a word`."""
    factor: float = 1.0
    """What takes a value into its unit."""
    items: str = "words"
    """What is counted by n."""
    roles: tuple[Literal["baseline", "control"], ...] = ()
    """What it is held against, so that `expect` may name it."""
    note: str = ""
    """A sentence below its table."""
    baselines: tuple[str, ...] = ()
    """The names of its baselines, beside those that the settings ask for (`ProbeSettings.beside`)."""
    controls: tuple[str, ...] = ()
    """The names of its controls."""


@dataclass(frozen=True)
class ProbeAbout:
    """What a probe says of itself."""

    name: str
    level: Level
    question: str
    """What it asks, in one line without a full stop: `can a classifier read the part of speech off a state`."""
    equation: str
    """What it measures, as a formula or in a few words."""
    paper: str
    control: str
    """What its number is held against, and the null that this stands for."""
    statistic: str
    """What the interval is over: `ratio of sums over words, bootstrapped`."""
    reads: Reads
    scores: tuple[Score, ...] = ()
    """None for something to look at."""
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Fields of the settings that list files, and the names among them that need none since they are bundled."""
    compares_with_before: bool = False
    """Whether it reads the vectors that were handed over, too; it then looks at models with tuned vectors alone."""
    aligned: bool = False
    """Whether it needs a corpus of which it is known which words belong together."""
    erases: bool = False
    """Whether attention maps must have the effect of erasing each word, which costs a run for every source word."""
    describes: bool = False
    """Whether its numbers describe: neither more nor less is better by itself."""
    writers: bool = False
    """Whether it needs models that write text: language models and encoder-decoders."""
    several_layers: bool = False
    """Whether it compares layers with each other, so that the last alone does not do."""
    beside_embedding: bool = False
    """Whether it also looks at the embedded words, which layers are held against, where it is to look at the last layer alone."""
    above_embedding: bool = False
    """Whether the embedded words are what the layers above them are held against, and no layer that is measured."""
    part: str = "part"
    """What tells measurements of one score apart: `layer`, `set`, `distance`."""
    ordered: bool = False
    """Whether the parts stand in a row, so that their numbers make a curve."""
    version: int = 1
    """Raised when the same settings and material give other measurements; part of the key of its stage."""


@dataclass(frozen=True)
class Found:
    """What a probe found. Subjects of the measurements are empty: who asked knows them."""

    measurements: Sequence[Measurement] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    """Further facts for the report, JSON-like."""


def _ascending(values: tuple[int, ...]) -> tuple[int, ...]:
    if list(values) != sorted(set(values)):
        raise ValueError(f"expected numbers in ascending order; found {', '.join(map(str, values))}")
    return values


Ascending = Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1), AfterValidator(_ascending)]
"""Some whole numbers from 1 on, each larger than the one before."""


class ProbeSettings(Settings):
    """What every probe's settings begin with. A subclass of its own adds `kind: Literal["its-name"]` first."""

    of: str
    """A selector of what the probe looks at."""

    def beside(self) -> tuple[str, ...]:
        """The names of the baselines of every score that these settings ask for."""
        return ()

    def possible_parts(self, score: str, role: Role, layers: Sequence[str] | None) -> tuple[str, ...] | None:
        """Every part that a score, or what it is held against, can have in a model of which these layers are measured, where that
        is known; what is measured as a whole has the part "". None where they cannot be told, or are the layers."""
        return None

    def most_numbered(self, score: str) -> int | None:
        """How many parts with a number of its own in the name a score has at most, for a trend over them; None: that cannot be
        told, or they are layers."""
        return None


class VectorsProbeSettings(ProbeSettings):
    """A probe of tables of word vectors."""

    of: str = "embeddings"
    """A selector of embeddings, or of models (their source vectors)."""


class CapturedSettings(ProbeSettings):
    """A probe of hidden states, layer by layer, on the sentences of a corpus with trees."""

    of: str
    """A selector of models."""
    data: str
    """A corpus of this file with `task: trees`, or a generated one: the words that are read."""
    side: Literal["source", "target"] = "source"
    """Which side of generated pairs is looked at: `source` means what encoders (and language models) read, `target` what decoders
    read, teacher-forced."""
    layers: Literal["all", "last"] = "all"
    """Which layers are looked at; the embedded words are the first."""
    pieces: Literal["mean", "first", "last"] = "mean"
    """How the states of a word's pieces become one."""


class StatesProbeSettings(CapturedSettings):
    """A probe of the states of one model."""

    untrained: bool = True
    """Also look into a copy of each model with its weights as they were before training, as a baseline."""
    nulls: tuple[Literal["permuted", "random"], ...] = ()
    """Further baselines: the model's states permuted across words, random states of the same norms."""

    def beside(self) -> tuple[str, ...]:
        """The names of the baselines of every score that these settings ask for."""
        from embedseq.probes.null_states import NULLS

        return (*((UNTRAINED,) if self.untrained else ()), *(NULLS[name].label for name in self.nulls))


class FittedProbeSettings(StatesProbeSettings):
    """A probe that fits something on the states of one model."""

    width: Annotated[Annotated[int, Field(ge=1)] | None, Later()] = None
    """Look at so many principal components of the states, as the training words have them, so that probes of models and layers of
    different widths have the same number of weights; null looks at all of each."""


class SelfAttentionProbeSettings(ProbeSettings):
    """A probe of what the words of a sentence look at in their own sentence."""

    of: str
    """A selector of models with self-attention."""
    data: str
    """A corpus of this file with `task: trees`, or a generated one: the words that are read."""
    side: Literal["source", "target"] = "source"
    """Which side of generated pairs is looked at: `source` means what encoders (and language models) read, `target` what decoders
    read, teacher-forced."""
    sentences: Annotated[int, Field(ge=1)] = 500
    """How many sentences of its validation split and of its test split are read: the first ones."""


class ModelProbeSettings(ProbeSettings):
    """A probe that runs a model itself."""

    of: str
    """A selector of models."""
