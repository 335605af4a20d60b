"""What a pipeline file says about training. Light to import: no torch."""

from typing import Annotated, Literal

from pydantic import Field

from embedseq.settings import Later, Settings

Positive = Annotated[int, Field(ge=1)]
Rate = Annotated[float, Field(ge=0.0, lt=1.0)]
PositiveFloat = Annotated[float, Field(gt=0.0)]


class TrainSettings(Settings):
    """How a model is trained: Adam on the token cross-entropy, sentences of like length in a batch."""

    epochs: Positive = 10
    """The most passes over the training split."""
    max_updates: Positive | None = None
    """The most updates, if fewer than the epochs hold."""
    batch_tokens: Positive = 2048
    """The most target tokens (padding counted) in a batch."""
    accumulate: Annotated[Positive, Later()] = 1
    """Batches whose gradients are summed before the weights change: as one batch so many times as large, in the memory of one
    (but that attention experts are balanced within each)."""
    lr: PositiveFloat = 1e-3
    """The highest learning rate."""
    schedule: Literal["constant", "inverse-sqrt", "cosine", "plateau"] = "constant"
    """What the rate does after the warm-up: it stays, falls with the inverse square root of the updates (Vaswani et al. 2017), as
    half a cosine to 0 at the last update, or by half whenever the validation loss has stopped falling (`plateau`)."""
    plateau: Annotated[Positive, Later()] = 2
    """With the schedule `plateau`: after so many epochs in a row without a lower validation loss the rate is halved."""
    warmup: Annotated[int, Field(ge=0)] = 0
    """Updates over which the rate rises linearly to `lr`."""
    clip: PositiveFloat | None = 1.0
    """Gradients with a larger norm are scaled down to this one (Pascanu et al. 2013); null never scales."""
    label_smoothing: Rate = 0.0
    """The share of probability spread over all tokens (Szegedy et al. 2016)."""
    weight_decay: Annotated[float, Field(ge=0.0)] = 0.0
    """Decoupled weight decay (Loshchilov and Hutter 2019)."""
    teacher_forcing: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0
    """The probability that a step reads the true last token, not the model's own (Bengio et al. 2015). Below 1 training runs step
    by step, which is slow."""
    masking: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.15
    """For masked language models: the share of tokens that are to be guessed. Of them 80 % are masked, 10 % replaced by any other
    token, 10 % left as they are (Devlin et al. 2019, section 3.1); every epoch draws anew."""
    early_stopping: Positive | None = 5
    """Stop after so many epochs without a lower validation loss; null never stops. The best epoch's weights are kept anyway."""
    average: Annotated[Positive | None, Later()] = None
    """Keep the mean of the weights after the last so many epochs (Vaswani et al. 2017, section 6.1), fewer if there were fewer,
    and not the best epoch's."""
    threads: Positive = 1
    """Threads of the stage; part of its identity, since sums depend on it."""
