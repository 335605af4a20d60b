"""The feed-forward network of a Transformer's layer, plain or gated."""

from collections.abc import Callable
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from embedseq.models.packed import linear
from embedseq.models.transformer.shape import Activation, LayerShape


@dataclass(frozen=True)
class _Bend:
    """function: what is applied to each number; gated: whether its result gates a second linear map."""

    function: Callable[[Tensor], Tensor]
    gated: bool = False


_BENDS: dict[Activation, _Bend] = {
    "relu": _Bend(F.relu),
    "gelu": _Bend(F.gelu),
    "geglu": _Bend(F.gelu, gated=True),
    "swiglu": _Bend(F.silu, gated=True),
}


def usual_width(dim: int, activation: Activation) -> int:
    """The inner width where none is asked for: 2 D, and two thirds of it with a gate.

    A gate is a third matrix; so the parameters are as many with it as without (Shazeer 2020, section 3.2). A width that is asked
    for is kept as it is.
    """
    return round(2 * (2 * dim) / 3) if _BENDS[activation].gated else 2 * dim


class FeedForward(nn.Module):
    """FFN(x) = W2 f(W1 x + b1) + b2   (Vaswani et al. 2017, equation 2), and with a gate

    FFN(x) = W2 (f(G x + g) ⊗ (W1 x + b1)) + b2   (Shazeer 2020, section 2, with the biases that he leaves out).
    """

    def __init__(self, shape: LayerShape) -> None:
        super().__init__()
        bend = _BENDS[shape.activation]
        self.function = bend.function
        self.inner = nn.Linear(shape.dim, shape.feed_forward)
        self.gate = nn.Linear(shape.dim, shape.feed_forward) if bend.gated else None
        self.outer = nn.Linear(shape.feed_forward, shape.dim)

    def forward(self, states: Tensor) -> Tensor:  # (B, T, D) -> (B, T, D)
        return FeedForwardMaps(self.function, self.inner, self.outer, self.gate)(states)

    def stepped(self) -> "FeedForwardMaps":
        """Itself for steps, made of the weights as they are now."""
        gate = None if self.gate is None else linear(self.gate.weight, self.gate.bias)
        inner, outer = (linear(each.weight, each.bias) for each in (self.inner, self.outer))
        return FeedForwardMaps(self.function, inner, outer, gate)


@dataclass(frozen=True)
class FeedForwardMaps:
    """The equation of `FeedForward`, of its maps: modules, or for steps functions, as those of `SteppedResidual` are."""

    function: Callable[[Tensor], Tensor]
    inner: Callable[[Tensor], Tensor]
    outer: Callable[[Tensor], Tensor]
    gate: Callable[[Tensor], Tensor] | None

    def __call__(self, states: Tensor) -> Tensor:  # (…, D) -> (…, D)
        inner = self.inner(states)
        return self.outer(self.function(inner) if self.gate is None else self.function(self.gate(states)) * inner)
