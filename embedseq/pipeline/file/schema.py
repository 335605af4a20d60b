"""The pipeline file for editors (JSON Schema) and for people (Markdown), both generated from the settings' docstrings."""

import json
from collections.abc import Iterator
from typing import Any

from embedseq.pipeline.file.matrix import field_annotation, field_paths
from embedseq.pipeline.file.shapes import adapter
from embedseq.pipeline.file.spec import RESERVED, ExpectationSpec, PipelineSpec

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NAMED_SECTIONS = ("data", "embeddings", "models", "probes", "claims")
TITLES = {"Word2Vec": "Word2Vec", "HandOff": "Hand-off", "SideHandOffs": "Hand-offs by side", "Token": "Tokens"}
DOTTED = r"\."
_DEFS = "#/$defs/"


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of pipeline files.

    It knows every field, type, limit, choice and documentation, the axes of a matrix, and profiles as partial files with dotted
    keys. What hangs together across the file (names, sides, selectors) is `embedseq check`'s to say.
    """
    made = PipelineSpec.model_json_schema(by_alias=True)
    definitions = made["$defs"]
    made["properties"]["expect"]["items"] = _one_form(adapter(ExpectationSpec).json_schema(), definitions)
    for section in (*NAMED_SECTIONS, "profiles"):
        _name_entries(made["properties"][section])
    made["properties"]["seeds"]["uniqueItems"] = True
    _describe_matrix(definitions)
    _mark_expectations(definitions)
    _tidy(made)
    made["properties"]["profiles"]["additionalProperties"] = {"$ref": _DEFS + "Partial.PipelineSpec"}
    definitions |= _partials(made)
    return {"$schema": DIALECT, **made}


def field_reference() -> str:
    """Every field with its type, default and documentation, as Markdown; generated from the schema."""
    made = schema()
    parts = [
        "# The pipeline file",
        "<!-- Generated from the settings by `embedseq schema --markdown`. Do not edit. -->",
        *_section("The file", made, made),
    ]
    definitions = made["$defs"]
    for name in _reading_order(made):
        parts += _section(_title(name), definitions[name], made)
    return "\n\n".join(parts) + "\n"


def _name_entries(section: dict[str, Any]) -> None:
    """Names by rule, entries by schema: pydantic says both in one pattern, which lets other names pass."""
    (pattern, entry), *_ = section.pop("patternProperties").items()
    section["propertyNames"] = {"pattern": pattern, "not": {"enum": list(RESERVED)}}
    section["additionalProperties"] = entry


def _one_form(union: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """A union whose definitions move to the schema's own."""
    definitions |= union.pop("$defs", {})
    return union


def _mark_expectations(definitions: dict[str, Any]) -> None:
    """Exactly one comparison each: pydantic's schema knows no validators."""
    for name in ("ScoreExpectation", "ProbeExpectation"):
        definitions[name]["oneOf"] = [{"required": [comparison]} for comparison in ("above", "below", "at_least", "at_most")]


def _describe_matrix(definitions: dict[str, Any]) -> None:
    """Each axis is a known field, and its values are that field's."""
    axes = {}
    for path in field_paths():
        annotation = field_annotation(path)
        value = adapter(annotation).json_schema()
        definitions |= value.pop("$defs", {})
        axes[path] = {"type": "array", "minItems": 1, "items": value}
    matrix = definitions["ModelSettings"]["properties"]["matrix"]
    matrix |= {"properties": axes, "additionalProperties": False}


def _tidy(node: Any) -> None:
    """Remove pydantic's automatic titles, which only repeat the keys, and line breaks within documentation."""
    if isinstance(node, dict):
        if isinstance(node.get("title"), str):
            del node["title"]
        if isinstance(node.get("description"), str):
            node["description"] = " ".join(node["description"].split())
        for inner in node.values():
            _tidy(inner)
    elif isinstance(node, list):
        for inner in node:
            _tidy(inner)


