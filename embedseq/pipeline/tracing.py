"""Where a traced run keeps what torch's profiler saw: beside its log, never in artifacts."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from embedseq.pipeline.stage import Node

FOLDER = "traces"


def traced(nodes: Sequence[Node], run: Path) -> tuple[Node, ...]:
    """The nodes, of which those that train are told a file below the folder of the run; their keys stay what they are."""
    return tuple(_told(node, place, run / FOLDER) if node.kind == "train" else node for place, node in enumerate(nodes, start=1))


def traces_in(run: Path) -> tuple[Path, ...]:
    """The traces in the folder of a run."""
    return tuple(sorted((run / FOLDER).glob("*.json.gz")))


def _told(node: Node, place: int, folder: Path) -> Node:
    """Two names may differ in characters alone that a file's name should not have, so their places are in it, too."""
    name = re.sub(r"[^\w.-]+", "-", node.id).strip("-")
    return replace(node, execution={**node.execution, "trace": str(folder / f"{place}-{name}.json.gz")})
