"""A pipeline whose parts have been read one by one, for the checks across them: what is sound, and where to complain."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from embedseq.embeddings.settings import VectorFileSettings, Word2VecSettings
from embedseq.pipeline.file.matrix import Arm
from embedseq.pipeline.file.nodes import Fields, Node, find
from embedseq.pipeline.file.problems import Findings, Path
from embedseq.text.settings import DataSettings


@dataclass(frozen=True)
class Draft:
    """The tree and what could be read of it. Broken entries are in the tree, not in the mappings."""

    root: Fields
    data: Mapping[str, DataSettings]
    embeddings: Mapping[str, Word2VecSettings | VectorFileSettings]
    models: Mapping[str, Sequence[Arm]]
    probes: Mapping[str, Any]
    claims: Mapping[str, Any]
    expect: Sequence[tuple[Fields, Any]]
    findings: Findings

    def names(self, section: str) -> list[str]:
        """All names of a section, those of broken entries too."""
        node = self.root.get(section)
        return list(node.entries) if isinstance(node, Fields) else []

    def entry(self, section: str, name: str) -> Fields:
        """The mapping of a sound entry."""
        node = find(self.root, (section, name))
        assert isinstance(node, Fields)
        return node

    def complain(self, node: Fields, keys: Sequence[str], message: str, on_key: bool = False) -> None:
        """Report a problem with a field at its value or key, or at the mapping around it where it is not written."""
        parent: Fields = node
        for key in keys[:-1]:
            inner = parent.get(key)
            if not isinstance(inner, Fields):
                break
            parent = inner
        entry = find_entry(node, keys)
        path = path_of(node, keys)
        place = parent.owner if entry is None else entry[0] if on_key else entry[1].position
        self.findings.add(place, path, message)

    def sound(self, node: Fields, *fields: str) -> bool:
        """Whether nothing has been reported about these fields of a mapping."""
        return all(self.findings.sound(path_of(node, field.split("."))) for field in fields)


def find_entry(node: Fields, keys: Sequence[str]) -> tuple[Any, Node] | None:
    """The key's position and the value of a nested field."""
    parent = find(node, keys[:-1])
    entry = parent.entries.get(keys[-1]) if isinstance(parent, Fields) else None
    return None if entry is None else (entry.key, entry.node)


def path_of(node: Fields, keys: Sequence[str]) -> Path:
    """Where a field is written, or would be."""
    path = node.path
    found: Node | None = node
    for key in keys:
        found = found.get(key) if isinstance(found, Fields) else None
        path = (*path, key) if found is None else found.path
    return path


def all_arms(draft: Draft) -> Iterable[Arm]:
    """The arms of all models, in order."""
    return (arm for arms in draft.models.values() for arm in arms)
