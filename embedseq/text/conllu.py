"""Sentences with gold words, tags and trees from CoNLL-U files (Universal Dependencies), one at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedseq.errors import InputError
from embedseq.text.files import at, read_lines


@dataclass(frozen=True)
class TaggedSentence:
    """One sentence; `forms` and the fields after it have an entry a word."""

    text: str
    """The sentence as it was written."""
    sent_id: str
    """Its name in the treebank; empty where it has none."""
    line: int
    """The line of the file on which it begins, counted from 1."""
    forms: tuple[str, ...]
    """The words; those that stand for several (`don't`) as the treebank parts them."""
    glued: tuple[bool, ...]
    """Of each word whether it is written together with the one before. The parts of a word that stands for several are, unless
    it is written otherwise than they are together (`zum` for `zu` and `dem`)."""
    upos: tuple[str, ...]
    """Universal part-of-speech tags."""
    heads: tuple[int, ...]
    """The number of the word that each hangs on, counted from 1; 0 for the root, -1 where the file says none."""
    deprels: tuple[str, ...]
    """The relation to the head."""
    feats: tuple[Mapping[str, str], ...]
    """Morphological features, `{"Number": "Sing"}`."""


def read_conllu(path: Path) -> Iterator[TaggedSentence]:
    """The sentences of a file, plain or gzip. Raises InputError with the line where one is not CoNLL-U."""
    block: list[str] = []
    number = 0
    for number, line in enumerate(read_lines(path), start=1):
        if line.strip():
            block.append(line)
        elif block:
            yield _sentence(path, number - len(block), block)
            block = []
    if block:
        yield _sentence(path, number - len(block) + 1, block)


def problems_in_conllu(path: Path) -> list[str]:
    """The first fault of a file, if any; having no sentence is one."""
    try:
        found = sum(1 for _ in read_conllu(path))
    except InputError as error:
        return [str(error)]
    return [] if found else [f"{path}: the file has no sentence: expected CoNLL-U"]


def _sentence(path: Path, number: int, block: list[str]) -> TaggedSentence:
    import conllu  # 50 ms that only treebanks need
    from conllu.exceptions import ParseException

    for offset, line in enumerate(block):
        columns = line.count("\t") + 1
        if not line.startswith("#") and columns != 10:
            raise InputError(f"{at(path, number + offset)} has {columns} columns parted by tabs: CoNLL-U has ten")
    try:
        parsed = conllu.parse("\n".join(block) + "\n\n")
    except ParseException as error:
        raise InputError(f"{path}: the sentence from line {number:,} on is not CoNLL-U: {error}") from error
    if len(parsed) != 1 or not parsed[0]:
        raise InputError(f"{at(path, number)} begins a block without words: expected a sentence")
    words = [word for word in parsed[0] if isinstance(word["id"], int)]  # no ranges (3-4), no empty nodes (3.1)
    text = parsed[0].metadata.get("text") or _joined(parsed[0])
    return TaggedSentence(
        text=text,
        sent_id=parsed[0].metadata.get("sent_id") or "",
        line=number,
        forms=tuple(word["form"] for word in words),
        glued=tuple(_glued(parsed[0])),
        upos=tuple(word["upos"] or "_" for word in words),
        heads=tuple(-1 if word["head"] is None else word["head"] for word in words),
        deprels=tuple(word["deprel"] or "_" for word in words),
        feats=tuple({name: value or "" for name, value in (word["feats"] or {}).items()} for word in words),
    )


def _glued(tokens: Sequence[Mapping[str, Any]]) -> Iterator[bool]:
    """For each word whether it is written together with the one before."""
    words = [token for token in tokens if isinstance(token["id"], int)]
    forms = {word["id"]: word["form"] for word in words}
    tight = {word["id"]: _is_tight(word) for word in words}
    for token in tokens:
        number = token["id"]
        if isinstance(number, tuple) and number[1] == "-":
            parts = range(number[0], number[2] + 1)
            whole = "".join(forms.get(part, "") for part in parts) == token["form"]
            tight |= {part: whole if part != parts[-1] else _is_tight(token) for part in parts}
    return (tight.get(word["id"] - 1, False) for word in words)


def _is_tight(token: Mapping[str, Any]) -> bool:
    """Whether no space follows a token."""
    return (token["misc"] or {}).get("SpaceAfter") == "No"


def _joined(tokens: Sequence[Mapping[str, Any]]) -> str:
    """The text from the forms; a range (`3-4 don't`) stands for the words that it covers."""
    parts: list[str] = []
    covered = 0
    for token in tokens:
        number = token["id"]
        if isinstance(number, tuple):
            if number[1] != "-":
                continue
            covered = number[2]
        elif number <= covered:
            continue
        parts.append(f"{token['form']}{'' if _is_tight(token) else ' '}")
    return "".join(parts).strip()
