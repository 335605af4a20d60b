"""Words as a treebank parts them, and how they are written: `do` and `n't` are two words written together.

As a line of text the words stand between spaces, and a word that is written together with the one before it has a mark in front
of it (`do ␟n't`). Words contain white space next to never; within a line each stretch of it is written as one `␠`, and read as a
space.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

GLUE = "␟"
"""U+241F, in front of a word that is written together with the one before."""
SPACE = "␠"
"""U+2420, in the place of white space within a word."""


@dataclass(frozen=True)
class GoldWords:
    """The words of a sentence.

    Raises ValueError for a word that is empty, begins or ends with white space, or contains the characters that lines need.
    """

    words: tuple[str, ...]
    glued: tuple[bool, ...]
    """Of each word whether it is written together with the one before. That of the first says nothing."""

    def __post_init__(self) -> None:
        if len(self.words) != len(self.glued):
            raise ValueError(f"{len(self.words)} words, but {len(self.glued)} say whether they are written together")
        for word in self.words:
            if not word or word != word.strip():
                raise ValueError(f"the word {word!r} is empty or has white space around it")
            if GLUE in word or SPACE in word:
                raise ValueError(f"the word {word!r} contains {GLUE} or {SPACE}, which mark how words are written")

    @classmethod
    def from_line(cls, line: str) -> "GoldWords":
        """The words of a line that `line` wrote. Raises ValueError for another line."""
        parts = line.split(" ")
        words = tuple(part.removeprefix(GLUE).replace(SPACE, " ") for part in parts)
        return cls(words, tuple(part.startswith(GLUE) for part in parts))

    @property
    def line(self) -> str:
        """The words as a line of text with marks."""
        written = (SPACE.join(word.split()) for word in self.words)
        return " ".join(f"{GLUE if glued else ''}{word}" for word, glued in zip(written, self.glued, strict=True))

    @property
    def text(self) -> str:
        """The sentence as running text, without marks."""
        return "".join(f"{gap}{word}" for gap, word in zip(self._gaps(), self.words, strict=True))

    @property
    def starts(self) -> list[int]:
        """Where each word begins in the running text."""
        ends = accumulate(len(gap) + len(word) for gap, word in zip(self._gaps(), self.words, strict=True))
        return [end - len(word) for end, word in zip(ends, self.words, strict=True)]

    def _gaps(self) -> Iterator[str]:
        """What stands before each word."""
        return ("" if glued or row == 0 else " " for row, glued in enumerate(self.glued))


@dataclass(frozen=True)
class WordTokens:
    """The tokens of a sentence whose words are known."""

    tokens: list[str]
    starts: list[int]
    """For each word the token that it begins with; no two words share one."""
