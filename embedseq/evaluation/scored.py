"""The measurement of a score or of what it is held against, from its items."""

from embedseq.evaluation.metrics import STATISTICS
from embedseq.statistics.bootstrap import Floats, statistic_value
from embedseq.statistics.measurement import Better, Measurement


def scored(
    score: str,
    statistic: str,
    items: Floats,
    baseline: str = "",
    better: Better = "higher",
    signature: str = "",
    coverage: float = 1.0,
) -> Measurement:
    """What `statistic` makes of items (N, K). With the name of a `baseline` it is that baseline and no score of the model's own.

    The subject is left open: who measures does not know what the pipeline file calls the model.
    """
    return Measurement(
        subject="",
        score=score,
        role="baseline" if baseline else "score",
        label=baseline,
        value=statistic_value(statistic, items, STATISTICS),
        statistic=statistic,
        items=items,
        coverage=coverage,
        better=better,
        signature=signature,
    )
