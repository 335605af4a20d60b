"""All measurements of a pipeline -> one table of summaries: each score over its seeds, with interval, baselines and controls."""

from collections import defaultdict
from dataclasses import asdict, replace
from typing import Any

from embedseq.pipeline.stage import StageContext, StageKind
from embedseq.pipeline.stages.records import write_record
from embedseq.statistics.measurement import Measurement, load_measurements


def run(context: StageContext) -> None:
    """Write `summary.json`: a list of summaries, each with the section and name of what measured it."""
    from embedseq.evaluation.metrics import STATISTICS
    from embedseq.statistics.summary import summarise

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
        rows.append({"section": key[0], "name": key[1], **asdict(summarise(measurements, STATISTICS))})
        context.progress(done, len(groups))
    write_record(context.output / "summary.json", rows)


STAGE = StageKind(name="summary", version=1, run=run)
