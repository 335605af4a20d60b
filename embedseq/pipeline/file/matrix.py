"""`matrix` -> arms: every combination of the axes' values as a model of its own, with a label that says which it is."""

import itertools
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from embedseq.pipeline.file import shapes
from embedseq.pipeline.file.nodes import Entry, Fields, Listing, Node, child, find, plain, put, without
from embedseq.pipeline.file.overrides import known_fields
from embedseq.pipeline.file.problems import Findings, Path, advice
from embedseq.pipeline.file.selectors import Subject
from embedseq.pipeline.file.spec import ModelSettings
from embedseq.pipeline.file.typed import BROKEN, Reader, found
from embedseq.settings import Telling
from embedseq.training.tune_settings import written_as

MAX_ARMS = 1000
NO_AXES = ("data", "matrix", "tune")


@dataclass(frozen=True)
class Arm:
    """One model that is trained: a model of the file with one value of each of its axes."""

    model: str
    """The name in the file."""
    label: str
    """The name of this arm alone, `translator[lstm,skipgram,frozen]`."""
    values: tuple[str, ...]
    """What bare terms of a selector may name."""
    axes: Mapping[str, Any]
    """The value of each axis, as written."""
    settings: ModelSettings
    """The whole model, without a matrix."""
    node: Fields = field(repr=False, compare=False)
    """Where its parts are written."""

    @cached_property
    def subject(self) -> Subject:
        """The arm as selectors see it."""
        return Subject("model", self.model, self.label, self.values, effective_fields(self.settings))


@dataclass(frozen=True)
class _Leaf:
    """One single value within an axis's value."""

    path: str
    text: str
    is_word: bool


@dataclass(frozen=True)
class _Choice:
    """One value of an axis."""

    axis: str
    node: Node
    shown: tuple[_Leaf, ...]
    """What goes into the label."""
    words: tuple[str, ...]
    """All words of the value, defaults too."""


def expand(name: str, node: Fields, reader: Reader) -> list[Arm]:
    """The arms of the model `name`; problems of the matrix and of its combinations go to the reader's findings."""
    base = without(node, "matrix")
    matrix = node.get("matrix")
    axes = _axes(base, matrix, reader) if isinstance(matrix, Fields) else []
    count = math.prod(len(choices) for choices in axes)
    if count > MAX_ARMS and matrix is not None:
        reader.findings.add(matrix.position, matrix.path, f"{count:,} combinations; at most {MAX_ARMS:,} models can be compared")
        return []
    ambiguous = _ambiguous([choice for choices in axes for choice in choices])
    arms: list[Arm] = []
    labels: dict[str, tuple[_Choice, ...]] = {}
    for combination in itertools.product(*axes):
        label = _label(name, combination, ambiguous)
        if label in labels:
            _report_twin(labels[label], combination, reader.findings)
            continue
        labels[label] = combination
        arm = _arm(name, label, base, combination, reader)
        if arm is not None:
            arms.append(arm)
    return arms


def field_annotation(path: str) -> Any | None:
    """What a dotted field of a model may hold; none if there is no such field."""
    annotation: Any = ModelSettings
    for key in path.split("."):
        annotation = known_fields(annotation, None).get(key)
        if annotation is None:
            return None
    return annotation


def field_paths() -> list[str]:
    """The dotted fields of a model that can be axes."""
    return [path for path in _below(ModelSettings) if path.split(".")[0] not in NO_AXES]


def effective_fields(settings: ModelSettings) -> dict[str, str]:
    """All fields by dotted path, as text; an encoder or decoder that says nothing has the model's value. What is tuned
    has none."""
    record = settings.record()
    del record["matrix"]
    tuned = [written_as(name) for name in settings.tune.lists] if settings.tune else []
    for side in ("encoder", "decoder"):
        record[side] = {key: record[key] if value is None else value for key, value in record[side].items()}
    return {path: as_text(value) for path, value in flat(record) if path not in tuned}


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The single values of a tree (lists count as one) with their dotted paths."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from flat(inner, f"{path}.{key}" if path else str(key))
    else:
        yield path, value


def as_text(value: Any) -> str:
    """A single value as a selector writes it: `0.001`, `true`, `null`; lists are joined with +."""
    if isinstance(value, list | tuple):
        return "+".join(as_text(item) for item in value)
    return value if isinstance(value, str) else json.dumps(value)


def _below(annotation: Any) -> Iterator[str]:
    for key, inner in known_fields(annotation, None).items():
        yield key
        yield from (f"{key}.{path}" for path in _below(inner))


