"""The pipeline file's grammar as typed, frozen settings; the packages' own settings are its parts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from embedseq.embeddings.settings import VectorFileSettings, Word2VecSettings
from embedseq.evaluation.settings import EvaluateSettings
from embedseq.models.settings import ModelShape
from embedseq.pipeline.file.claim_settings import ClaimSettings
from embedseq.probes.settings import ProbeSettings
from embedseq.settings import Expected, Settings
from embedseq.text.settings import DataSettings
from embedseq.training.settings import TrainSettings
from embedseq.training.tune_settings import TuneSettings

RESERVED = ("baseline", "control", "embeddings", "models", "random")
"""Words of the grammar, which cannot be names."""
SIDES = ("source", "target")


@dataclass(frozen=True)
class DecidedBy:
    """Which form of a mapping is meant: that of the first key it has, so that errors talk about one form only."""

    forms: tuple[tuple[str, type[Settings]], ...]
    otherwise: type[Settings]


def _different(values: tuple[Any, ...]) -> tuple[Any, ...]:
    twice = [value for index, value in enumerate(values) if value in values[:index]]
    if twice:
        raise ValueError(f"{twice[0]} is given twice")
    return values


Slug = Annotated[
    str,
    Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$"),
    Expected("a name made of a-z, 0-9, '-', '_' and '.', beginning with a letter or digit"),
]
Seeds = Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1), AfterValidator(_different)]
AxisValues = Annotated[tuple[Any, ...], Field(min_length=1)]


class ModelSettings(ModelShape):
    """An encoder-decoder: its shape, what it learns from, how it is trained and evaluated."""

    data: str
    """The name of the corpus in `data` that the model is trained, validated and tested on."""
    train: TrainSettings = TrainSettings()
    """How it is trained."""
    tune: TuneSettings | None = None
    """What of its training is chosen by trials on the validation split, the same ones for every arm; null tunes nothing."""
    evaluate: EvaluateSettings = EvaluateSettings()
    """How the test split is translated and scored."""
    matrix: Mapping[str, AxisValues] = {}
    """Axes of a comparison: a dotted field of the model (`architecture`, `train.lr`) and the values that it takes. Every
    combination is an arm of its own, called `translator[lstm,skipgram,frozen]` after its values."""


EmbeddingSpec = Annotated[
    Word2VecSettings | VectorFileSettings, DecidedBy((("file", VectorFileSettings),), otherwise=Word2VecSettings)
]

Bound = float | Literal["baseline", "control"]


class Comparison(Settings):
    """What a score is held against; exactly one of the four."""

    above: Bound | None = None
    """The score is higher: than a number, than the highest of its baselines, or than its control."""
    below: Bound | None = None
    """The score is lower."""
    at_least: Bound | None = None
    """The score is as high or higher."""
    at_most: Bound | None = None
    """The score is as low or lower."""

    @model_validator(mode="after")
    def _one_comparison(self) -> Self:
        given = [name for name in COMPARISONS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"expected one of {', '.join(COMPARISONS)}; found {' and '.join(given) or 'none of them'}")
        return self

    @property
    def comparison(self) -> tuple[str, Bound]:
        """The comparison and its bound: `("above", 25.0)`."""
        return next((name, bound) for name in COMPARISONS if (bound := getattr(self, name)) is not None)


COMPARISONS = ("above", "below", "at_least", "at_most")


class ScoreExpectation(Comparison):
    """A score of models on the test split."""

    of: str
    """A selector of models; it must hold for each of them."""
    score: str
    """One of their metrics, `bleu` for instance."""


class ProbeExpectation(Comparison):
    """A score that a probe found."""

    probe: str
    """The name of a probe of this file."""
    of: str | None = None
    """A selector among what the probe looks at; none means all of it."""
    score: str
    """The probe's score, `rho` for instance."""
    part: str | None = None
    """A part of the score: a set of word pairs, a layer, a band; none means all parts."""


class FileExpectation(Settings):
    """A file that the run wrote."""

    file: str
    """Its path inside the run, `report.html` for instance."""


ExpectationSpec = Annotated[
    ScoreExpectation | ProbeExpectation | FileExpectation,
    DecidedBy((("file", FileExpectation), ("probe", ProbeExpectation)), otherwise=ScoreExpectation),
]


class ReportSettings(Settings):
    """What the report says beside its tables and figures."""

    title: str | None = None
    """The title; none means the pipeline's name."""
    introduction: str = ""
    """What the pipeline asks, in plain paragraphs parted by empty lines."""


class PipelineSpec(Settings):
    """One pipeline: corpora, the vectors and models trained on them, the probes that look into both, and what is expected."""

    name: Slug
    """The pipeline's name; its runs are called after it."""
    seeds: Seeds = (1,)
    """Everything is trained once for each seed."""
    data: Mapping[Slug, DataSettings] = {}
    """The corpora by name."""
    embeddings: Mapping[Slug, EmbeddingSpec] = {}
    """The word vectors by name: trained here (`text`), or from a file (`file`)."""
    models: Mapping[Slug, ModelSettings] = {}
    """The models by name; one with a `matrix` stands for several arms."""
    probes: Mapping[Slug, ProbeSettings] = {}
    """The probes by name."""
    claims: Mapping[Slug, ClaimSettings] = {}
    """Sentences about the models and embeddings, each with the contrast that decides it; the report says what became of them."""
    report: ReportSettings = ReportSettings()
    """The report."""
    expect: tuple[ExpectationSpec, ...] = ()
    """Assertions that `embedseq test` checks after a run."""
    profiles: Mapping[Slug, Mapping[str, Any]] = {}
    """Named sets of overrides for `--profile NAME`, nested as in this file or with dotted keys. Mappings are merged; lists,
    single values and mappings of another form replace. `null` takes an entry out of `data`, `embeddings`, `models`, `probes`,
    `claims` or `matrix`; elsewhere it is the value null."""


def text_of(settings: Word2VecSettings) -> tuple[str, str]:
    """The corpus and the side that an embedding is trained on: `captions.source` -> `("captions", "source")`."""
    corpus, _, side = settings.text.rpartition(".")
    return corpus, side
