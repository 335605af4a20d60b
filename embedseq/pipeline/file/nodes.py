"""The tree of a pipeline file before it is typed: every value remembers where it is written.

Overrides and matrix axes are applied to this tree, so that an error always points at the line that caused it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from embedseq.pipeline.file.problems import Path, Position

Plain = str | int | float | bool | None


@dataclass(frozen=True)
class Scalar:
    """One value; `text` is how it is written."""

    value: Plain
    text: str
    position: Position
    path: Path


@dataclass(frozen=True)
class Listing:
    """A list of values."""

    items: tuple["Node", ...]
    position: Position
    path: Path


@dataclass(frozen=True)
class Entry:
    """A key's place and its value."""

    key: Position
    node: "Node"


@dataclass(frozen=True)
class Fields:
    """A mapping. `owner` is the place of the key that it belongs to: where a missing field is reported."""

    entries: Mapping[str, Entry]
    position: Position
    owner: Position
    path: Path

    def get(self, key: str) -> "Node | None":
        """The value of `key`, if it is there."""
        entry = self.entries.get(key)
        return None if entry is None else entry.node


Node = Scalar | Listing | Fields


def plain(node: Node) -> Any:
    """The values alone; lists become tuples."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Listing):
        return tuple(plain(item) for item in node.items)
    return {key: plain(entry.node) for key, entry in node.entries.items()}


def child(node: Node, key: str) -> Node | None:
    """The value under a key or, in a list, under an index."""
    if isinstance(node, Fields):
        return node.get(key)
    if isinstance(node, Listing) and key.isascii() and key.isdigit() and int(key) < len(node.items):
        return node.items[int(key)]
    return None


def find(node: Node, path: Sequence[str]) -> Node | None:
    """The value at `path`, if it is there."""
    found: Node | None = node
    for key in path:
        found = None if found is None else child(found, key)
    return found


def put(node: Node, path: Sequence[str], entry: Entry) -> Node:
    """A tree with `entry` at `path`. Mappings on the way are made where nothing stands; a list index must exist."""
    if not path:
        return entry.node
    key, rest = path[0], path[1:]
    if isinstance(node, Listing):
        items = list(node.items)
        items[int(key)] = put(items[int(key)], rest, entry)
        return replace(node, items=tuple(items))
    if not isinstance(node, Fields):
        raise TypeError(f"{'.'.join(node.path)} has no parts")
    old = node.entries.get(key)
    below = old.node if old is not None else Fields({}, entry.node.position, entry.key, (*node.path, key))
    place = entry.key if old is None or not rest else old.key
    return replace(node, entries={**node.entries, key: Entry(place, put(below, rest, entry))})


def without(node: Fields, key: str) -> Fields:
    """The mapping less one key."""
    return replace(node, entries={name: entry for name, entry in node.entries.items() if name != key})


def split_path(node: Node | None, dotted: str) -> Path:
    """The keys of a dotted path. Names may hold dots themselves, so the longest key that stands there wins."""
    if not dotted:
        return ()
    key, _, rest = dotted.partition(".")
    if isinstance(node, Fields):
        fitting = [name for name in node.entries if dotted == name or dotted.startswith(name + ".")]
        if fitting:
            key = max(fitting, key=len)
            rest = dotted[len(key) + 1 :]
    return (key, *split_path(None if node is None else child(node, key), rest))
