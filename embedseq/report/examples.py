"""Examples of a corpus, and of what models made of it: plain facts, filled in by whoever ran them. Light to import."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Picture:
    """An image as a model reads it: its columns from left to right, each from its top to its bottom, 0 to 1."""

    columns: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class TokenLine:
    """One side of a text as its tokens; `more` tokens are not shown. Of an image there is the picture instead."""

    side: str  # "source", "source2", "target"
    tokens: tuple[str, ...] = ()
    more: int = 0
    picture: Picture | None = None


@dataclass(frozen=True)
class TokenExample:
    """All sides of one text, token by token."""

    lines: tuple[TokenLine, ...]


@dataclass(frozen=True)
class LabelledWord:
    """A word and its label; in a model's answer, whether that is the right one."""

    word: str
    label: str
    right: bool = True


@dataclass(frozen=True)
class ExampleText:
    """What a model was given, or what it should have said. Where words are labelled, they are told instead of the text."""

    name: str  # "source", "source2", "reference", "label"
    text: str
    words: tuple[LabelledWord, ...] = ()
    picture: Picture | None = None


@dataclass(frozen=True)
class ExampleOutput:
    """What one arm made of it."""

    arm: str
    text: str
    words: tuple[LabelledWord, ...] = ()


@dataclass(frozen=True)
class Example:
    """One item of the test split with what every arm said of it."""

    sources: tuple[ExampleText, ...]
    reference: ExampleText
    outputs: tuple[ExampleOutput, ...]


@dataclass(frozen=True)
class Examples:
    """Those of one corpus."""

    corpus: str
    examples: tuple[Example, ...]
