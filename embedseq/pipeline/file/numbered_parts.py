"""The numbers in the names of parts (`encoder 2`, `distance 5`), which a trend over parts is over."""

import re
from collections.abc import Iterable

NUMBER = re.compile(r"\d+(?=\D*$)")
"""The last number in the name of a part."""
EMBEDDING = "embedding"
"""The layer before the first."""


def number_of(part: str) -> float | None:
    """The last number in the name of a part, None where there is none; the embedded words are layer 0."""
    if part == EMBEDDING:
        return 0.0
    match = NUMBER.search(part)
    return None if match is None else float(match.group())


def numbers_of(parts: Iterable[str]) -> set[float]:
    """The different numbers in the names of parts."""
    return {number for part in parts if (number := number_of(part)) is not None}
