"""What a report is made of: plain facts about one run, filled in by whoever ran it. No layout, no numbers turned into text.

All strings may hold anything that a corpus holds; the page escapes them. A quantity that does not exist is None, never NaN or 0.
Light to import.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from embedseq.report.examples import Examples, TokenExample
from embedseq.report.times import StageTimes, TraceFacts


@dataclass(frozen=True)
class RunFacts:
    """What it takes to do the run again."""

    name: str
    pipeline_file: str
    started: str  # date and time as they should be read
    seconds: float  # wall clock, up to now where the run has not ended
    machine: str
    versions: Mapping[str, str]  # package -> version
    seeds: tuple[int, ...]
    command: str
    state: Literal["ended", "interrupted", "running"] = "ended"


@dataclass(frozen=True)
class Amount:
    """How much one side of a corpus has in one split."""

    tokens: int  # or labels, or columns of images
    unknown: float | None = None  # the share outside the vocabulary, 0 to 1; None where there is no vocabulary


@dataclass(frozen=True)
class SplitFacts:
    """One split of a corpus."""

    split: str
    items: int
    sides: tuple[Amount, ...]  # in the order of the corpus's sides
    sentences: float | None = None  # in an item on average; None where an item is one sentence
    left_out: int = 0  # items over the length limit


@dataclass(frozen=True)
class SideFacts:
    """One side of a corpus after it was cut into tokens."""

    name: str  # "source", "source2", "target"
    language: str = ""  # "en", where it is known; of labels what they say, "upos"
    vocabulary: int | None = None  # how many tokens or labels there are; None of images
    pieces: Literal["tokens", "labels", "columns", "words"] = "tokens"
    column: int | None = None  # of images: how many numbers are in a column
    commonest: tuple[str, float] | None = None  # of labels: the commonest, and its share of the training split's, 0 to 1


@dataclass(frozen=True)
class CorpusFacts:
    """A corpus after it was cut into tokens."""

    name: str
    text: str  # where the text comes from, its licence
    sides: tuple[SideFacts, ...]
    splits: tuple[SplitFacts, ...]
    items: str = "sentences"  # what it consists of: "sentences", "texts", "images"
    tokens: str = ""  # how text became tokens: "words", "byte-pair pieces"
    joint: bool = False  # all sides have one vocabulary
    examples: tuple[TokenExample, ...] = ()


@dataclass(frozen=True)
class EmbeddingFacts:
    """A table of word vectors; tuples hold one number a seed."""

    name: str
    algorithm: str
    settings: str  # "dim 100, window 5, 20 epochs"
    words: tuple[int, ...]
    coverage: float | None = None  # share of the corpus's running words that have a vector, 0 to 1
    coverage_types: float | None = None  # share of the vocabulary's words that have a vector, 0 to 1
    mean_cosine: tuple[float | None, ...] = ()  # over random pairs of words; near 1 the vectors have collapsed
    words_per_second: tuple[float | None, ...] = ()
    workers_note: str = ""  # "1 worker: repeatable bit for bit"
    held_out: tuple[float | None, ...] = ()
    """How often words that stand together in held-out text are nearer than words put together at random."""


@dataclass(frozen=True)
class CurvePoint:
    """The losses at the end of an epoch, nats a token. A loss that is no number (NaN) is left out of the figure."""

    epoch: int
    train_loss: float
    valid_loss: float
    score: float | None = None  # of the validation split, where epochs are compared by one; in the score's unit


@dataclass(frozen=True)
class SeedFacts:
    """One training of an arm."""

    seed: int
    epochs: int
    best_epoch: int | None = None
    seconds: float | None = None
    tokens_per_second: float | None = None
    peak_memory: int | None = None  # bytes, of the process that trained
    curve: tuple[CurvePoint, ...] = ()
    best_by: str = ""  # the score by which epochs are compared, "chrF"; empty for the loss
    interrupted: bool = False  # and gone on with; its seconds are those of all its parts


@dataclass(frozen=True)
class HandOffFacts:
    """What one side of a model got from an embedding."""

    side: str  # "source", "target"
    embedding: str
    coverage: float  # share of the side's running words that got a trained vector, 0 to 1
    missing: tuple[str, ...] = ()  # words without one, the commonest first


@dataclass(frozen=True)
class TrialFacts:
    """One training with values that might be chosen."""

    values: tuple[str, ...]  # one for each field that is tuned
    loss: float | None  # of validation, at its best epoch; None where training failed
    best_epoch: int | None = None
    chosen: bool = False
    best_by: str = "loss"  # what trials are compared by
    score: float | None = None  # at its best epoch, where that is not the loss


@dataclass(frozen=True)
class TuningFacts:
    """What of an arm's training was chosen by trials."""

    fields: tuple[str, ...]  # "lr", "dropout"
    trials: tuple[TrialFacts, ...]
    seed: int
    length: str  # of a trial: "20 epochs"
    edges: tuple[str, ...] = ()  # what was chosen from the end of a list: "lr 0.003, the largest of its list"

    @property
    def chosen(self) -> TrialFacts:
        """The trial whose values the arm is trained with."""
        return next(trial for trial in self.trials if trial.chosen)


