"""Texts of several sentences whose bounds are kept: a mark between the sentences in text, END between them in ids.

The mark stands between spaces and is never part of a sentence, so that no tokeniser sees it.
"""

from collections.abc import Iterable, Sequence
from itertools import chain

from embedseq.text.vocabulary import END

SECTION = "␞"
"""U+241E, the symbol for the character that separates records."""


def join_sections(sentences: Iterable[str]) -> str:
    """The sentences as one line. A mark within a sentence becomes a space; empty sentences are dropped."""
    cleaned = (" ".join(sentence.split(SECTION)).strip() for sentence in sentences)
    return f" {SECTION} ".join(sentence for sentence in cleaned if sentence)


def split_sections(line: str) -> list[str]:
    """The sentences of a line that `join_sections` wrote; of any other text the text itself."""
    return line.split(f" {SECTION} ")


def without_sections(line: str) -> str:
    """The text of a line as running text: its sentences with spaces between them."""
    return " ".join(split_sections(line))


def join_ids(sentences: Sequence[Sequence[int]]) -> list[int]:
    """The ids of the sentences of a text with END between them; after the last one none, as everywhere."""
    parts = ((END, *ids) for ids in sentences)
    return list(chain.from_iterable(parts))[1:]
