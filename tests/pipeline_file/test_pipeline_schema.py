"""The JSON Schema for editors and the reference for people."""

import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from embedseq.pipeline.file.core_schema import resolve
from embedseq.pipeline.file.nodes import plain
from embedseq.pipeline.file.problems import Findings
from embedseq.pipeline.file.schema import field_reference, schema
from embedseq.pipeline.file.yaml_source import compose


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema())


def as_json(text: str) -> Any:
    node = compose(text, "x.yaml", Findings())
    assert node is not None
    return json.loads(json.dumps(plain(node)))


def complaints(validator: jsonschema.Draft202012Validator, text: str) -> list[str]:
    return [f"{'.'.join(str(key) for key in error.path)}: {error.message}" for error in validator.iter_errors(as_json(text))]


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_every_reference_within_the_schema_leads_somewhere() -> None:
    made = schema()
    text = json.dumps(made)
    names = {part.partition('"')[0] for part in text.split('"#/$defs/')[1:]}
    assert names <= set(made["$defs"])


def test_the_example_is_valid(validator: jsonschema.Draft202012Validator, example: str) -> None:
    assert complaints(validator, example) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    attention: none", "    atention: none"),
        ("report:", "results:"),
        ("{from: cbow}", "{form: cbow}"),
        ("{from: cbow}", "{from_: cbow}"),
        ("[rnn, lstm,", "[rnn, ltsm,"),
        ("      architecture: [rnn", "      architectur: [rnn"),
        ("kind: drift", "kind: drfit"),
        ("sample: 1e-3", "sample: 2"),
        ("train: {epochs: 20", "train: {epochs: '20'"),
        ("train: {epochs: 20", "train: {epochs: 1.5"),
        ("name: captions\n", ""),
        ("name: captions\n", "name: Captions\n"),
        ("seeds: [1, 2, 3]", "seeds: [1, 1]"),
        ("seeds: [1, 2, 3]", "seeds: []"),
        ("  plain:\n", "  'a,b':\n"),
        ("  plain:\n", "  random:\n"),
        ("above: 25", "above: 25, below: 3"),
        (", above: 25", ""),
        ("format: glove", "dim: 100"),
        ("        train.epochs: 1", "        trian: {epochs: 1}"),
        ("matrix: {architecture: [lstm, transformer]}", "matrix: {architecture: lstm}"),
        ("    seeds: [1]\n", "    seed: [1]\n"),
    ],
)
def test_a_mistake_is_not(old: str, new: str, validator: jsonschema.Draft202012Validator, example: str) -> None:
    assert example.count(old) == 1
    assert complaints(validator, example.replace(old, new))


def test_profiles_are_parts_of_a_file(validator: jsonschema.Draft202012Validator) -> None:
    start = "name: x\nprofiles:\n  p:\n"
    for part in (
        "seeds: [2]",
        "models: {m: null}",
        "models: {m: {dim: 3, train.lr: 1}}",
        "models.m.dim: 3",
        "embeddings: {e: {epochs: 1}}",
    ):
        assert complaints(validator, f"{start}    {part}\n") == []
    for part in ("models: {m: {dim: x}}", "seeds: 3", "embeddings: {e: {epoch: 1}}", "expect: [{of: m}]"):
        assert complaints(validator, f"{start}    {part}\n")


def undocumented(node: Any, path: str) -> list[str]:
    return [f"{path}.{name}" for name, field in node.get("properties", {}).items() if not field.get("description")]


def test_every_field_is_documented_and_has_one_default() -> None:
    made = schema()
    parts = {"file": made, **{name: part for name, part in made["$defs"].items() if not name.startswith("Partial.")}}
    for name, part in parts.items():
        assert undocumented(part, name) == []
        assert part["description"]
        for key, field in part["properties"].items():
            assert ("default" in field) != (key in part.get("required", ())), (name, key)


def test_the_reference_has_every_field_with_its_documentation() -> None:
    made, text = schema(), field_reference()
    parts = [made, *(part for name, part in made["$defs"].items() if not name.startswith("Partial."))]
    for part in parts:
        for key, field in part["properties"].items():
            rows = [row for row in text.splitlines() if row.startswith(f"| `{key}` |")]
            assert any(field["description"].replace("|", "\\|") in row for row in rows), key


def test_the_reference_has_four_cells_a_row_and_its_links_lead_somewhere() -> None:
    text = field_reference()
    rows = [row for row in text.splitlines() if row.startswith("| `")]
    assert all(row.replace("\\|", "").count("|") == 5 for row in rows)
    sections = {line.removeprefix("## ").lower().replace(" ", "-") for line in text.splitlines() if line.startswith("## ")}
    links = {part.partition(")")[0] for part in text.split("](#")[1:]}
    assert links <= sections


def test_numbers_of_the_schema_are_those_of_yaml_1_2() -> None:
    assert resolve("1e-3") == json.loads("1e-3")


def test_the_documented_reference_is_that_of_the_code() -> None:
    written = (Path(__file__).parents[2] / "docs" / "pipeline-file.md").read_text(encoding="utf-8")
    assert written.strip() == field_reference().strip(), "renew it: embedseq schema --markdown > docs/pipeline-file.md"
