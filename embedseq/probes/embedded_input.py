"""The embedded tokens of a model as something that gradients are taken with respect to."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Followed:
    """What a table gave last."""

    def __init__(self) -> None:
        self._embedded: Tensor | None = None

    @property
    def embedded(self) -> Tensor:
        """(B, S, D), a leaf of the graph. Raises ValueError where the table was not asked."""
        if self._embedded is None:
            raise ValueError("nothing was embedded while the table was followed")
        return self._embedded

    def take(self, given: Tensor) -> Tensor:
        """Cut the graph below what the table gave, and go on from there."""
        if given.dim() < 3:  # a token alone, which a language model asks for to learn the width
            return given
        self._embedded = given.detach().requires_grad_()
        return self._embedded


@contextmanager
def followed(table: nn.Module) -> Iterator[Followed]:
    """Inside the block what `table` gives for tokens (B, S) is a leaf: gradients reach it, and nothing below it."""
    found = Followed()
    hook = table.register_forward_hook(lambda module, given, output: found.take(output))
    try:
        yield found
    finally:
        hook.remove()


@contextmanager
def differentiable(model: nn.Module) -> Iterator[torch.device]:
    """Inside the block the model is in evaluation mode, with gradients; gives its device. Afterwards it is as it was.

    cuDNN's recurrent layers have no gradient in evaluation mode, so torch's own take their place.
    """
    training = model.training
    model.eval()
    try:
        with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
            yield next(model.parameters()).device
    finally:
        model.train(training)
