"""The graph of nodes: whether it is one, which part of it is asked for, and what should begin first."""

import difflib
import graphlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from embedseq.errors import RequestError
from embedseq.pipeline.stage import Node


def in_order(nodes: Sequence[Node], only: Collection[str] | None = None) -> tuple[Node, ...]:
    """The nodes with each behind its inputs, otherwise as declared; with `only`, these and all that they need.

    Raises RequestError for an unknown or repeated id and for a circle.
    """
    by_id = {node.id: node for node in nodes}
    if repeated := [name for name, count in Counter(node.id for node in nodes).items() if count > 1]:
        raise RequestError(f"two stages are called {repeated[0]!r}; ids must be unique")
    for node in nodes:
        for role, source in node.inputs.items():
            if source not in by_id:
                raise RequestError(
                    f"{node.id}: its input {role!r} is {source!r}, which is no stage. {_nearest(source, by_id)}".rstrip()
                )
    wanted = by_id.keys() if only is None else _closure(by_id, only)
    return tuple(by_id[name] for name in _sorted(by_id) if name in wanted)


def path_seconds(nodes: Sequence[Node], seconds: Mapping[str, float]) -> dict[str, float]:
    """For each node of an ordered graph the time of the longest path that begins with it: long ones should begin first, so that
    none of them is left over at the end, alone on its core. A node that is not in `seconds` takes one second."""
    own = {node.id: seconds.get(node.id, 1.0) for node in nodes}
    after = dict.fromkeys(own, 0.0)
    for node in reversed(nodes):
        for source in node.inputs.values():
            after[source] = max(after[source], own[node.id] + after[node.id])
    return {name: own[name] + after[name] for name in own}


def _sorted(by_id: Mapping[str, Node]) -> list[str]:
    sorter: graphlib.TopologicalSorter[str] = graphlib.TopologicalSorter()
    for node in by_id.values():
        sorter.add(node.id, *node.inputs.values())
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        raise RequestError(f"these stages need each other: {' <- '.join(error.args[1])}") from error
    place = {name: i for i, name in enumerate(by_id)}
    result = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=place.__getitem__)
        result += ready
        sorter.done(*ready)
    return result


def _closure(by_id: Mapping[str, Node], only: Collection[str]) -> set[str]:
    wanted: set[str] = set()
    open_ids = list(only)
    while open_ids:
        name = open_ids.pop()
        if name not in by_id:
            raise RequestError(f"no stage is called {name!r}. {_nearest(name, by_id)}".rstrip())
        if name not in wanted:
            wanted.add(name)
            open_ids += by_id[name].inputs.values()
    return wanted


def _nearest(name: str, by_id: Mapping[str, Node]) -> str:
    near = difflib.get_close_matches(name, by_id, n=1, cutoff=0.5)
    return f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(list(by_id)[:20])}"