@dataclass(frozen=True)
class ArmFacts:
    """One model of a comparison, over all seeds."""

    label: str  # the selector: "restorer[lstm,random]"
    architecture: str
    embedding: str  # "random", "skipgram"
    hand_off: str  # "random", "frozen", "tuned", "gradual"
    attention: str  # "additive"; empty where nothing is looked at
    parameters: int  # 0 where the model was never built
    trainable: int
    seeds: tuple[SeedFacts, ...] = ()  # those that were trained
    handoffs: tuple[HandOffFacts, ...] = ()
    frozen_rows: int | None = None  # None: nothing is frozen
    expert_loads: tuple[tuple[float, ...], ...] = ()  # each mixture's share of tokens by expert, 0 to 1, of the first seed
    failure: str | None = None
    kind: str = ""  # "tagger", "language model"; an encoder-decoder is not told
    corpus: str = ""
    answers: Literal["tokens", "labels", "masked tokens"] = "tokens"  # what it predicts; its loss is the mean over them
    yardstick: str = ""  # the losses of models with the same one may be compared with each other
    truth: str = ""  # the scores of models with the same one are held against the same true texts or labels
    tuning: TuningFacts | None = None  # None: nothing was tuned, or nothing could be chosen


@dataclass(frozen=True)
class Lead:
    """How far a score is above a reference, with its interval over the same seeds and items, in the score's unit."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Reference:
    """What a score is held against: a baseline or a control, in the score's unit. An undefined value is None."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    lead: Lead | None = None  # None where the two were not measured on the same items, or on one only


@dataclass(frozen=True)
class ScoreRow:
    """One score, in the table's unit. `low` and `high` are the ends of its interval. An undefined number is None."""

    subject: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    seeds: int = 1
    coverage: float | None = None  # share of the items that could be scored, 0 to 1
    baselines: tuple[Reference, ...] = ()
    controls: tuple[Reference, ...] = ()
    signature: str = ""  # sacrebleu's
    part: str = ""  # a layer, a set, a band
    per_seed: tuple[float | None, ...] = ()
    problem: str = ""  # why there is no value


@dataclass(frozen=True)
class ScoreTable:
    """Scores that may be compared with each other."""

    metric: str  # "BLEU", "accuracy", "Spearman's ρ"
    rows: tuple[ScoreRow, ...]
    title: str = ""  # "WordSim-353"; the metric where empty
    unit: str = ""  # "%" for values from 0 to 100; empty for plain numbers
    better: Literal["higher", "lower", "neither"] = "higher"
    items: str = "items"  # what n counts: "sentences", "word pairs"
    subjects: str = "models"  # what the rows are: "models", "vectors"
    probe: str = ""  # the probe that it is of; empty for scores of models
    part_name: str = "part"  # what `part` is: "layer"
    ordered: bool = False  # its parts stand in a row: layers, distances, lengths
    level: float = 0.95
    note: str = ""
    expected: tuple[str, ...] = ()  # the models that should have a row


Level = Literal["word", "token", "sentence", "memory", "attention", "geometry"]


@dataclass(frozen=True)
class AlsoFound:
    """What a probe found of one subject beside its scores, as JSON-like values; of several seeds the first's."""

    subject: str
    found: Mapping[str, Any]


