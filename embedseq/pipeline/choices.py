"""Settings that are not known when a run begins, since one of its stages chooses them.

A node whose kind says `chosen_by` has `TO_BE_CHOSEN` in its spec for each of them, and an input that holds the values. Once that
is there the node is given them, and the input is forgotten: its key is that of a node which had these values from the start. So a
choice shares the work of whoever made it before, and to write the chosen values into the pipeline file computes nothing anew.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from embedseq.pipeline.artifact import Artifact
from embedseq.pipeline.stage import Node, StageKind

TO_BE_CHOSEN: Final = "(to be chosen)"
CHOICE = "choice.json"
"""The file of the input; its `spec` holds the values, nested as they are in the spec of the node. One that is not there is left
out of the node's spec, as a setting at its default may be."""


def with_choice(node: Node, kind: StageKind, artifact_of: Callable[[str], Artifact]) -> Node:
    """The node with the values that an input chose for it, and without that input; as it is, where there is no such input.

    artifact_of: gives the artifact of a node. Raises DamagedArtifactError.
    """
    role = kind.chosen_by
    if role is None or role not in node.inputs:
        return node
    spec = _filled(node.spec, artifact_of(node.inputs[role]).read_json(CHOICE)["spec"])
    return replace(node, spec=spec, inputs={each: source for each, source in node.inputs.items() if each != role})


def as_chosen_before(node: Node, spec: Mapping[str, Any]) -> Node:
    """The node with the values that an earlier run chose, which its `spec` tells."""
    return replace(node, spec=_filled(node.spec, spec))


def _filled(spec: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The spec with the values in place of what is to be chosen; what has none is left out."""
    filled: dict[str, Any] = {}
    for name, value in spec.items():
        if isinstance(value, Mapping):
            inner = values.get(name)
            filled[name] = _filled(value, inner if isinstance(inner, Mapping) else {})
        elif value != TO_BE_CHOSEN:
            filled[name] = value
        elif name in values:
            filled[name] = values[name]
    return filled
