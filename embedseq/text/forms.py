"""What the lines of a side are, where they are not plain text, and how each kind of line becomes tokens."""

from itertools import chain
from typing import Literal

from embedseq.text.gold_words import GoldWords
from embedseq.text.sections import split_sections
from embedseq.text.settings import DataSettings
from embedseq.text.tokenisers import Tokeniser

Form = Literal["text", "words", "sections", "labels", "frames"]
"""Running text; gold words with marks of glue; sentences with marks between them; labels. Frames are no lines at all."""


def forms_of(settings: DataSettings) -> dict[str, Form]:
    """The sides of a corpus that are something else than running text, and what they are."""
    if settings.task == "tagging":
        return {"source": "words", "target": "labels"}
    if settings.task == "trees":
        return {"source": "words"}
    if settings.task == "classification":
        return {"target": "labels"}
    if settings.reads_images:
        return {"source": "frames"}
    return {"source": "sections"} if settings.sections else {}


def tokens_of(tokeniser: Tokeniser, line: str, form: Form) -> list[str]:
    """The tokens of a line; the marks of its form are none."""
    if form == "words":
        return tokeniser.tokenise_words(GoldWords.from_line(line)).tokens
    parts = split_sections(line) if form == "sections" else [line]
    return list(chain.from_iterable(map(tokeniser.tokenise, parts)))
