"""The loss of a batch: label-smoothed cross-entropy, summed over the valid target tokens."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from embedseq.models.logits import LinearLogits, Logits
from embedseq.training.linear_loss import linear_cross_entropy


@dataclass(frozen=True)
class Loss:
    """Sums over the valid tokens of a batch, in nats."""

    smoothed: Tensor
    """The cross-entropy with smoothing; a scalar with a gradient."""
    plain: Tensor
    """The cross-entropy without smoothing; a scalar without a gradient."""
    tokens: int
    """How many tokens were summed over."""

    def objective(self, penalty: Tensor | None, tokens: int | None = None) -> Tensor:
        """What training minimises, per token: the smoothed loss and the model's penalty, a sum over the batch like the loss.

        tokens: those of all batches that share an update, whose objectives then sum to that of one large batch; None: its own.
        """
        return (self.smoothed if penalty is None else self.smoothed + penalty) / (self.tokens if tokens is None else tokens)


def token_losses(logits: Tensor, targets: Tensor, valid: Tensor) -> Tensor:
    """The cross-entropy of every token in nats, 0 where `valid` is False.

    logits (B, T, V), targets (B, T), valid (B, T) -> (B, T)
    """
    losses = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none").view_as(targets)
    return losses.masked_fill(~valid, 0.0)


def batch_loss(predicted: Logits, targets: Tensor, valid: Tensor, smoothing: float = 0.0) -> Loss:
    """The loss of a batch, so that it equals the sum of its sentences' losses.

    A token's loss is -(1 - e) log p(target) - e/V Σ_v log p(v), with e the smoothing (Szegedy et al. 2016, section 7).
    Only valid positions are looked at: padding costs no pass over the vocabulary.

    predicted (B, T, V), targets (B, T), valid (B, T) -> scalars
    """
    rows, wanted = predicted.at(valid), targets[valid]
    if isinstance(rows, LinearLogits):
        smoothed, plain = linear_cross_entropy(rows, wanted, smoothing)
    else:
        dense = rows.dense()
        precise = dense.to(torch.promote_types(dense.dtype, torch.float32))  # an autocast may have halved them
        smoothed, plain = _SmoothedCrossEntropy.apply(precise, wanted, smoothing)  # type: ignore[no-untyped-call]
    return Loss(smoothed, plain.detach(), len(wanted))


class _SmoothedCrossEntropy(torch.autograd.Function):
    """With log Z = log Σ_v exp(x_v) the loss of a row is (1 - e)(log Z - x_target) + e (log Z - mean(x)), and its gradient
    softmax(x) - (1 - e) onehot(target) - e/V: one matrix of the vocabulary's width, where composed operations make three."""

    @staticmethod
    def forward(context: Any, rows: Tensor, targets: Tensor, smoothing: float) -> tuple[Tensor, Tensor]:
        """rows (N, V), targets (N,) -> smoothed and plain sums, scalars."""
        normaliser = rows.logsumexp(dim=1)
        plain = (normaliser - rows.gather(1, targets.unsqueeze(1)).squeeze(1)).sum()
        smoothed = plain.clone()
        if smoothing > 0.0:
            smoothed = (1.0 - smoothing) * plain + smoothing * (normaliser - rows.mean(dim=1)).sum()
        context.save_for_backward(rows, normaliser, targets)
        context.smoothing = smoothing
        context.mark_non_differentiable(plain)
        return smoothed, plain

    @staticmethod
    @once_differentiable
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        """gradients[0] is that of the smoothed sum."""
        rows, normaliser, targets = context.saved_tensors
        of_rows = (rows - normaliser.unsqueeze(1)).exp_()
        if context.smoothing > 0.0:
            of_rows -= context.smoothing / rows.shape[1]
        of_target = of_rows.new_full((len(rows), 1), context.smoothing - 1.0)
        return of_rows.scatter_add_(1, targets.unsqueeze(1), of_target).mul_(gradients[0]), None, None