def _partials(made: dict[str, Any]) -> dict[str, Any]:
    """The definitions again for profiles: nothing is required, dotted keys are allowed, and null takes a named entry out."""
    root = {key: value for key, value in made.items() if key != "$defs"}
    root["properties"] = {key: value for key, value in root["properties"].items() if key != "profiles"}
    definitions = {name: _partial(definition) for name, definition in {"PipelineSpec": root, **made["$defs"]}.items()}
    for section in NAMED_SECTIONS:
        part = definitions["PipelineSpec"]["properties"][section]
        part["additionalProperties"] = {"anyOf": [part["additionalProperties"], {"type": "null"}]}
        part["patternProperties"] = {DOTTED: True}
    matrix = definitions["ModelSettings"]["properties"]["matrix"]
    matrix["properties"] = {key: {"anyOf": [value, {"type": "null"}]} for key, value in matrix["properties"].items()}
    return {f"Partial.{name}": definition for name, definition in definitions.items()}


def _partial(node: Any) -> Any:
    if isinstance(node, list):
        return [_partial(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    part = {key: _partial(value) for key, value in node.items() if key not in ("required", "default", "discriminator")}
    if isinstance(node.get("$ref"), str):
        part["$ref"] = node["$ref"].replace(_DEFS, _DEFS + "Partial.")
    if node.get("type") == "array":
        # A list replaces as a whole, so its items are whole ones.
        part["items"] = node.get("items", True)
    if "oneOf" in part:
        # Of a part one cannot tell which form it belongs to.
        part["anyOf"] = part.pop("oneOf")
    if node.get("type") == "object" and node.get("additionalProperties") is False:
        part["patternProperties"] = {DOTTED: True}
    return part


def _reading_order(made: dict[str, Any]) -> list[str]:
    """The definitions as a reader meets them, from the file's own fields downwards; no partial ones."""
    order: list[str] = []

    def visit(node: Any) -> None:
        for name in _references(node):
            if name not in order and not name.startswith("Partial."):
                order.append(name)
                visit(made["$defs"][name])

    visit(made["properties"])
    return order


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].removeprefix(_DEFS)
        for key, inner in node.items():
            if key != "discriminator":
                yield from _references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _references(inner)


def _section(title: str, node: dict[str, Any], made: dict[str, Any]) -> list[str]:
    rows = ["| field | type | default | what it is |", "| --- | --- | --- | --- |"]
    needed = node.get("required", ())
    for key, field in sorted(node["properties"].items(), key=lambda item: item[0] not in needed):
        default = "required" if key in needed else f"`{_default(field)}`"
        cells = (f"`{key}`", _type(key, field), default, field.get("description", ""))
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    description = node.get("description", "")
    return [f"## {title}", *([description] if description else []), "\n".join(rows)]


def _default(field: dict[str, Any]) -> str:
    value = field.get("default")
    if isinstance(value, dict):
        return "{}"
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def _type(key: str, field: dict[str, Any]) -> str:
    """A field's type in words, with links to the parts that have their own section."""
    if key == "matrix":
        return "mapping of fields to lists"
    if key == "profiles":
        return "mapping of names to parts of a file"
    for union in ("anyOf", "oneOf"):
        if union in field:
            return ", ".join(dict.fromkeys(_type(key, form) for form in field[union]))
    if "$ref" in field:
        name = field["$ref"].removeprefix(_DEFS)
        return f"[{_title(name)}](#{_title(name).lower().replace(' ', '-')})"
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if field.get("type") == "array":
        return f"list of {_type(key, field['items'])}"
    if field.get("type") == "object":
        return f"mapping of names to {_type(key, field['additionalProperties'])}"
    names = {"integer": "whole number", "number": "number", "string": "text", "boolean": "`true`, `false`", "null": "`null`"}
    limits = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    bounds = [f"{sign} {field[name]:g}" for name, sign in limits.items() if name in field]
    return " ".join([names[field["type"]], *([", ".join(bounds)] if bounds else [])])


def _title(definition: str) -> str:
    """`PairFiles` -> `Pair files`, `TrainSettings` -> `Train`."""
    name = definition.removesuffix("Settings")
    if name in TITLES:
        return TITLES[name]
    words = "".join(f" {letter.lower()}" if letter.isupper() and index else letter for index, letter in enumerate(name))
    return words.strip()
