"""What a pipeline file says about tuning: which settings are tried, and for how long. Light to import: no torch.

What is not here cannot be tuned: the length of training and its threads are the budget, which is the same for all; with another
share of masked tokens, or in the mean of the last weights, the losses of trials could not be compared.
"""

from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, model_validator

from embedseq.settings import Settings
from embedseq.training.settings import Positive, PositiveFloat, Rate

MAX_TRIALS = 100
"""So many trials of one model are enough for a pipeline that a laptop should finish."""
MAX_GRID = 10_000
"""So many combinations are enough to draw from."""
Value = TypeVar("Value")


def _worth_trying(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(values) < 2:
        raise ValueError("expected two or more values to choose from; a single one is no choice: set the field itself")
    twice = [value for index, value in enumerate(values) if value in values[:index]]
    if twice:
        raise ValueError(f"{twice[0]} is given twice")
    return values


Tried = Annotated[tuple[Value, ...], AfterValidator(_worth_trying), Field(json_schema_extra={"minItems": 2, "uniqueItems": True})]


class TuneSettings(Settings):
    """What of a model's training is chosen by trying: a grid of values, of which the trial with the lowest validation loss in
    its best epoch decides (with `train.best_by` that with the best score), the first of equals; also where `train.average` keeps
    another model than that epoch's. All arms of the model get the same trials; each chooses for itself. The trials are with the
    lowest of the file's seeds, and what they chose holds for all seeds, in place of what the field itself says. The test split
    plays no part."""

    lr: Tried[PositiveFloat] | None = None
    """Values of `train.lr`."""
    schedule: Tried[Literal["constant", "inverse-sqrt", "cosine", "plateau"]] | None = None
    """Values of `train.schedule`."""
    plateau: Tried[Positive] | None = None
    """Values of `train.plateau`."""
    warmup: Tried[Annotated[int, Field(ge=0)]] | None = None
    """Values of `train.warmup`."""
    batch_tokens: Tried[Positive] | None = None
    """Values of `train.batch_tokens`."""
    accumulate: Tried[Positive] | None = None
    """Values of `train.accumulate`."""
    clip: Tried[PositiveFloat | None] | None = None
    """Values of `train.clip`."""
    label_smoothing: Tried[Rate] | None = None
    """Values of `train.label_smoothing`; the validation loss is unsmoothed."""
    weight_decay: Tried[Annotated[float, Field(ge=0.0)]] | None = None
    """Values of `train.weight_decay`."""
    teacher_forcing: Tried[Annotated[float, Field(ge=0.0, le=1.0)]] | None = None
    """Values of `train.teacher_forcing`."""
    dropout: Tried[Rate] | None = None
    """Values of the model's `dropout`."""
    trials: Annotated[int, Field(ge=2, le=MAX_TRIALS)] | None = None
    """How many combinations are tried, drawn from the grid without repetition (random search, Bergstra and Bengio 2012), the same
    ones for every arm. None means all of them."""
    epochs: Positive | None = None
    """The most epochs of a trial, if fewer than those of training."""
    max_updates: Positive | None = None
    """The most updates of a trial, if fewer than those of training."""

    @model_validator(mode="after")
    def _something_to_try(self) -> Self:
        if not self.lists:
            raise ValueError(f"names nothing to try: give two or more values of a field ({', '.join(TUNABLE)})")
        return self

    @property
    def lists(self) -> dict[str, tuple[Any, ...]]:
        """The values of each field that is tuned, in the order of this class, whatever that of the file."""
        given = ((name, getattr(self, name)) for name in TUNABLE)
        return {name: values for name, values in given if values is not None}


TUNABLE = tuple(name for name in TuneSettings.model_fields if name not in ("trials", "epochs", "max_updates"))
"""What can be tuned."""
OF_THE_SHAPE = ("dropout",)
"""What of it is a field of the model itself; all else is one of its `train`."""


def written_as(name: str) -> str:
    """The dotted field of a model that is tuned under this name: `train.lr`, `dropout`."""
    return name if name in OF_THE_SHAPE else f"train.{name}"
