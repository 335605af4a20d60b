"""The one selector grammar: `translator[lstm,tuned]` and its kin.

    selector := one (" + " one)*
    one      := name | name "[" term ("," term)* "]"
    name     := a model, an embedding, "models" or "embeddings"
    term     := "*" | value | field "=" value

A bare value must be among the values that the arm got from its matrix; a field is dotted and belongs to the effective
settings. The parser knows names and texts alone, so that it also serves the names that a run has stored. Light to import.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from embedseq.errors import RequestError
from embedseq.pipeline.file.problems import advice, in_words

GROUPS = {"models": "model", "embeddings": "embedding"}
_FORM = re.compile(r"\s*(?P<name>[^\[\],=\s]+)\s*(?:\[(?P<terms>[^\[\]]*)\]\s*)?")


_JOIN = re.compile(r"\s+\+\s+")


class SelectorError(RequestError):
    """A selector that cannot be read, or that names nothing."""


@dataclass(frozen=True)
class Subject:
    """Something that can be selected: a model's arm or an embedding."""

    kind: str
    """`model` or `embedding`."""
    name: str
    """The name in the file, `translator`."""
    label: str
    """The name of this one alone, `translator[lstm,random]`."""
    values: tuple[str, ...] = ()
    """The values that bare terms may name."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """The effective settings by dotted path, as text."""


@dataclass(frozen=True)
class Selector:
    """A selector that has been read."""

    name: str
    values: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]


def parse(text: str) -> Selector:
    """Read a selector. Raises `SelectorError`."""
    form = _FORM.fullmatch(text)
    if form is None:
        raise SelectorError(f"'{text}' is not a selector: expected NAME or NAME[TERM,TERM], as in translator[lstm,tuned]")
    values: list[str] = []
    fields: list[tuple[str, str]] = []
    terms = form["terms"]
    for term in [] if terms is None else [term.strip() for term in terms.split(",")]:
        if not term:
            raise SelectorError(f"'{text}' is not a selector: a term is empty; [*] stands for all")
        name, equals, value = (part.strip() for part in term.partition("="))
        if equals and (not name or not value):
            raise SelectorError(f"'{text}' is not a selector: '{term}' should be FIELD=VALUE, as in encoder.layers=2")
        if equals:
            fields.append((name, value))
        elif term != "*":
            values.append(term)
    return Selector(form["name"], tuple(values), tuple(fields))


def select(selector: str, candidates: Iterable[Subject]) -> list[Subject]:
    """The candidates that the selector names, in their order; a full label names that one alone.

    Raises `SelectorError` where it, or one of those that it joins, names none, with the nearest match and the choices.
    """
    subjects = list(candidates)
    chosen = {subject.label for one in _JOIN.split(selector.strip()) for subject in _select_one(one, subjects)}
    return [subject for subject in subjects if subject.label in chosen]


def _select_one(selector: str, subjects: Sequence[Subject]) -> list[Subject]:
    wanted = parse(selector)
    exact = [subject for subject in subjects if subject.label == "".join(selector.split())]
    if exact:
        return exact
    if wanted.name in GROUPS:
        named = [subject for subject in subjects if subject.kind == GROUPS[wanted.name]]
    else:
        named = [subject for subject in subjects if subject.name == wanted.name]
    if not named:
        raise SelectorError(_unknown_name(wanted.name, subjects))
    for value in wanted.values:
        _demand_value(value, wanted.name, named)
    for path, value in wanted.fields:
        _demand_field(path, value, wanted.name, named)
    found = [subject for subject in named if _fits(wanted, subject)]
    if not found:
        terms = [*wanted.values, *(f"{path}={value}" for path, value in wanted.fields)]
        labels = in_words([subject.label for subject in named[:12]], "and") + (" and more" if len(named) > 12 else "")
        raise SelectorError(f"nothing called {wanted.name} is {in_words(terms, 'and')} at once: there are {labels}")
    return found


def same_value(written: str, value: str) -> bool:
    """Whether a term's text is a field's value: the same text, or the same number (`1e-3` is `0.001`)."""
    if written == value:
        return True
    try:
        return float(written) == float(value)
    except ValueError:
        return False


def _fits(wanted: Selector, subject: Subject) -> bool:
    if not all(value in subject.values for value in wanted.values):
        return False
    return all(path in subject.fields and same_value(value, subject.fields[path]) for path, value in wanted.fields)


def _unknown_name(name: str, subjects: Sequence[Subject]) -> str:
    present = {subject.kind for subject in subjects}
    if name in GROUPS:
        return f"there are no {name} here" + (f" ({', '.join(_names(subjects))})" if subjects else "")
    choices = [*_names(subjects), *(group for group, kind in GROUPS.items() if kind in present)]
    kinds = in_words(sorted(present, reverse=True) or ["model", "embedding"])
    return f"no {kinds} is called '{name}'{advice(name, choices)}"


def _demand_value(value: str, name: str, named: Sequence[Subject]) -> None:
    choices = list(dict.fromkeys(choice for subject in named for choice in subject.values))
    if value in choices:
        return
    if not choices:
        raise SelectorError(f"{name} has no matrix, so that '{value}' cannot be chosen: write {name}")
    fields = [path for subject in named for path in subject.fields if same_value(value, subject.fields[path])]
    hint = f"; for a field write {fields[0]}={value}" if fields else ""
    raise SelectorError(f"'{value}' is not a value of {name}'s matrix{advice(value, choices)}{hint}")


def _demand_field(path: str, value: str, name: str, named: Sequence[Subject]) -> None:
    choices = list(dict.fromkeys(choice for subject in named for choice in subject.fields))
    if path not in choices:
        raise SelectorError(f"{name} has no field '{path}'{advice(path, choices)}")
    values = list(dict.fromkeys(subject.fields[path] for subject in named if path in subject.fields))
    if not any(same_value(value, choice) for choice in values):
        raise SelectorError(f"{path} is never '{value}' in {name}{advice(value, values)}")


def _names(subjects: Sequence[Subject]) -> list[str]:
    return list(dict.fromkeys(subject.name for subject in subjects))
