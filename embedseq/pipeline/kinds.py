"""From the name of a stage's kind to the kind, and from a node to the record that its key is made of."""

from collections.abc import Mapping
from functools import cache

from embedseq.errors import RequestError
from embedseq.pipeline.keys import KeyRecord, plain
from embedseq.pipeline.stage import Node, StageKind, load_kind

Kinds = Mapping[str, str]
"""Name -> `module:attribute`."""

load_kind_once = cache(load_kind)


def reference_of(node: Node, kinds: Kinds) -> str:
    """Where the node's kind lives. Raises RequestError for an unknown name."""
    if node.kind in kinds:
        return kinds[node.kind]
    if ":" in node.kind:
        return node.kind
    raise RequestError(f"{node.id}: {node.kind!r} is no kind of stage ({', '.join(sorted(kinds))})")


def kind_of(node: Node, kinds: Kinds) -> StageKind:
    """The node's kind. Raises RequestError for an unknown name."""
    return load_kind_once(reference_of(node, kinds))


def record_of(node: Node, kind: StageKind, inputs: Mapping[str, str], failures: Mapping[str, str]) -> KeyRecord:
    """What the node's key is made of: `inputs` are digests, `failures` reasons, by role.

    Raises TypeError or ValueError where the spec cannot be part of a key.
    """
    return KeyRecord(
        kind=kind.name,
        version=kind.version,
        threads=node.threads,
        spec=plain(node.spec),
        inputs=dict(inputs),
        failures=dict(failures),
    )
