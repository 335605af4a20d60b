"""Scores of texts that models wrote, held against one or several references each: sacrebleu, ROUGE, equality."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from embedseq.evaluation.metrics import STATISTICS
from embedseq.evaluation.rouge import RougeMetric, rouge_items, rouge_signature
from embedseq.evaluation.scored import scored
from embedseq.statistics.measurement import Measurement

Floats = NDArray[np.float64]
CountedMetric = Literal["bleu", "bleu-lc", "chrf"]
"""What sacrebleu counts."""
TextMetric = CountedMetric | RougeMetric | Literal["exact-match"]
TEXT_METRICS: tuple[TextMetric, ...] = (*get_args(CountedMetric), *get_args(RougeMetric), "exact-match")


def score_texts(
    metrics: Sequence[TextMetric], outputs: Sequence[str], references: Sequence[Sequence[str]], baseline: str = ""
) -> list[Measurement]:
    """The metrics of detokenised texts, with an item each; every text has one reference or several.

    BLEU and chrF take several references as sacrebleu does, ROUGE the one to which the output comes nearest. With the name of a
    `baseline` the measurements say that they are that baseline and no score of the subject's own.
    """
    _check(outputs, references)
    return [_scored(metric, *_items(metric, outputs, references), baseline) for metric in metrics]


def score_alternatives(
    metrics: Sequence[TextMetric], outputs: Sequence[Sequence[str]], references: Sequence[Sequence[str]], baseline: str
) -> list[Measurement]:
    """The baseline that hands in any one of several texts, each as likely: the items are the means over these texts."""
    _check(outputs, references)
    flat = [text for texts in outputs for text in texts]
    repeated = [held for texts, held in zip(outputs, references, strict=True) for _ in texts]
    first = np.cumsum([0, *(len(texts) for texts in outputs)])[:-1]
    sizes = np.array([[len(texts)] for texts in outputs])
    measured = []
    for metric in metrics:
        items, signature = _items(metric, flat, repeated)
        measured.append(_scored(metric, np.add.reduceat(items, first) / sizes, signature, baseline))
    return measured


def _check(outputs: Sequence[object], references: Sequence[Sequence[str]]) -> None:
    if len(outputs) != len(references) or not references:
        raise ValueError(f"Expected references for each output, and some, not {len(references)} for {len(outputs)}.")
    if not all(references):
        raise ValueError("Expected at least one reference for each output.")


def _items(metric: TextMetric, outputs: Sequence[str], references: Sequence[Sequence[str]]) -> tuple[Floats, str]:
    """What the metric makes of each text, (N, K), and how."""
    match metric:
        case "exact-match":
            hits = [float(output in of_output) for output, of_output in zip(outputs, references, strict=True)]
            return np.stack((np.array(hits), np.ones(len(hits))), axis=1), ""
        case "rouge-1" | "rouge-2" | "rouge-l":
            return rouge_items(metric, outputs, references), rouge_signature(references)
        case _:
            return _counts(metric, outputs, references)


def _counts(metric: CountedMetric, outputs: Sequence[str], references: Sequence[Sequence[str]]) -> tuple[Floats, str]:
    scorer = _scorer(metric)
    # sacrebleu wants the first reference of each, then the second, with None where there are fewer.
    streams = [list(stream) for stream in zip_longest(*references)]
    # Not in sacrebleu's public interface, but what its own significance tests are built on; a test compares with its scores.
    items = np.array(scorer._extract_corpus_statistics(list(outputs), streams), dtype=np.float64)
    return items, str(scorer.get_signature())


def _scorer(metric: CountedMetric) -> Any:
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    # `force` only silences the warning about text that looks tokenised already.
    return CHRF() if metric == "chrf" else BLEU(lowercase=metric == "bleu-lc", force=True)


def _scored(metric: TextMetric, items: Floats, signature: str, baseline: str) -> Measurement:
    return scored(metric, metric if metric in STATISTICS else "ratio", items, baseline, signature=signature)
