"""Characters as tokens."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from embedseq.text.gold_words import GoldWords, WordTokens
from embedseq.text.words import escape, unescape

SPACE = "▁"


class CharacterTokeniser:
    """Every code point is a token. A space is written `▁`; other white space, and a `▁` of the text itself, as `U+XXXX`."""

    def tokenise(self, text: str) -> list[str]:
        """The characters of `text`."""
        return [SPACE if char == " " else escape(char) if char == SPACE or char.isspace() else char for char in text]

    def tokenise_words(self, words: GoldWords) -> WordTokens:
        """The characters of a sentence, and the first of each word."""
        return WordTokens(self.tokenise(words.text), words.starts)

    def detokenise(self, tokens: Iterable[str]) -> str:
        """The text again."""
        return "".join(" " if token == SPACE else unescape(token) for token in tokens)

    def word_starts(self, tokens: Sequence[str]) -> list[bool]:
        """True for the first character, for each space, and for each character after a space."""
        return [row == 0 or SPACE in (token, tokens[row - 1]) for row, token in enumerate(tokens)]

    def record(self) -> dict[str, Any]:
        """What `save` writes."""
        return {"kind": "char"}

    def save(self, path: Path) -> None:
        """Write JSON; always the same bytes."""
        path.write_text(json.dumps(self.record()) + "\n", encoding="ascii")
