"""The node tree -> typed settings, with every problem in one go and each at its own line.

Pydantic judges the values; this reader walks the settings' annotations beside the nodes, so that of a union only the form that
was evidently meant is talked about, and so that what is sound can still be checked where something else is not.
"""

import math
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from embedseq.pipeline.file import shapes
from embedseq.pipeline.file.nodes import Fields, Listing, Node, Scalar, plain
from embedseq.pipeline.file.problems import Findings, Path, advice, in_words, nearest, with_article
from embedseq.settings import Settings


class _Broken:
    """A value that is not what it should be."""


BROKEN: Final = _Broken()
AnySettings = TypeVar("AnySettings", bound=Settings)


class Reader:
    """Reads nodes as the annotations of settings; problems go to `findings`."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings

    def read(self, annotation: Any, node: Node) -> Any:
        """The typed value, or `BROKEN`. Settings with broken optional fields come with the defaults of those."""
        form = self.form(annotation, node)
        if form is None:
            return BROKEN
        if isinstance(node, Fields) and shapes.is_settings(form):
            return self.settings(shapes.bare(form)[0], node)
        if isinstance(node, Fields) and (parts := shapes.mapping_parts(form)) is not None:
            return self.mapping(*parts, node)
        if isinstance(node, Listing) and (item := shapes.list_item(form)) is not None:
            return self.listing(form, item, node)
        if shapes.bare(form)[0] is Any:
            return plain(node)
        if not isinstance(node, Scalar) or shapes.is_settings(form) or shapes.mapping_parts(form) or shapes.list_item(form):
            return self.refuse(annotation, node)
        return self.scalar(annotation, node)

    def settings(self, cls: type[AnySettings], node: Fields) -> AnySettings | _Broken:
        """An object of `cls`; `BROKEN` if a required field is."""
        before = self.findings.reports
        values = self.field_values(cls, node)
        if any(shape.required and shape.name not in values for shape in shapes.fields(cls).values()):
            return BROKEN
        if self.findings.reports > before:
            return cls.model_construct(**values)
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            for part in error.errors():
                self.findings.add(node.owner, node.path, _told(part))
            return BROKEN

    def field_values(self, cls: type[Settings], node: Fields) -> dict[str, Any]:
        """The sound fields of a mapping, by attribute name."""
        known = shapes.fields(cls)
        guessed = set()
        for key, entry in node.entries.items():
            if key not in known:
                guess = nearest(key, known)
                message = f"'{key}' is not a field here{advice(key, list(known))}"
                self.findings.add(entry.key, (*node.path, key), message)
                if guess is not None and guess not in node.entries:
                    guessed.add(guess)
                    self.findings.taint((*node.path, guess))
        values = {}
        for key, shape in known.items():
            inner = node.get(key)
            if inner is not None:
                value = self.read(shape.annotation, inner)
                if value is not BROKEN:
                    values[shape.name] = value
            elif shape.required and key not in guessed:
                self.findings.add(node.owner, node.path, f"'{key}' is missing: {shapes.told(shape)}")
                self.findings.taint((*node.path, key))
        return values

    def mapping(self, key_form: Any, value_form: Any, node: Fields) -> dict[str, Any]:
        """A mapping with free keys; broken entries are left out."""
        values = {}
        for key, entry in node.entries.items():
            try:
                shapes.adapter(key_form).validate_python(key)
            except ValidationError:
                self.findings.add(entry.key, entry.node.path, f"'{key}' is not {shapes.describe(key_form)}")
                continue
            value = self.read(value_form, entry.node)
            if value is not BROKEN:
                values[key] = value
        return values

    def listing(self, form: Any, item: Any, node: Listing) -> tuple[Any, ...] | _Broken:
        """A list as a tuple; broken items are left out."""
        before = self.findings.reports
        values = tuple(value for inner in node.items if (value := self.read(item, inner)) is not BROKEN)
        if self.findings.reports > before or (item is Any and values):
            return values
        try:
            shapes.adapter(form).validate_python(values)
        except ValidationError as error:
            for part in error.errors():
                self.findings.add(node.position, node.path, _told(part))
            return BROKEN
        return values

    def scalar(self, annotation: Any, node: Scalar) -> Any:
        """A single value that pydantic accepts, or `BROKEN`."""
        try:
            value = shapes.adapter(annotation).validate_python(node.value)
        except (ValidationError, OverflowError):
            return self.refuse(annotation, node)
        if isinstance(value, float) and not math.isfinite(value):
            self.findings.add(node.position, node.path, f"expected a finite number, found {node.text}")
            return BROKEN
        return value

    def form(self, annotation: Any, node: Node) -> Any | None:
        """The member of a union that a node means; for single values the union itself. None if it fits none."""
        members = shapes.forms(annotation)
        if len(members) == 1:
            return members[0]
        if isinstance(node, Fields):
            return self.mapping_form(annotation, [form for form in members if shapes.is_settings(form)], node)
        if isinstance(node, Listing):
            fitting = [form for form in members if shapes.list_item(form) is not None]
        else:
            fitting = [form for form in members if not shapes.is_settings(form) and shapes.list_item(form) is None]
        if not fitting:
            self.refuse(annotation, node)
            return None
        return fitting[0]

    def mapping_form(self, annotation: Any, members: list[Any], node: Fields) -> Any | None:
        """The kind of mapping that is meant, or none after saying what is missing or wrong."""
        meant = meant_form(annotation, node)
        if meant is not None or not members:
            if meant is None:
                self.refuse(annotation, node)
            return meant
        decider = shapes.decider(annotation)
        if not isinstance(decider, str):
            self.refuse(annotation, node)
            return None
        kinds = list(_kinds(annotation, decider))
        named = node.get(decider)
        if named is None:
            near = nearest(decider, node.entries)
            where = node.entries[near].key if near is not None else node.owner
            self.findings.add(where, node.path, f"'{decider}' is missing: expected {in_words(kinds)}")
        else:
            self.refuse_word(kinds, decider, named)
        return None

    def refuse(self, annotation: Any, node: Node) -> _Broken:
        """Say what was expected and what was found."""
        words = shapes.literals(annotation)
        if words and isinstance(node, Scalar) and isinstance(node.value, str):
            return self.refuse_word(shapes.choices(annotation), noun(node.path), node)
        hint = ""
        if isinstance(node, Scalar):
            expected = shapes.describe(annotation)
            if expected.startswith("true or false") and node.text.lower() in ("yes", "no", "on", "off"):
                hint = f"; write {'true' if node.text.lower() in ('yes', 'on') else 'false'}"
            elif isinstance(node.value, str) and _is_number(node.value) and "number" in expected:
                hint = "; remove the quotation marks"
            elif node.value is None and expected.startswith(("a mapping", "a list")):
                hint = "; fill it in, or remove the key"
            elif not isinstance(node.value, str) and node.value is not None and shapes.forms(annotation)[0] is str:
                hint = "; put it in quotation marks"
        self.findings.add(node.position, node.path, f"expected {shapes.describe(annotation)}; found {found(node)}{hint}")
        return BROKEN

    def refuse_word(self, choices: list[str], what: str, node: Node) -> _Broken:
        """Say that a word is none of the choices."""
        if isinstance(node, Scalar) and isinstance(node.value, str):
            self.findings.add(
                node.position, node.path, f"'{node.value}' is not {with_article(what)}{advice(node.value, choices)}"
            )
        else:
            self.findings.add(node.position, node.path, f"expected {in_words(choices)}; found {found(node)}")
        return BROKEN


def meant_form(annotation: Any, node: Node) -> Any | None:
    """The settings class that a mapping means among the forms of a union; none if that cannot be told."""
    members = [shapes.bare(form)[0] for form in shapes.forms(annotation) if shapes.is_settings(form)]
    if not isinstance(node, Fields) or not members:
        return None
    if len(members) == 1:
        return members[0]
    decider = shapes.decider(annotation)
    if isinstance(decider, str):
        named = node.get(decider)
        return _kinds(annotation, decider).get(str(named.value)) if isinstance(named, Scalar) else None
    if decider is not None:
        named_form = next((form for key, form in decider.forms if key in node.entries), None)
        if named_form is not None:
            return named_form
        # A misspelt key: a form that is clearly more like the mapping than the usual one.
        usual = _likeness(shapes.fields(decider.otherwise), node)
        return next((form for _, form in decider.forms if _likeness(shapes.fields(form), node) > usual), decider.otherwise)
    scores = {form: _likeness(shapes.fields(form), node) for form in members}
    best = max(scores.values())
    winners = [form for form, score in scores.items() if score == best]
    return winners[0] if len(winners) == 1 and best > (0, 0) else None


def _kinds(annotation: Any, key: str) -> dict[str, Any]:
    members = (shapes.bare(form)[0] for form in shapes.forms(annotation))
    return {word: form for form in members for word in shapes.literals(shapes.fields(form)[key].annotation)}


def _likeness(known: Mapping[str, Any], node: Fields) -> tuple[int, int]:
    hits = sum(key in known for key in node.entries)
    return hits, sum(nearest(key, known) is not None for key in node.entries)


def noun(path: Path) -> str:
    """What a value at `path` is called: `architecture`, `metric` (an item of `metrics`)."""
    parts = ".".join(path).split(".")
    words = [part for part in parts if not part.isdigit()]
    if not words:
        return "choice"
    word = words[-1]
    if parts[-1].isdigit() and word.endswith("s"):
        word = word[:-1]
    return {"as": "hand-off", "above": "bound", "below": "bound", "at_least": "bound", "at_most": "bound"}.get(
        word, word.replace("_", " ")
    )


def found(node: Node) -> str:
    """A node in the words of an error."""
    if isinstance(node, Listing):
        return "a list"
    if isinstance(node, Fields):
        return f"a mapping with {', '.join(list(node.entries)[:4])}" if node.entries else "an empty mapping"
    if node.value is None:
        return "nothing" if node.text == "" else "null"
    return f"'{node.value}'" if isinstance(node.value, str) else node.text


def _told(part: Any) -> str:
    if part["type"] == "value_error":
        return str(part["ctx"]["error"])
    if part["type"] == "too_short":
        wanted, there = part["ctx"]["min_length"], part["ctx"]["actual_length"]
        if there == 0:
            return "the list is empty; expected at least one value"
        return f"expected at least {wanted} values; found {there}: write a single one without the brackets"
    return str(part["msg"])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
