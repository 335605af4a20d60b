"""What a pipeline file says about training. Light to import: no torch."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from embedseq.settings import Expected, Later, Settings, one_thread_each
from embedseq.training.duration import PATTERN, minutes

Positive = Annotated[int, Field(ge=1)]
Rate = Annotated[float, Field(ge=0.0, lt=1.0)]
PositiveFloat = Annotated[float, Field(gt=0.0)]
Minutes = Annotated[
    Annotated[float, Field(gt=0.0), Expected("minutes")]
    | Annotated[str, Field(pattern=PATTERN), Expected("a time such as 25 min, 1.5 h or 90 s")],
    AfterValidator(minutes),
]
LOSS = "loss"
"""What epochs are compared by unless another score is named."""


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
    """With the schedule `plateau`: after so many epochs in a row without a lower validation loss (or a better score, with
    `best_by`) the rate is halved."""
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
    """Stop after so many epochs without a lower validation loss (or a better score, with `best_by`); null never stops. The best
    epoch's weights are kept anyway."""
    average: Annotated[Positive | None, Later()] = None
    """Keep the mean of the weights after the last so many epochs (Vaswani et al. 2017, section 6.1), fewer if there were fewer,
    and not the best epoch's."""
    moving_average: Annotated[Annotated[float, Field(gt=0.0, lt=1.0)] | None, Later()] = None
    """Keep a mean of the weights of all updates, `w̄ <- d w̄ + (1 - d) w` after each, d being this number (0.999, say; Polyak and
    Juditsky 1992) but smaller at first. The mean is what is validated, and the best epoch's is kept. Not beside `average`, which
    is another mean."""
    best_by: Annotated[str, Later()] = LOSS
    """By which score on the validation split epochs are compared: which is the best, when training stops early, when `plateau`
    halves the rate. `loss`, or a metric that fits the model (`embedseq list metrics`). An encoder-decoder then translates the
    validation split greedily after each epoch, which may take as long as the epoch itself: `limits` make the split smaller."""
    max_time: Annotated[Minutes | None, Later()] = None
    """Training ends after so many minutes (or `25 min`, `1.5 h`, `90 s`), with a last validation behind them; validations and
    what was done by the last checkpoint before it was killed are counted. How far it gets depends on the machine: such a run
    is not repeatable, and says so. `cosine` falls with the time or with the updates, whichever is nearer its end."""
    precision: Annotated[Literal["float32", "bfloat16"], Later()] = "float32"
    """In which numbers the matrices of an update are multiplied; weights, their changes, losses and validations are float32 in
    either case. `bfloat16` is for GPUs: a processor without instructions for it is hundreds of times slower, so that a run
    refuses it there, if the system says so (Linux does)."""
    threads: Positive = 1
    """Threads of the stage; part of its identity, since sums depend on it."""
    replicas: Annotated[Positive, Later()] = 1
    """Processes of one thread each that share every batch and add up their gradients, as one process would compute with the whole
    batch (but for dropout's draws, and attention experts, which are balanced within each part). For a Transformer on a
    CPU a little faster than as many `threads`, for recurrent models no faster; part of the identity, since sums depend on it."""

    @property
    def minutes(self) -> float | None:
        """`max_time`, however it was written."""
        return None if self.max_time is None else minutes(self.max_time)

    @property
    def cores(self) -> int:
        """The cores that training keeps busy."""
        return self.threads * self.replicas

    _one_thread_each = model_validator(mode="after")(one_thread_each)

    @model_validator(mode="after")
    def _one_mean(self) -> Self:
        if self.average is not None and self.moving_average is not None:
            raise ValueError(
                "average is the mean of the last epochs' weights, moving_average that of every update's: keep one of the two"
            )
        return self
