"""A look at a model before it is trained: its loss on a batch, whether gradients reach all that is to be trained, and, after the
first update, whether what is frozen stayed as it was."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from embedseq.caution import Caution
from embedseq.errors import WorkError
from embedseq.models.interfaces import Model
from embedseq.text.batches import Batch
from embedseq.training.loss import batch_loss

BELOW, ABOVE = 2.0, 4.0
"""So many nats may the loss of an untrained model be below or above log V. Logits that vary by s around their mean cost s²/2 nats
more than even ones: for all shapes here, drawn to keep a variance of about one, at most some 1.2 nats; with copying, whose gate
may lean to the source, 3.7 were seen. And one label alone may happen to be likelier by two nats than the even share."""
NAMED = 6
"""So many parameters are named."""


@dataclass(frozen=True)
class FirstLook:
    """What a model does with its first batch."""

    loss: float
    """Nats a token."""
    cautions: tuple[Caution, ...]


def look_at_first_batch(model: Model, batch: Batch, untrained: bool) -> FirstLook:
    """The loss of a batch, with dropout, and what is suspicious in it and in the gradients. Nothing of the model or torch's
    random state changes, but that gradients are forgotten. A loss that is not finite is the first update's to tell.

    untrained: whether the loss should be near log V. Raises WorkError where a gradient is not finite, or does not reach a
    parameter that is to be trained: the parameter as a whole, not rows whose tokens the batch does not have.
    """
    device = next(model.parameters()).device
    was_training = model.training
    model.train()
    moved = batch.to(device)
    with torch.random.fork_rng():
        decoded = model.predict(moved)
    loss = batch_loss(decoded.predicted, moved.target_out, moved.target_valid)
    loss.objective(decoded.penalty).backward()  # type: ignore[no-untyped-call]
    per_token = float(loss.plain) / max(loss.tokens, 1)
    cautions: tuple[Caution, ...] = ()
    if math.isfinite(per_token):
        cautions = (*_gradients(model), *(_loss(per_token, decoded.predicted.vocabulary_size) if untrained else ()))
    model.zero_grad(set_to_none=True)
    model.train(was_training)
    return FirstLook(per_token, cautions)


def _gradients(model: nn.Module) -> list[Caution]:
    gradients = {name: parameter.grad for name, parameter in model.named_parameters() if parameter.requires_grad}
    if unreached := [name for name, gradient in gradients.items() if gradient is None]:
        raise WorkError(
            f"No gradient reaches {_named(unreached)}, though they are to be trained: they would stay as they were drawn. What "
            "the model says does not depend on them; a member of the model that was added is not used, or detaches what it gets."
        )
    there = {name: gradient for name, gradient in gradients.items() if gradient is not None}
    if broken := [name for name, gradient in there.items() if not bool(gradient.isfinite().all())]:
        raise WorkError(
            f"Before the first update the gradients of {_named(broken)} are not finite, though the loss is. Look at the vectors "
            "handed over, and at what the model divides by or takes roots and logarithms of."
        )
    still = [name for name, gradient in there.items() if gradient.numel() > 0 and not bool(gradient.any())]
    if not still:
        return []
    return [
        Caution(
            "gradient-zero",
            f"On the first batch the gradient of {_named(still)} is zero throughout ({len(still)} of {len(there)} parameters).",
            "They do not learn as long as that is so: units that are all saturated or switched off, or an input that is zero.",
            "Look at what they are fed; another activation, or smaller initial values, may help.",
        )
    ]


def _loss(loss: float, vocabulary: int) -> list[Caution]:
    even = math.log(vocabulary)
    seen = f"Before training the loss is {loss:.2f} nats a token, and guessing evenly among {vocabulary:,} would cost {even:.2f}."
    if loss > even + ABOVE:
        means = "The untrained model is sure of wrong answers: its logits are too large."
        return [Caution("first-loss-high", seen, means, "Look at the scale of the vectors handed over, and of what was added.")]
    if loss < even - BELOW:
        means = "An untrained model cannot know that much: the answer is probably among what it reads."
        return [Caution("first-loss-low", seen, means, "Look whether the source holds the target, and whether a mask lets it.")]
    return []


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"


class Frozen:
    """What of a model is frozen, to be compared with itself: parameters without gradient, and frozen rows of word vectors."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._before = {name: tensor.detach().clone() for name, tensor in _frozen(model).items()}

    def check(self) -> None:
        """Raises WorkError where anything has changed."""
        now = _frozen(self._model)
        if changed := [name for name, tensor in self._before.items() if not torch.equal(now[name], tensor)]:
            raise WorkError(
                f"The first update changed {_named(changed)}, which are frozen. A part of the model shares their memory, or "
                "changes them itself; with embedseq's own parts alone this is a bug, please report it."
            )


def _frozen(model: Model) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {name: p for name, p in model.named_parameters() if not p.requires_grad}
    return found | {f"{side}.vectors": table.vectors for side, table in model.tables().items() if table.as_ == "frozen"}
