"""What a pipeline file says about the final evaluation on the test split. Light to import."""

from typing import Annotated, Literal

from pydantic import Field

from embedseq.decoding.settings import SearchSettings

Positive = Annotated[int, Field(ge=1)]
MetricName = Literal["bleu", "bleu-lc", "chrf", "accuracy", "macro-f1"]


class EvaluateSettings(SearchSettings):
    """What is translated, how, and what is scored."""

    metrics: tuple[MetricName, ...] = ("bleu", "bleu-lc", "chrf")
    """BLEU (Papineni et al. 2002; `bleu-lc`: both sides lower-cased) and chrF (Popović 2015) with sacrebleu; token accuracy and
    macro F1 of label sequences (for `task: restoration`)."""
    batch_tokens: Positive = 4096
    """The most source tokens (padding counted) in a batch; changes no result."""
    threads: Positive = 1
    """Threads of the stage."""
