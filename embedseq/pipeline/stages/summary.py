"""All measurements of a pipeline -> one table of summaries: each score over its seeds, with interval, baselines and controls.

The names that a pipeline file gives to what was measured are not in it, so that new names recompute nothing; `named` adds them.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from embedseq.pipeline.stage import StageContext, StageKind
from embedseq.pipeline.stages.records import read_record, write_record
from embedseq.statistics.measurement import Measurement, load_measurements


def named(folder: Path, measured: Sequence[Mapping[str, str]]) -> Iterator[dict[str, Any]]:
    """The lines of this stage's artifact for each of `measured`: the group's, with the `section` and `name` of what measured it
    and the `subject` that it measured."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in read_record(folder / "summary.json"):
        groups[line.pop("group")].append(line)
    for each in measured:
        names = {key: each[key] for key in ("section", "name", "subject")}
        for line in groups[each["group"]]:
            yield names | line


def run(context: StageContext) -> None:
    """Write `summary.json`: a list of summaries, each with the group of stages, one a seed, that measured it.

    A number that is undefined is null. What cannot be summarised at all is a line without a value; its `problem` says why, and
    is empty elsewhere.
    """
    numbers: dict[tuple[str, ...], list[Measurement]] = defaultdict(list)
    for group, roles in sorted(context.spec["groups"].items()):
        for role in roles:
            if role in context.inputs:
                for each in load_measurements(context.inputs[role] / "measurements"):
                    numbers[group, each.score, each.part, each.role, each.label].append(each)
    lines: list[dict[str, Any]] = []
    for done, (key, measurements) in enumerate(numbers.items(), start=1):
        lines.append({"group": key[0], **_line(measurements)})
        context.progress(done, len(numbers))
    write_record(context.output / "summary.json", lines)


def _line(measurements: Sequence[Measurement]) -> dict[str, Any]:
    """The summary of one number. A number that cannot be summarised must not cost the others their line."""
    from embedseq.evaluation.metrics import STATISTICS
    from embedseq.statistics.summary import summarise, undefined

    try:
        summary, problem = summarise(measurements, STATISTICS), ""
    except (ValueError, ArithmeticError) as error:
        summary, problem = undefined(measurements), str(error)
    numbers = {name: _defined(value) for name, value in asdict(summary).items() if name != "subject"}
    return {**numbers, "problem": problem}


def _defined(value: Any) -> Any:
    """JSON knows no NaN and no infinity: they become null."""
    if isinstance(value, tuple):
        return [_defined(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


STAGE = StageKind(name="summary", version=3, run=run)
