"""What a pipeline file says about the final evaluation on the test split, and which scores fit which model. Light to import."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from embedseq.decoding.settings import SearchSettings
from embedseq.settings import Later, one_thread_each

Positive = Annotated[int, Field(ge=1)]
MetricName = Literal[
    "bleu",
    "bleu-lc",
    "chrf",
    "rouge-1",
    "rouge-2",
    "rouge-l",
    "exact-match",
    "accuracy",
    "macro-f1",
    "unknown-accuracy",
    "perplexity",
    "word-perplexity",
]
METRICS: Mapping[str, tuple[MetricName, ...]] = {
    "pairs": ("bleu", "bleu-lc", "chrf", "rouge-1", "rouge-2", "rouge-l", "exact-match"),
    "restoration": ("accuracy", "macro-f1"),
    "language-model": ("perplexity", "word-perplexity"),
    "masked-language-model": ("accuracy", "perplexity"),
    "tagger": ("accuracy", "macro-f1", "unknown-accuracy"),
    "classifier": ("accuracy", "macro-f1"),
}
"""What is measured (`measured_as`) -> the metrics that fit it."""
LOWER = ("loss", "perplexity", "word-perplexity")
"""Scores of which less is better."""
OF_TOKENS = ("loss", "perplexity")
"""Scores a token: models with other tokens have others to predict."""
USUAL: Mapping[str, tuple[MetricName, ...]] = {**METRICS, "pairs": ("bleu", "bleu-lc", "chrf")}
"""What is measured -> the metrics that it gets unless others are named."""


class EvaluateSettings(SearchSettings):
    """What is translated, how, and what is scored."""

    metrics: tuple[MetricName, ...] | None = None
    """BLEU (Papineni et al. 2002; `bleu-lc`: both sides lower-cased) and chrF (Popović 2015) with sacrebleu; ROUGE (Lin 2004)
    with rouge-score; `exact-match`, the share of outputs that are a reference to the letter; accuracy and macro F1 of labels
    (`unknown-accuracy`: of the words that the training split lacks); perplexity of a language model, per token and per word.
    None means those usual for the task: `embedseq list metrics` says which."""
    batch_tokens: Positive = 4096
    """The most source tokens (padding counted) in a batch; changes no result, but for the last digits of sums."""
    threads: Positive = 1
    """Threads of the stage."""
    replicas: Annotated[Positive, Later()] = 1
    """Processes of one thread each that share the sentences which an encoder-decoder translates, and thereby do the most of its
    evaluation. On a CPU a Transformer is faster so than with as many `threads`, a recurrent model no faster; changes no result,
    but for the last digits of sums. Models of other kinds have nothing to share out, and are refused."""

    @property
    def cores(self) -> int:
        """The cores that the evaluation keeps busy."""
        return self.threads * self.replicas

    _one_thread_each = model_validator(mode="after")(one_thread_each)


def measured_as(kind: str, task: str) -> str:
    """The key of `METRICS` for a model of this kind on a corpus of this task: an encoder-decoder is scored by what it writes."""
    return task if kind == "encoder-decoder" else kind


def fitting_metrics(kind: str, task: str) -> tuple[MetricName, ...]:
    """The metrics that a model of this kind may be given on a corpus of this task; none where the two do not go together."""
    return METRICS.get(measured_as(kind, task), ())


def usual_metrics(kind: str, task: str) -> tuple[MetricName, ...]:
    """The metrics that it gets where the pipeline file names none."""
    return USUAL.get(measured_as(kind, task), ())
