"""Gradients of single outcomes of a model, position by position, that go through its vocabulary once for all of them."""

import torch
from torch import Tensor

from embedseq.models.interfaces import Decoded
from embedseq.models.logits import LinearLogits


def output_states(decoded: Decoded) -> Tensor | None:
    """What the output layer read, (B, T, D); None where logits follow from more than that, as in a decoder that copies."""
    return decoded.predicted.states if isinstance(decoded.predicted, LinearLogits) else None


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
        # A scalar to begin with: torch that is handed a gradient loads a computer algebra (benchmarks/loading.py).
        (gradient,) = torch.autograd.grad((self._begin * (self._slopes * mask)).sum(), leaf, retain_graph=True)
        return gradient
