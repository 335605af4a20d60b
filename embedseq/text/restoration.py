"""Restoring case and punctuation: sentence -> bare words and a label a word, and back.

The bare words are the words and numbers of the word tokeniser in lower case, so that it leaves each of them whole. A label says
how a word is written, `lower`, `Title` or `UPPER`, and which mark follows it: none, `_comma` or `_period`. The labels are plain
words too: the word tokeniser leaves them whole, whatever the tokens of the source side are.

What is simplified, so that nine labels suffice: colons, semicolons and dashes count as commas, question and exclamation marks
as periods; other marks (quotes, brackets, hyphens) are left out, and so are words of scripts without spaces, which have no case.
Words with capitals inside (`McCartney`, `iPod`) are judged by their first letter, and come back as `Mccartney` and `ipod`. A
single capital (`A`, `I`) is `Title`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from embedseq.errors import RequestError
from embedseq.text.words import units

CASES = ("lower", "Title", "UPPER")
MARKS = {"": "", "_comma": ",", "_period": "."}
LABELS = tuple(case + mark for case in CASES for mark in MARKS)

APOSTROPHES = ("'", "’")
_COMMAS = frozenset(",;:–—")
_PERIODS = frozenset(".!?…")


@dataclass(frozen=True)
class Stripped:
    """A sentence without case and punctuation; as many labels as words."""

    words: tuple[str, ...]
    labels: tuple[str, ...]


def strip(sentence: str) -> Stripped:
    """The bare words of a sentence and their labels."""
    words: list[str] = []
    cases: list[str] = []
    marks: list[str] = []
    for unit in units(sentence):
        if unit.kind == "dense":
            continue
        if unit.kind in ("word", "number", "ending", "elided"):
            word = unit.text.rstrip("'’") if unit.kind == "elided" else unit.text
            words.append(word.lower())
            cases.append(_case(word))
            marks.append("")
        elif words and not marks[-1] and unit.text in _COMMAS:
            marks[-1] = "_comma"
        elif words and unit.text in _PERIODS:
            marks[-1] = "_period"
    return Stripped(tuple(words), tuple(case + mark for case, mark in zip(cases, marks, strict=True)))


def restore(words: Sequence[str], labels: Sequence[str]) -> str:
    """The sentence that the labels make of the words. Raises RequestError for an unknown label or another number of them."""
    if len(words) != len(labels):
        raise RequestError(f"expected a label for each of {len(words)} words, found {len(labels)}")
    parts: list[str] = []
    for word, label in zip(words, labels, strict=True):
        if label not in LABELS:
            raise RequestError(f"{label!r} is not a label: expected one of {', '.join(LABELS)}")
        case, _, mark = label.partition("_")
        # "city" and "'s" are written together, but not two such endings: they would be read otherwise.
        attached = not parts or (word.startswith(APOSTROPHES) and not parts[-1].lstrip().startswith(APOSTROPHES))
        parts.append(("" if attached else " ") + _written(word, case) + MARKS[f"_{mark}" if mark else ""])
    return "".join(parts)


def mend(labels: Sequence[str], count: int) -> list[str]:
    """Exactly `count` labels from what a model wrote: missing ones, and what is no label, become `lower`; superfluous ones go."""
    kept = [label if label in LABELS else LABELS[0] for label in labels[:count]]
    return kept + [LABELS[0]] * (count - len(kept))


def _case(word: str) -> str:
    if len(word) > 1 and word.isupper():
        return "UPPER"
    return "Title" if word[:1].isupper() else "lower"


def _written(word: str, case: str) -> str:
    if case == "UPPER":
        return word.upper()
    return word[:1].upper() + word[1:] if case == "Title" else word
