"""The base of all settings: typed, frozen, documented and defaulted in one place, which is also the pipeline file's grammar.

A field's docstring is its documentation in the JSON Schema, in `docs/pipeline-file.md` and in the editor. Light to import.
"""

import json
from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class Telling:
    """Marks a field whose value tells one form of a choice from others, so that names have it even where it is a default: the
    scorer of an attention, the way of a hand-off."""


class Settings(BaseModel):
    """A frozen mapping of named fields; an unknown name or a value of another type is an error, never ignored."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True, validate_by_name=True, validate_by_alias=True
    )

    def record(self) -> dict[str, Any]:
        """All fields, defaults too, as plain JSON values under the names of the pipeline file."""
        return self.model_dump(mode="json", by_alias=True)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """The settings that `record` was made from."""
        return cls.model_validate_json(json.dumps(record))
