"""Times, speeds and other facts of execution, from the log of the run in which a stage ran."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from embedseq.pipeline import runs
from embedseq.pipeline.stage import EARLIER_SECONDS
from embedseq.pipeline.store import Store


class RunLog:
    """Facts by stage. What no log knows is None."""

    def __init__(self, record: runs.Run, store: Store) -> None:
        self.record, self.store = record, store

    def seconds(self, node: str) -> float | None:
        """How long the stage took when it ran."""
        found = self._logs.get(node, {}).get("seconds")
        return None if found is None else float(found)

    def seconds_in_all(self, node: str) -> float | None:
        """The same, with what it had done before it was interrupted and this run went on from there."""
        found = self.seconds(node)
        return None if found is None else found + float(self.fact(node, EARLIER_SECONDS) or 0.0)

    def fact(self, node: str, name: str) -> Any:
        """The last value that the stage told of a fact."""
        return self._logs.get(node, {}).get(name)

    @cached_property
    def ended(self) -> float:
        """When the run ended, in seconds since 1970; for one that did not say so, when something was last heard of it."""
        if self.record.ended is not None:
            return self.record.ended
        return max((float(event["time"]) for event in self.record.events()), default=self.record.started)

    @cached_property
    def _logs(self) -> dict[str, dict[str, Any]]:
        """Stage -> its facts, from the run in which the artifact of this run was made, whatever the stage was called there."""
        keys = {name: node.key for name, node in self.record.nodes.items() if node.key is not None}
        wanted = set(keys.values())
        logs: dict[str, dict[str, Any]] = {}
        for run in self._runs():
            ran = {name: node.key for name, node in run.nodes.items() if node.status in ("done", "failed")}
            made = {name: key for name, key in ran.items() if key is not None and key in wanted and key not in logs}
            if made:
                logs |= {made[name]: facts for name, facts in _facts(run, set(made)).items()}
            if len(logs) == len(wanted):
                break
        return {name: logs[key] for name, key in keys.items() if key in logs}

    def _runs(self) -> Iterator[runs.Run]:
        """This run, then the pipeline's others, the newest first."""
        yield self.record
        for run in runs.newest_first(self.store, self.record.pipeline):
            if run.name != self.record.name:
                yield run


def _facts(run: runs.Run, nodes: set[str]) -> dict[str, dict[str, Any]]:
    facts: dict[str, dict[str, Any]] = {node: {} for node in nodes}
    for event in run.events():
        node = event.get("node")
        if node not in nodes:
            continue
        if event["event"] == "fact":
            facts[node][event["name"]] = event["value"]
        elif event["event"] == "started":
            facts[node]["waited"] = event.get("waited")
            facts[node].pop(EARLIER_SECONDS, None)  # that of an execution whose artifact was lost again
        elif event["event"] == "stage-ended":
            facts[node]["seconds"] = event["seconds"]
    return facts
