"""The base of all settings: typed, frozen, documented and defaulted in one place, which is also the pipeline file's grammar.

A field's docstring is its documentation in the JSON Schema, in `docs/pipeline-file.md` and in the editor. Light to import.
"""

import ast
import inspect
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from textwrap import dedent
from typing import Any, Protocol, Self, TypeVar

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


class Telling:
    """Marks a field whose value tells one form of a choice from others, so that names have it even where it is a default: the
    scorer of an attention, the way of a hand-off."""


class Later:
    """Marks a field that came when the others were in use: at its default, which is how it was before, it stands in no key, so
    that what was computed without it need not be computed again."""


@dataclass(frozen=True)
class Expected:
    """Marks a form of a value with how an error says what it should be."""

    text: str


class Shared(Protocol):
    """Settings of a stage whose work several processes may share."""

    threads: int
    replicas: int


SharedT = TypeVar("SharedT", bound=Shared)


def one_thread_each(settings: SharedT) -> SharedT:
    """A validator: raises ValueError where processes that share a stage's work would have several threads."""
    if settings.replicas > 1 and settings.threads > 1:
        raise ValueError(
            f"replicas have one thread each: expected threads: 1 beside replicas: {settings.replicas}, found {settings.threads}"
        )
    return settings


class Settings(BaseModel):
    """A frozen mapping of named fields; an unknown name or a value of another type is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_by_name=True, validate_by_alias=True)

    def record(self) -> dict[str, Any]:
        """All fields, defaults too, as plain JSON values under the names of the pipeline file."""
        return self.model_dump(mode="json", by_alias=True)

    def decisive(self) -> dict[str, Any]:
        """The record without the fields that are marked `Later` and have their default: what a key is made of."""
        later = {
            info.alias or name
            for name, info in type(self).model_fields.items()
            if any(isinstance(mark, Later) for mark in info.metadata) and getattr(self, name) == info.default
        }
        return {name: value for name, value in self.record().items() if name not in later}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """The settings that `record` was made from."""
        return cls.model_validate_json(json.dumps(record))

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Pydantic's, with what the fields are for."""
        made = handler(core_schema)
        properties = handler.resolve_ref_schema(made).get("properties", {})
        for name, text in documentation(cls).items():
            for key in {name, cls.model_fields[name].alias} & properties.keys():
                properties[key]["description"] = text
        return made


@cache
def documentation(settings: type[Settings]) -> Mapping[str, str]:
    """Field -> its docstring, those of the base classes too; of a class whose source is not there, nothing.

    Read from the source when it is asked for: pydantic's own `use_attribute_docstrings` does that for every class at
    every import, which a command with nothing to do would wait for (`benchmarks/loading.py`).
    """
    found: dict[str, str] = {}
    for each in reversed(settings.__mro__):
        if issubclass(each, Settings) and each is not Settings:
            found |= _docstrings(each)
    return {name: text for name, text in found.items() if name in settings.model_fields}


def _docstrings(settings: type[Settings]) -> Iterator[tuple[str, str]]:
    """The texts that follow fields of this class itself."""
    try:
        (definition,) = ast.parse(dedent(inspect.getsource(settings))).body
    except (OSError, TypeError, SyntaxError):  # the last where a text within a nested class begins at the margin
        return
    assert isinstance(definition, ast.ClassDef)
    for field, text in pairwise(definition.body):
        match field, text:
            case ast.AnnAssign(target=ast.Name(name)), ast.Expr(value=ast.Constant(value=str(content))):
                yield name, inspect.cleandoc(content)
