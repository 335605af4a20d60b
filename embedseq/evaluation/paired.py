"""sacrebleu's own paired test of two sets of translations: approximate randomisation over sentences (Riezler and Maxwell 2005).

It knows one run of each system. For several seeds at once, and for other metrics, `statistics.permutation` does the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Literal

PairedMetric = Literal["bleu", "bleu-lc", "chrf"]


@dataclass(frozen=True)
class PairedScores:
    """Two scores on the same texts, and how likely so large a difference is if the systems are interchangeable."""

    first: float
    second: float
    effect: float
    """First less second, in points."""
    p: float
    """Two-sided."""
    signature: str
    """sacrebleu's, with its seed and number of draws."""


def paired_test(
    metric: PairedMetric,
    first: Sequence[str],
    second: Sequence[str],
    references: Sequence[Sequence[str]],
    draws: int = 10_000,
) -> PairedScores:
    """Of detokenised texts; every text has one reference or several. Texts that do not pair are a ValueError.

    The seed is sacrebleu's: 12345, or what the environment says in SACREBLEU_SEED.
    """
    from sacrebleu.significance import PairedTest

    if not len(first) == len(second) == len(references) or not all(references) or not references:
        raise ValueError(
            f"Expected references for each text of both systems, not {len(references)} for {len(first)} and {len(second)} texts."
        )
    # sacrebleu wants the first reference of each, then the second, with None where there are fewer.
    streams = [list(each) for each in zip_longest(*references)]
    systems: list[tuple[str, Sequence[str]]] = [("second", list(second)), ("first", list(first))]
    signatures, scores = PairedTest(systems, {metric: _scorer(metric)}, streams, "ar", n_samples=draws)()
    name = next(iter(signatures))  # sacrebleu renames the metric
    of_metric: Any = scores[name]
    baseline, system = of_metric
    effect = float(system.score - baseline.score)
    return PairedScores(float(system.score), float(baseline.score), effect, float(system.p_value), str(signatures[name]))


def _scorer(metric: PairedMetric) -> Any:
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    # `force` only silences the warning about text that looks tokenised already.
    return CHRF() if metric == "chrf" else BLEU(lowercase=metric == "bleu-lc", force=True)
