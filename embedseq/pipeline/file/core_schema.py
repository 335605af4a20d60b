"""The core schema of YAML 1.2: which plain words are numbers, truth values and null. `1e-3` is a number, `on` and `no` are words,
`0o17` is octal, and nothing is a date or counted in sixties."""

import re
from typing import Any

import yaml

from embedseq.pipeline.file.nodes import Plain

TAG = "tag:yaml.org,2002:"
CORE = {
    "null": re.compile(r"null|Null|NULL|~|"),
    "bool": re.compile(r"true|True|TRUE|false|False|FALSE"),
    "int": re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"),
    "float": re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"),
}


def resolve(text: str) -> Plain:
    """What a plain scalar stands for under the core schema."""
    return convert(kind_of(text), text)


def write_yaml(value: Any) -> str:
    """YAML that `compose` reads as the same value."""
    text: str = yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)
    return text


class _Dumper(yaml.SafeDumper):
    """Quotes what the core schema, not YAML 1.1, would take for something else than text."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  (PyYAML's own form)

    def ignore_aliases(self, data: Any) -> bool:
        return True


for _kind, _form in CORE.items():
    _Dumper.add_implicit_resolver(TAG + _kind, re.compile(f"(?:{_form.pattern})$"), None)


def kind_of(text: str) -> str:
    """The kind of a plain scalar: null, bool, int, float, else str."""
    return next((kind for kind, form in CORE.items() if form.fullmatch(text)), "str")


def convert(kind: str, text: str) -> Plain:
    """The value of a scalar of a kind."""
    if kind == "str":
        return text
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind == "int":
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
