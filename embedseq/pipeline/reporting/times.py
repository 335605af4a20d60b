"""The log of a run -> where the time of its stages went."""

from collections.abc import Iterator

from embedseq.pipeline.run import Run
from embedseq.report.times import OperatorTime, StageTimes, TraceFacts

RAN = ("done", "failed")


def stage_times(run: Run) -> Iterator[StageTimes]:
    """Each stage that ran."""
    for name, node in run.record.nodes.items():
        seconds = run.log.seconds(name) if node.status in RAN else None
        if seconds is not None:
            parts = ("loading", "verifying", "preparing", "work", "writing")
            told = {part: run.log.fact(name, f"{part}_seconds") for part in parts}
            yield StageTimes(
                name, seconds, waited=run.log.fact(name, "waited"), processor=run.log.fact(name, "cpu_seconds"), **told
            )


def traces(run: Run) -> Iterator[TraceFacts]:
    """Each training of this run that was traced."""
    for name, node in run.record.nodes.items():
        told = run.log.fact(name, "trace") if node.status in RAN else None
        if told is None:
            continue
        on_device = any(each["device_seconds"] for each in told["operators"])
        which = "device_seconds" if on_device else "seconds"
        operators = tuple(OperatorTime(each["name"], each["calls"], each[which]) for each in told["operators"])
        numbers = {field: told[field] for field in ("file", "first", "last", "seconds", "busy_seconds", "validations")}
        yield TraceFacts(stage=name, operators=operators, replicas=told.get("replicas", 1), **numbers)
