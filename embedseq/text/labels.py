"""Labels of words and of texts: how they are written, and labels as tokens. Where they come from, `labelled.py` knows."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from embedseq.errors import InputError
from embedseq.text.gold_words import GoldWords, WordTokens
from embedseq.text.vocabulary import SPECIALS


def as_label(text: str) -> str:
    """A label as one token: no white space around it, and `_` in the place of each stretch of it inside.

    Raises InputError where nothing is left, and for the names of special tokens.
    """
    label = "_".join(text.split())
    if not label:
        raise InputError(f"expected a label, found {text!r}")
    if label in SPECIALS:
        raise InputError(f"{label!r} cannot be a label: {', '.join(SPECIALS)} are the names of special tokens; call it otherwise")
    return label


class LabelTokeniser:
    """Labels as tokens, one a label, whatever characters they consist of; they stand between spaces."""

    def tokenise(self, text: str) -> list[str]:
        """The labels."""
        return text.split()

    def tokenise_words(self, words: GoldWords) -> WordTokens:
        """Each word is a label."""
        return WordTokens(list(words.words), list(range(len(words.words))))

    def detokenise(self, tokens: Iterable[str]) -> str:
        """The labels with spaces between them."""
        return " ".join(tokens)

    def word_starts(self, tokens: Sequence[str]) -> list[bool]:
        """True throughout."""
        return [True] * len(tokens)

    def record(self) -> dict[str, Any]:
        """What `save` writes."""
        return {"kind": "label"}

    def save(self, path: Path) -> None:
        """Write JSON; always the same bytes."""
        path.write_text(json.dumps(self.record()) + "\n", encoding="ascii")
