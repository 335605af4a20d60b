"""What a stage's result depends on, and the key that names it.

A key is the SHA-256 of a canonical, length-delimited record, so that no two records share an encoding and the order of
mappings does not matter. Labels, paths and the number of jobs are not in it: they change how the work is done, not its result.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any


def canonical(value: object, where: str = "") -> bytes:
    """One byte string for each JSON-like value: equal values give equal bytes, different ones different bytes.

    Integers, floats and booleans are distinct (1, 1.0 and True differ): the validated settings have settled the type already.
    Lists and tuples are one thing. Every piece is preceded by its kind and its length, so that nothing can be read in two ways.

    Raises ValueError for NaN and infinities, TypeError for anything that is not JSON-like.
    """
    match value:  # the frequent kinds first: a run looks at thousands of values
        case str():
            return _delimited(b"s", value.encode("utf-8", "surrogatepass"))
        case dict():
            return _canonical_mapping(value, where)
        case bool():
            return b"t" if value else b"f"
        case int():
            return _delimited(b"i", str(int(value)).encode())
        case float():
            if not math.isfinite(value):
                raise ValueError(f"{where or 'the value'} is {value!r}: only finite numbers can be part of a key")
            return _delimited(b"r", float.__repr__(value).encode())
        case None:
            return b"n"
        case list() | tuple():
            return _delimited(b"l", b"".join(canonical(item, f"{where}[{i}]") for i, item in enumerate(value)))
        case Mapping():
            return _canonical_mapping(value, where)
    raise TypeError(f"{where or 'the value'} is a {type(value).__name__}: a spec holds only JSON-like values")


def _canonical_mapping(value: Mapping[Any, Any], where: str) -> bytes:
    pieces = []
    for name, item in value.items():
        if not isinstance(name, str):
            raise TypeError(f"{where or 'the mapping'} has the key {name!r}: names must be strings")
        pieces.append((canonical(name), canonical(item, f"{where}.{name}" if where else name)))
    return _delimited(b"m", b"".join(name + item for name, item in sorted(pieces)))


def _delimited(kind: bytes, content: bytes) -> bytes:
    return b"%s%d:%s" % (kind, len(content), content)


def digest(value: object) -> str:
    """The SHA-256 of `canonical(value)`, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value)).hexdigest()


@dataclass(frozen=True)
class KeyRecord:
    """Everything that a stage's output may depend on."""

    kind: str
    version: int
    threads: int
    """Sums depend on the number of threads, therefore it is in the key."""
    spec: Mapping[str, Any]
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Role -> digest of that input's *output*: where an upstream rerun gave the same bytes, the work stops."""
    failures: Mapping[str, str] = field(default_factory=dict)
    """Role -> why there is no such input; for stages that run all the same, and may print the reason."""

    def as_json(self) -> dict[str, Any]:
        """A JSON-like mapping that `from_json` reads."""
        return {
            "kind": self.kind,
            "version": self.version,
            "threads": self.threads,
            "spec": plain(self.spec),
            "inputs": dict(self.inputs),
            "failures": dict(self.failures),
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> "KeyRecord":
        """The record that `as_json` wrote. Raises KeyError or TypeError where it is none."""
        return KeyRecord(
            kind=value["kind"],
            version=value["version"],
            threads=value["threads"],
            spec=dict(value["spec"]),
            inputs=dict(value["inputs"]),
            failures=dict(value["failures"]),
        )

    @cached_property
    def key(self) -> str:
        """The name of the artifact, 64 hexadecimal digits."""
        return digest(self.as_json())


def plain(value: Any) -> Any:
    """The same value made of dicts and lists only, as JSON would give it back."""
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(item) for item in value]
    return value


def differences(old: object, new: object, where: str = "") -> list[str]:
    """What changed between two JSON-like values, one line a leaf: `train.lr 0.001 -> 0.002`. Empty when their keys are equal."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        lines = []
        for name in dict.fromkeys((*old, *new)):
            path = f"{where}.{name}" if where else str(name)
            if name not in old:
                lines.append(f"{path} = {_shown(new[name])} added")
            elif name not in new:
                lines.append(f"{path} removed")
            else:
                lines += differences(old[name], new[name], path)
        return lines
    if canonical(old, where) == canonical(new, where):
        return []
    return [f"{where or 'value'} {_shown(old)} -> {_shown(new)}"]


def _shown(value: object) -> str:
    text = value if isinstance(value, str) and value else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
