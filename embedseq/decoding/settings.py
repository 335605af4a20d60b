"""How models write: what a pipeline file says about search, and how texts are drawn. Light to import: no torch."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import ErrorDetails

from embedseq.errors import Problems
from embedseq.settings import Later, Settings

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
    stop: Annotated[Literal["exact", "present", "full"], Later()] = "exact"
    """When the search for a sentence ends. `exact`: when nothing that it still follows could enter its list of the `beam` best,
    were all further tokens certain. `present`: when that list is full and no unfinished hypothesis scores better, as it stands,
    than the worst in it. `full`: when that list is full. The last two save steps, and may miss a longer and
    better hypothesis."""


class SamplingSettings(Settings):
    """How a language model draws each next token: its distribution is sharpened, then cut to `top_k`, then to `top_p`.

    They are made where a question is asked, and not read with a pipeline file: values that cannot be raise RequestError.
    """

    temperature: Annotated[float, Field(ge=0.0, allow_inf_nan=False)] = 1.0
    """Logits are divided by this: below 1 likely tokens become likelier. 0 always takes the likeliest."""
    top_k: Positive | None = None
    """Only the so many likeliest tokens can be drawn (Fan et al. 2018, section 5.4); none means all."""
    top_p: Annotated[float, Field(gt=0.0, le=1.0, allow_inf_nan=False)] = 1.0
    """Only the fewest likeliest tokens that have this probability together can be drawn (the nucleus: Holtzman et al. 2020)."""
    max_length: Positive = 100
    """At most so many tokens follow the prompt."""
    seed: Annotated[int, Field(ge=0)] = 1
    """Of the random numbers. The same seed and prompt give the same texts."""

    @model_validator(mode="wrap")
    @classmethod
    def _say_what_is_wrong(cls, values: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return validate(values)
        except ValidationError as error:
            raise Problems([_told(part) for part in error.errors()]) from None


def _told(wrong: ErrorDetails) -> str:
    """One thing that is wrong, in a line: `temperature: input should be a finite number, found nan`."""
    where = ".".join(map(str, wrong["loc"])) or "settings"
    return f"{where}: {wrong['msg'][0].lower()}{wrong['msg'][1:]}, found {wrong['input']!r}"
