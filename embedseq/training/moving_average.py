"""An exponential moving average of the weights, which is validated and kept in place of the weights themselves."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


def decay_at(update: int, decay: float) -> float:
    """How much of the mean stays at update n (counted from 1): min(d, (1 + n) / (10 + n)).

    So the untrained weights, from which the mean starts, and the first ones after them are soon forgotten, however near 1 `decay`
    is: TensorFlow's `ExponentialMovingAverage` with `num_updates`. Without it the untrained weights would still have the share
    d^n, which Adam (Kingma and Ba 2015, section 3) divides out of its moments.
    """
    return min(decay, (1.0 + update) / (10.0 + update))


class MovingAverage:
    """w̄ <- d w̄ + (1 - d) w after each update (Polyak and Juditsky 1992 for the plain mean), for the weights that are trained.

    What is not trained is no part of it, and so stays to the bit: frozen rows, and gradual ones until their epoch.
    """

    def __init__(self, decay: float) -> None:
        self._decay = decay
        self._parameters: dict[str, nn.Parameter] = {}
        self._means: dict[str, Tensor] = {}

    def enrol(self, model: nn.Module) -> None:
        """Takes in the parameters that have become trainable since the last call, at what they are now."""
        for name, parameter in model.named_parameters():
            if parameter.requires_grad and name not in self._parameters:
                self._parameters[name] = parameter
                self._means[name] = parameter.detach().clone()

    @torch.no_grad()
    def add(self, update: int) -> None:
        """Takes in the weights after an update, counted from 1."""
        share = 1.0 - decay_at(update, self._decay)
        for name, mean in self._means.items():
            mean.lerp_(self._parameters[name], share)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Inside the block the model has the means for weights."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        """Values move, tensors stay: the optimiser holds on to them."""
        for name, mean in self._means.items():
            weight = self._parameters[name]
            before = weight.detach().clone()
            weight.copy_(mean)
            mean.copy_(before)

    def tensors(self) -> dict[str, Tensor]:
        """The means by the names of the parameters."""
        return dict(self._means)

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """The inverse of `tensors`, where the same parameters are enrolled."""
        for name, tensor in tensors.items():
            self._means[name].copy_(tensor)
