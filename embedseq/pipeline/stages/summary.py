"""The measurements of one subject under all seeds -> its summaries: each score with interval, baselines and controls.

Nothing here knows what the pipeline file calls the subject, so that new names recompute nothing.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from embedseq.pipeline.stage import StageContext, StageKind
from embedseq.pipeline.stages.records import write_record
from embedseq.statistics.measurement import Measurement, load_measurements


def run(context: StageContext) -> None:
    """Write `summary.json`, a list of summaries. The roles of the inputs are the numbers of the seeds, from 0.

    A number that is undefined is null. What cannot be summarised at all is a line without a value; its `problem` says why, and
    is empty elsewhere. The line of a baseline or a control has the `difference` of the score less itself, paired by seed and
    item, where both were measured on the same items, else null.
    """
    numbers: dict[tuple[str, ...], list[Measurement]] = defaultdict(list)
    for role in sorted(context.inputs, key=int):
        for each in load_measurements(context.inputs[role] / "measurements"):
            numbers[each.score, each.part, each.role, each.label].append(each)
    lines: list[dict[str, Any]] = []
    for done, ((score, part, role, _), measurements) in enumerate(numbers.items(), start=1):
        own = () if role == "score" else numbers.get((score, part, "score", ""), ())
        lines.append({**_line(measurements), "difference": _difference(own, measurements)})
        context.progress(done, len(numbers))
    write_record(context.output / "summary.json", lines)


def _line(measurements: Sequence[Measurement]) -> dict[str, Any]:
    """The summary of one number. A number that cannot be summarised must not cost the others their line."""
    from embedseq.probes.statistics import STATISTICS
    from embedseq.statistics.summary import summarise, undefined

    try:
        summary, problem = summarise(measurements, STATISTICS), ""
    except (ValueError, ArithmeticError) as error:
        summary, problem = undefined(measurements), str(error)
    numbers = {name: _defined(value) for name, value in asdict(summary).items() if name != "subject"}
    return {**numbers, "problem": problem}


def _difference(own: Sequence[Measurement], held: Sequence[Measurement]) -> dict[str, Any] | None:
    """How far the score is above what it is held against; None where there is no score, or they cannot be paired."""
    from embedseq.probes.statistics import STATISTICS
    from embedseq.statistics.summary import compare

    if not own:
        return None
    try:
        found = compare(own, held, STATISTICS)
    except (ValueError, ArithmeticError):
        return None
    return {name: _defined(getattr(found, name)) for name in ("value", "low", "high")}


def _defined(value: Any) -> Any:
    """JSON knows no NaN and no infinity: they become null."""
    if isinstance(value, tuple):
        return [_defined(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


STAGE = StageKind(name="summary", version=4, run=run, reads={"*": ("measurements/*",)})
