"""Gradients of single outcomes of a model, position by position, that go through its vocabulary once for all of them."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class OutputStates:
    """What a decoder's output layer read last, (B, T, D); None where logits follow from more than that, as in one that copies."""

    def __init__(self) -> None:
        self.states: Tensor | None = None


@contextmanager
def output_states(decoder: nn.Module) -> Iterator[OutputStates]:
    """Record what the output layer of `decoder` reads inside the block."""
    found, parts = OutputStates(), dict(decoder.named_children())
    if parts.get("copying") is not None:
        yield found
        return

    def record(module: nn.Module, given: tuple[Tensor, ...]) -> None:
        found.states = given[0]

    hook = parts["output"].register_forward_pre_hook(record)
    try:
        yield found
    finally:
        hook.remove()


class SentBack:
    """Outcomes (B, T), one a position, to be sent back a few at a time.

    Where outcome t follows from `states` (B, T, D) at position t alone, gradients begin there: the way from the outcomes to the
    states, through a row of logits as long as the vocabulary, is then gone once and not once a position.
    """

    def __init__(self, outcomes: Tensor, states: Tensor | None = None) -> None:
        if states is None:
            self._begin, self._slopes = outcomes, torch.ones_like(outcomes)
        else:
            (slopes,) = torch.autograd.grad(outcomes.sum(), states, retain_graph=True)
            self._begin, self._slopes = states, slopes

    def to(self, leaf: Tensor, asked: Tensor) -> Tensor:
        """The gradient of the sum of the outcomes at asked (B, T) bool, of the shape of `leaf`. Rows of a batch do not touch each
        other, so that with one asked in each row it holds the gradient of each."""
        mask = asked.view(*asked.shape, *([1] * (self._slopes.dim() - asked.dim())))
        (gradient,) = torch.autograd.grad(self._begin, leaf, self._slopes * mask, retain_graph=True)
        return gradient
