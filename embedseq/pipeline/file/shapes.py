"""What the settings' annotations allow, in terms that errors and overrides can use: fields, forms, choices, descriptions."""

import types
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from embedseq.pipeline.file.problems import in_words
from embedseq.pipeline.file.spec import DecidedBy
from embedseq.settings import Expected, Settings, documentation


@dataclass(frozen=True)
class FieldShape:
    """One field of a settings class; `key` is its name in the file."""

    name: str
    key: str
    annotation: Any
    required: bool
    owner: type[Settings]

    @property
    def documentation(self) -> str:
        """What it is for, in whole sentences."""
        return documentation(self.owner).get(self.name, "")


@cache
def fields(settings: type[Settings]) -> Mapping[str, FieldShape]:
    """The fields of a settings class by their keys: those that must be given first, the kind before all."""
    hints = get_type_hints(settings, include_extras=True)
    shapes = {}
    for name, info in settings.model_fields.items():
        # An alias is no part of a type: pydantic has already taken such an annotation apart.
        annotation = hints[name] if info.alias is None else _rejoined(info)
        key = info.alias or name
        shapes[key] = FieldShape(name, key, annotation, info.is_required(), settings)
    return dict(sorted(shapes.items(), key=lambda item: (not item[1].required, item[0] != "kind" or not item[1].required)))


def told(shape: FieldShape) -> str:
    """What a field is for: the first sentence of its documentation."""
    sentence = " ".join(shape.documentation.split()).partition(". ")[0].removesuffix(".")
    return sentence[:1].lower() + sentence[1:]


def _rejoined(info: FieldInfo) -> Any:
    annotation: Any = info.annotation
    for item in info.metadata:
        annotation = Annotated[annotation, item]
    return annotation


def bare(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """An annotation and its metadata."""
    if get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        return inner, tuple(metadata)
    return annotation, ()


def forms(annotation: Any) -> list[Any]:
    """The members of a union, unions in unions opened; the annotation alone if it is none."""
    inner, _ = bare(annotation)
    if get_origin(inner) in (Union, types.UnionType):
        return [form for member in get_args(inner) for form in forms(member)]
    return [type(None) if inner is None else annotation]


def is_settings(form: Any) -> bool:
    """Whether a form is a settings class."""
    inner, _ = bare(form)
    return isinstance(inner, type) and issubclass(inner, Settings)


def list_item(form: Any) -> Any | None:
    """What a list holds; none if the form is no list."""
    inner, _ = bare(form)
    return get_args(inner)[0] if get_origin(inner) is tuple else None


def mapping_parts(form: Any) -> tuple[Any, Any] | None:
    """What keys and values of a mapping with free keys are; none if the form is no such mapping."""
    inner, _ = bare(form)
    if get_origin(inner) is Mapping:
        key, value = get_args(inner)
        return key, value
    return None


def literals(annotation: Any) -> list[str]:
    """The words that an annotation allows by name."""
    choices: list[str] = []
    for form in forms(annotation):
        inner, _ = bare(form)
        if get_origin(inner) is Literal:
            choices += get_args(inner)
    return choices


def choices(annotation: Any) -> list[str]:
    """What may be written, for the end of an error: words, and mappings by their keys."""
    mappings = [
        f"{{{', '.join(f'{key}: …' for key in list(fields(bare(form)[0]))[:4])}}}"
        for form in forms(annotation)
        if is_settings(form)
    ]
    return [*literals(annotation), *mappings]


def decider(annotation: Any) -> DecidedBy | str | None:
    """How the form of a mapping is known: by the keys it has, or by the value of one key (pydantic's discriminator)."""
    for item in bare(annotation)[1]:
        if isinstance(item, DecidedBy):
            return item
        if isinstance(item, FieldInfo) and isinstance(item.discriminator, str):
            return item.discriminator
    return None


def describe(annotation: Any) -> str:
    """What is expected, in words: `a whole number of at least 1, or null`."""
    members = forms(annotation)
    if len(members) == 1:
        return _describe_form(members[0])
    words = literals(annotation)
    told = list(words) if words else []
    told += [_describe_form(form) for form in members if form is not type(None) and get_origin(bare(form)[0]) is not Literal]
    text = in_words(told)
    return f"{text}, or null" if type(None) in members else text


def _describe_form(form: Any) -> str:
    inner, metadata = bare(form)
    for item in metadata:
        if isinstance(item, Expected):
            return item.text
    if is_settings(form):
        return f"a mapping {choices(form)[0]}"
    if list_item(form) is not None:
        return f"a list, each {describe(list_item(form))}" if list_item(form) is not Any else "a list"
    if get_origin(inner) is Literal:
        return in_words(list(get_args(inner)))
    if mapping_parts(form) is not None:
        return "a mapping of names"
    names = {int: "a whole number", float: "a number", str: "text", bool: "true or false", type(None): "null"}
    return names.get(inner, "a value") + _limits(metadata)


def _limits(metadata: tuple[Any, ...]) -> str:
    found: dict[str, Any] = {}
    for item in metadata:
        for part in item.metadata if isinstance(item, FieldInfo) else (item,):
            found |= {name: getattr(part, name) for name in ("ge", "gt", "le", "lt") if hasattr(part, name)}
    if "ge" in found and "le" in found:
        return f" from {found['ge']:g} to {found['le']:g}"
    words = {"ge": "of at least", "gt": "above", "le": "of at most", "lt": "below"}
    parts = [f"{word} {found[name]:g}" for name, word in words.items() if name in found]
    return f" {' and '.join(parts)}" if parts else ""


_adapters: dict[int, tuple[Any, TypeAdapter[Any]]] = {}


def adapter(annotation: Any) -> TypeAdapter[Any]:
    """Pydantic's validator of an annotation, strict; made once (by identity, since metadata need not be hashable)."""
    if id(annotation) not in _adapters:
        made: TypeAdapter[Any] = TypeAdapter(annotation, config=None if is_settings(annotation) else {"strict": True})
        _adapters[id(annotation)] = (annotation, made)
    return _adapters[id(annotation)][1]
