"""All measurements of a pipeline -> one table of summaries: each score over its seeds, with interval, baselines and controls."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from embedseq.pipeline.stage import StageContext, StageKind
from embedseq.pipeline.stages.records import write_record
from embedseq.statistics.measurement import Measurement, load_measurements


def run(context: StageContext) -> None:
    """Write `summary.json`: a list of summaries, each with the section and name of what measured it.

    A number that is undefined is null. What cannot be summarised at all is a line without a value; its `problem` says why, and
    is empty elsewhere.
    """
    groups: dict[tuple[Any, ...], list[Measurement]] = defaultdict(list)
    for node, what in context.spec["measured"].items():
        if node not in context.inputs:
            continue
        for measurement in load_measurements(context.inputs[node] / "measurements"):
            named = replace(measurement, subject=what["subject"])
            key = (what["section"], what["name"], what["subject"], named.score, named.part, named.role, named.label)
            groups[key].append(named)
    rows: list[dict[str, Any]] = []
    for done, (key, measurements) in enumerate(groups.items(), start=1):
        rows.append({"section": key[0], "name": key[1], **_line(measurements)})
        context.progress(done, len(groups))
    write_record(context.output / "summary.json", rows)


def _line(measurements: Sequence[Measurement]) -> dict[str, Any]:
    """The summary of one number. A number that cannot be summarised must not cost the others their line."""
    from embedseq.evaluation.metrics import STATISTICS
    from embedseq.statistics.summary import summarise, undefined

    try:
        summary, problem = summarise(measurements, STATISTICS), ""
    except (ValueError, ArithmeticError) as error:
        summary, problem = undefined(measurements), str(error)
    return {**{name: _defined(value) for name, value in asdict(summary).items()}, "problem": problem}


def _defined(value: Any) -> Any:
    """JSON knows no NaN and no infinity: they become null."""
    if isinstance(value, tuple):
        return [_defined(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


STAGE = StageKind(name="summary", version=2, run=run)