def _axes(base: Fields, matrix: Fields, reader: Reader) -> list[list[_Choice]]:
    """The sound values of the sound axes."""
    axes = []
    for axis, entry in matrix.entries.items():
        wrong = _axis_problem(axis, base, matrix)
        given = find(base, axis.split("."))
        if wrong is not None:
            reader.findings.add(entry.key, entry.node.path, wrong)
        elif given is not None:
            place = given.owner if isinstance(given, Fields) else given.position
            reader.findings.add(place, given.path, "is an axis of the model's matrix, too; keep one of the two")
        elif isinstance(entry.node, Listing):
            choices = [choice for node in entry.node.items if (choice := _choice(axis, node, reader)) is not None]
            if choices:
                axes.append(choices)
    return axes


def _axis_problem(axis: str, base: Fields, matrix: Fields) -> str | None:
    keys = axis.split(".")
    if keys[0] in NO_AXES:
        return f"'{keys[0]}' cannot be an axis; write a second model"
    if field_annotation(axis) is None:
        return f"'{axis}' is not a field of a model{advice(axis, field_paths())}"
    inside = [other for other in matrix.entries if axis.startswith(other + ".")]
    if inside:
        return f"'{axis}' is a part of the axis '{inside[0]}'; keep one of the two"
    above = _simple_above(base, keys)
    return None if above is None else f"{above}, which has no part '{keys[-1]}'"


def _simple_above(base: Fields, keys: list[str]) -> str | None:
    node: Node | None = base
    for index, key in enumerate(keys[:-1], start=1):
        node = None if node is None else child(node, key)
        if node is not None and not isinstance(node, Fields):
            return f"'{'.'.join(keys[:index])}' is {found(node)} here"
    return None


def _choice(axis: str, node: Node, reader: Reader) -> _Choice | None:
    annotation = field_annotation(axis)
    before = reader.findings.reports
    value = reader.read(annotation, node)
    if value is BROKEN or reader.findings.reports > before:
        return None
    typed = value.record() if hasattr(value, "record") else value
    leaves = [_Leaf(path, as_text(inner), isinstance(inner, str)) for path, inner in flat(typed, axis)]
    written = {".".join((axis, *path)) for path in _written(node, ())}
    # Of a choice among forms ({from: skipgram}) the words that tell it are shown even where they are defaults (tuned).
    whole = len([form for form in shapes.forms(annotation) if form is not type(None)]) > 1
    shown = [leaf for leaf in leaves if leaf.path in written or (whole and _tells(leaf.path))]
    return _Choice(axis, node, tuple(shown), tuple(leaf.text for leaf in leaves if leaf.is_word or leaf.path in written))


def _tells(path: str) -> bool:
    return any(isinstance(item, Telling) for item in shapes.bare(field_annotation(path))[1])


def _written(node: Node, path: Path) -> Iterator[Path]:
    if isinstance(node, Fields):
        for key, entry in node.entries.items():
            yield from _written(entry.node, (*path, key))
    else:
        yield path


def _ambiguous(choices: list[_Choice]) -> set[str]:
    """Words that stand for different fields in one matrix, so that a label must say which."""
    places: dict[str, set[str]] = {}
    for choice in choices:
        for leaf in choice.shown:
            places.setdefault(leaf.text, set()).add(leaf.path)
    return {text for text, paths in places.items() if len(paths) > 1}


def _label(name: str, combination: tuple[_Choice, ...], ambiguous: set[str]) -> str:
    leaves = [leaf for choice in combination for leaf in choice.shown]
    if not leaves:
        return name
    terms = [leaf.text if leaf.is_word and leaf.text not in ambiguous else f"{leaf.path}={leaf.text}" for leaf in leaves]
    return f"{name}[{','.join(terms)}]"


def _arm(name: str, label: str, base: Fields, combination: tuple[_Choice, ...], reader: Reader) -> Arm | None:
    node: Node = base
    for choice in combination:
        node = put(node, choice.axis.split("."), Entry(choice.node.position, choice.node))
    assert isinstance(node, Fields)
    settings = reader.settings(ModelSettings, node)
    if not isinstance(settings, ModelSettings):
        return None
    values = tuple(dict.fromkeys(word for choice in combination for word in choice.words))
    axes = {choice.axis: plain(choice.node) for choice in combination}
    return Arm(name, label, values, axes, settings, node)


def _report_twin(first: tuple[_Choice, ...], second: tuple[_Choice, ...], findings: Findings) -> None:
    """Two combinations with one label: the values that differ in place but not in text are the culprits."""
    for one, other in zip(first, second, strict=True):
        if one.node is not other.node:
            called = ",".join(leaf.text for leaf in other.shown) or "{}"
            message = f"'{called}' is given twice, first on line {one.node.position.line}: the arms could not be told apart"
            findings.add(other.node.position, other.node.path, message)
            return
