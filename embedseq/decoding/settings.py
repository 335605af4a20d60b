"""What a pipeline file says about search. Light to import: no torch."""

from typing import Annotated

from pydantic import Field

from embedseq.settings import Settings

Positive = Annotated[int, Field(ge=1)]


class SearchSettings(Settings):
    """Beam search from the start symbol to the end symbol; a beam of 1 is greedy search."""

    beam: Positive = 5
    """Hypotheses kept at each step."""
    length_penalty: Annotated[float, Field(ge=0.0)] = 1.0
    """A finished hypothesis scores its log-probability over its length (end symbol counted) to this power; 0 compares sums."""
    max_length: Positive = 128
    """A hypothesis ends here at the latest, in tokens."""
    max_ratio: Annotated[float, Field(gt=0.0)] = 3.0
    """A hypothesis is at most so many times as long as its source, plus 10."""