@dataclass(frozen=True)
class ProbeFacts:
    """A probe: what it asks and how, and a table for each of its scores (or for each part of one, where they are sets)."""

    name: str  # in the pipeline file
    kind: str
    level: Level
    question: str  # "can a classifier read the tag off a state"
    equation: str
    paper: str
    control: str  # what its numbers are held against, and why
    statistic: str  # what the intervals are over
    settings: str = ""  # those that are not as they are unless told: "label number"
    tables: tuple[ScoreTable, ...] = ()  # those of its main score first
    also: tuple[AlsoFound, ...] = ()
    notes: tuple[str, ...] = ()  # what must be known before its numbers are compared


@dataclass(frozen=True)
class NeighbourColumn:
    """The nearest words in one set of vectors, nearest first; empty where the word has no vector."""

    vectors: str
    neighbours: tuple[tuple[str, float], ...]  # word, cosine


@dataclass(frozen=True)
class NeighbourTable:
    """The nearest words of one word, side by side."""

    word: str
    columns: tuple[NeighbourColumn, ...]


@dataclass(frozen=True)
class DriftBand:
    """Mean 1 - cosine between the vectors before and after tuning, over the `n` words of one frequency band."""

    label: str
    value: float | None  # None: undefined
    low: float | None
    high: float | None
    n: int
    problem: str = ""  # why there is no value
    baselines: tuple[Reference, ...] = ()


@dataclass(frozen=True)
class DriftFacts:
    """How far tuning moved the vectors of one arm."""

    arm: str
    bands: tuple[DriftBand, ...]  # commonest words first
    moved: tuple[tuple[str, float], ...] = ()  # word, 1 - cosine; the furthest first
    seeds: int = 1
    level: float = 0.95
    control: DriftBand | None = None  # words that training never saw


@dataclass(frozen=True)
class Expectation:
    """An assertion of the pipeline file."""

    sentence: str
    ok: bool
    found: str
    ran: bool = True  # whether that which would have shown it ran


@dataclass(frozen=True)
class ClaimFacts:
    """A sentence of the pipeline file and what became of it; numbers are in the unit of the score."""

    name: str
    says: str
    compared: str  # what was held against what: "chrF of translator[lstm,tuned] less that of translator[lstm,random]."
    reason: str  # why the verdict is what it is, or why there is none
    verdict: str = ""  # "supported"; empty where it was not judged
    family: str = "claims"
    family_size: int = 1  # how many claims p is corrected for
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None  # corrected for the family
    n: int = 0
    seeds: int = 0
    smallest: float | None = None
    score: str = ""  # "chrF"
    unit: str = ""
    about_training: bool = False  # it holds for other seeds, too
    late: bool = False  # added after results existed
    notes: tuple[str, ...] = ()  # what else must be known of it


@dataclass(frozen=True)
class Failure:
    """Something that did not work, in words for people."""

    what: str
    message: str


@dataclass(frozen=True)
class CostRow:
    """One stage of the run; `seconds` is None where nothing was computed. What the run did not come to is `left`."""

    stage: str
    status: Literal["cached", "done", "failed", "skipped", "left"]
    seconds: float | None = None


@dataclass(frozen=True)
class Report:
    """Everything on the page, in the page's order. Empty parts are left out of it."""

    title: str
    introduction: str  # paragraphs parted by an empty line
    run: RunFacts
    findings: tuple[str, ...] | None = None  # None: computed by embedseq.report.findings
    failures: tuple[Failure, ...] = ()
    warnings: tuple[str, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    corpora: tuple[CorpusFacts, ...] = ()
    embeddings: tuple[EmbeddingFacts, ...] = ()
    neighbours: tuple[NeighbourTable, ...] = ()
    arms: tuple[ArmFacts, ...] = ()
    scores: tuple[ScoreTable, ...] = ()
    examples: tuple[Examples, ...] = ()
    drift: tuple[DriftFacts, ...] = ()
    probes: tuple[ProbeFacts, ...] = ()
    claims: tuple[ClaimFacts, ...] = ()
    costs: tuple[CostRow, ...] = ()
    times: tuple[StageTimes, ...] = ()
    traces: tuple[TraceFacts, ...] = ()
    pipeline_text: str = ""
    citation: str = ""
