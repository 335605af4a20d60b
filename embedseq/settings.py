"""The base of all settings: typed, frozen, documented and defaulted in one place, which is also the pipeline file's grammar.

A field's docstring is its documentation in the JSON Schema, in `docs/pipeline-file.md` and in the editor. Light to import.
"""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """A frozen mapping of named fields; an unknown name or a value of another type is an error, never ignored."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True, validate_by_name=True, validate_by_alias=True
    )
