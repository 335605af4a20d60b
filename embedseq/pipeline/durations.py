"""How long stages will take: guesses from earlier runs and from what specs ask for. Only the order of work depends on them."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from statistics import median
from typing import Any

from embedseq.pipeline.runs import newest_first
from embedseq.pipeline.stage import EARLIER_SECONDS, Node
from embedseq.pipeline.store import Store

RUNS = 5
"""So many earlier runs are asked."""
SECONDS = {"train": 10.0, "word2vec": 2.0, "evaluate": 5.0}
"""Kind of stage -> seconds of one `effort`, before any of the kind was measured; of all others one."""


def guessed_seconds(nodes: Sequence[Node], measured: Mapping[str, float]) -> dict[str, float]:
    """For each node how long it took when it last ran, or, by its effort, what others of its kind took."""
    known: dict[str, list[float]] = {}
    for node in nodes:
        if node.id in measured:
            known.setdefault(node.kind, []).append(measured[node.id] / effort(node))
    rates = SECONDS | {kind: median(each) for kind, each in known.items()}
    return {node.id: measured.get(node.id, rates.get(node.kind, 1.0) * effort(node)) for node in nodes}


def measured_seconds(store: Store, pipeline: str, nodes: Iterable[Node]) -> dict[str, float]:
    """What the last runs of a pipeline tell of nodes by these names, whatever their specs were."""
    names = {node.id for node in nodes}
    found: dict[str, float] = {}
    for run in islice(newest_first(store, pipeline), RUNS):
        if any(node.status == "done" and name in names and name not in found for name, node in run.nodes.items()):
            earlier: dict[str, float] = {}
            for event in run.events():
                if event.get("node") not in names:
                    continue
                if event["event"] == "started":
                    earlier.pop(event["node"], None)
                elif event["event"] == "fact" and event["name"] == EARLIER_SECONDS:
                    earlier[event["node"]] = float(event["value"])
                elif event["event"] == "stage-ended" and event["status"] == "done":
                    found.setdefault(event["node"], float(event["seconds"]) + earlier.get(event["node"], 0.0))
    return found


def effort(node: Node) -> float:
    """How much a stage has to do, beside others of its kind; an epoch of a small model is about 2, a greedy search is 1."""
    match node.kind:
        case "train":
            return float(node.spec["train"]["epochs"]) * _size(node.spec["shape"])
        case "word2vec":
            settings = node.spec["settings"]
            return float(settings["epochs"]) * float(settings["dim"]) / 100.0
        case "evaluate":
            return float(node.spec["beam"])
        case _:
            return 1.0


def _size(shape: Mapping[str, Any]) -> float:
    """Of a model, roughly: the step by step work of recurrent layers takes some twice as long as a Transformer's."""
    sides = [
        {**shape, **{name: value for name, value in shape[side].items() if value is not None}} for side in ("encoder", "decoder")
    ]
    layers = sum(side["layers"] * (1.0 if side["architecture"] == "transformer" else 2.0) for side in sides)
    attention = shape["attention"]
    feeding = isinstance(attention, Mapping) and bool(attention.get("input_feeding"))
    size: float = 1.0 + layers * shape["dim"] / 128.0
    return 1.5 * size if feeding else size
