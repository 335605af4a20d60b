"""The cross-entropy of a linear output layer without its logits: they are computed part by part, and so are their gradients."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from embedseq.models.logits import LinearLogits

AT_ONCE = 2**22
"""So many logits are in memory at once on a processor, 16 MiB in float32. They stay in its caches, where the matrix of a whole
batch would go out to memory, which is fresh from the system each time, for each of its passes."""
_AT_ONCE_ELSEWHERE = 2**26
"""The same on other devices, where small calls are costly: 256 MiB in float32, twice. Chosen without a measurement."""


def linear_cross_entropy(logits: LinearLogits, targets: Tensor, smoothing: float) -> tuple[Tensor, Tensor]:
    """The smoothed and the plain loss of N rows with targets (N,), sums in nats; the second has no gradient.

    The vocabulary has a token for each row of the layer's weight; the loss is that of `training.loss.batch_loss`. Its gradients
    are computed with it, where autograd records, and can be asked for once.
    """
    parts = logits.states, logits.weight, logits.bias
    if not torch.is_grad_enabled():  # within `forward` it never is, and a weight may want a gradient that nobody will ask for
        return _sums(*parts, targets, smoothing, (False, False, False)).losses()
    smoothed, plain = _LinearCrossEntropy.apply(*parts, targets, smoothing)  # type: ignore[no-untyped-call]
    return smoothed, plain


class _LinearCrossEntropy(torch.autograd.Function):
    """With x = W h + b and log Z = log Σ_v exp(x_v) the loss of a row is log Z - (1 - e) x_target - e mean(x).

    Its gradient by x is softmax(x) - (1 - e) onehot(target) - e/V, times the scalar that comes from above, and so can be taken to
    h, W and b as soon as a part's softmax is there, in the forward pass. mean(x) = h · mean(W) + mean(b) needs no logits.
    """

    @staticmethod
    def forward(
        context: Any, states: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor, smoothing: float
    ) -> tuple[Tensor, Tensor]:
        """states (N, D), weight (V, D), bias (V,), targets (N,) -> smoothed and plain sums, scalars."""
        context.sums = _sums(states, weight, bias, targets, smoothing, context.needs_input_grad[:3])
        smoothed, plain = context.sums.losses()
        context.mark_non_differentiable(plain)
        return smoothed, plain

    @staticmethod
    @once_differentiable
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """gradients[0] is that of the smoothed sum."""
        if context.sums is None:
            raise RuntimeError("the gradients of this loss were taken already: its logits are lost; compute the loss anew")
        sums, context.sums = context.sums, None
        return (*sums.gradients(gradients[0]), None, None)


def _sums(
    states: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor, smoothing: float, wanted: tuple[bool, bool, bool]
) -> "_Sums":
    """All rows of states (N, D), with the gradients that are wanted: of the states, the weight and the bias."""
    sums = _Sums(states, weight, bias, smoothing, wanted)
    at_once = AT_ONCE if states.device.type == "cpu" else _AT_ONCE_ELSEWHERE
    step = max(1, at_once // max(1, len(weight)))
    room = _Room(states, min(step, len(states)), len(weight))
    for first in range(0, len(states), step):
        sums.add(slice(first, first + step), targets[first : first + step], room)
    return sums


class _Room:
    """Memory for the logits of n states and for what becomes of them, (n, V), used for one part after the other: memory that is
    fresh from the system each time is costly."""

    def __init__(self, states: Tensor, rows: int, size: int) -> None:
        self.products = states.new_empty(rows, size)
        self.shares = states.new_empty(rows, size, dtype=torch.promote_types(states.dtype, torch.float32))


class _Sums:
    """Losses and gradients, part by part. Matrices are multiplied in the states' precision, the rest is at least float32."""

    def __init__(
        self, states: Tensor, weight: Tensor, bias: Tensor | None, smoothing: float, wanted: tuple[bool, bool, bool]
    ) -> None:
        self.states, self.weight, self.bias, self.smoothing = states, weight.to(states.dtype), bias, smoothing
        kind = torch.promote_types(states.dtype, torch.float32)
        self.plain, self.target = torch.zeros(2, dtype=kind, device=states.device)
        self.of_states = torch.empty_like(states) if wanted[0] else None
        self.of_weight = torch.zeros_like(weight) if wanted[1] else None
        self.of_bias = torch.zeros_like(bias) if wanted[2] and bias is not None else None

    def add(self, part: slice, targets: Tensor, room: _Room) -> None:
        """Rows of the states, with their targets."""
        states = self.states[part]
        logits = torch.mm(states, self.weight.t(), out=room.products[: len(states)]).to(self.plain.dtype)  # (n, V)
        if self.bias is not None:
            logits += self.bias
        target = logits.gather(1, targets.unsqueeze(1)).squeeze(1)
        shares = torch.softmax(logits, dim=1, out=room.shares[: len(states)])
        # The largest share is 1/V or more, so that its logarithm is exact to rounding.
        normaliser = logits.amax(dim=1) - shares.amax(dim=1).log()
        self.plain += (normaliser - target).sum()
        self.target += target.sum()
        self._take_back(part, states, shares, targets)

    def _take_back(self, part: slice, states: Tensor, shares: Tensor, targets: Tensor) -> None:
        """Add the gradients of the rows, but for those of the means, of their shares (n, V), which are lost."""
        if self.of_states is None and self.of_weight is None and self.of_bias is None:
            return
        of_target = shares.new_full((len(shares), 1), self.smoothing - 1.0)
        of_logits = shares.scatter_add_(1, targets.unsqueeze(1), of_target)
        if self.of_bias is not None:
            self.of_bias += of_logits.sum(dim=0)
        of_logits = of_logits.to(states.dtype)
        if self.of_states is not None:
            torch.mm(of_logits, self.weight, out=self.of_states[part])
        if self.of_weight is not None and self.of_weight.dtype == states.dtype:
            self.of_weight.addmm_(of_logits.t(), states)
        elif self.of_weight is not None:
            self.of_weight += of_logits.t() @ states

    def losses(self) -> tuple[Tensor, Tensor]:
        """The smoothed and the plain sum; log Z - (1 - e) x_target - e mean(x) is the plain loss and e (x_target - mean(x))."""
        if self.smoothing == 0.0:
            return self.plain.clone(), self.plain
        means = self.states.sum(dim=0, dtype=self.target.dtype) @ self._mean_weight()
        if self.bias is not None:
            means = means + len(self.states) * self.bias.mean()
        return self.plain + self.smoothing * (self.target - means), self.plain

    def gradients(self, scale: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        """By states, weight and bias, of the smoothed sum times a scalar; asked for once."""
        even = self.smoothing / len(self.weight)
        if self.of_states is not None:
            self.of_states.sub_((self.smoothing * self._mean_weight()).to(self.of_states.dtype)).mul_(scale)
        if self.of_weight is not None:
            self.of_weight.sub_(even * self.states.sum(dim=0, dtype=self.of_weight.dtype)).mul_(scale)
        if self.of_bias is not None:
            self.of_bias.sub_(even * len(self.states)).mul_(scale)
        return self.of_states, self.of_weight, self.of_bias

    def _mean_weight(self) -> Tensor:
        return self.weight.mean(dim=0, dtype=self.target.dtype)
