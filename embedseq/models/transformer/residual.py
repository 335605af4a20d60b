"""How a sub-layer is joined to the states that it changes: a residual, a norm and dropout."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from embedseq.models.dropout import Dropout
from embedseq.models.transformer.shape import LayerShape

_EPSILON = 1e-5
"""Added to the mean square under the root, so that a row of zeros stays one."""


def new_norm(shape: LayerShape) -> nn.Module:
    """(x − mean x) / √(var x) · g + b   (Ba et al. 2016), or x / √(mean x²) · g   (Zhang and Sennrich 2019, equation 4)."""
    kind = nn.LayerNorm if shape.normalisation == "layer" else nn.RMSNorm
    return kind(shape.dim, eps=_EPSILON)


def final_norm(shape: LayerShape) -> nn.Module:
    """The norm after the last layer: with pre-norm nothing else bounds the states; with post-norm the last layer ends in one."""
    return new_norm(shape) if shape.norm == "pre" else nn.Identity()


class Residual(nn.Module):
    """x + f(norm(x))   (Xiong et al. 2020), or norm(x + f(x))   (Vaswani et al. 2017, 3.1), with dropout on f's result.

    A sub-layer f that does not read x (`reads` is False) has no norm before it.
    """

    def __init__(self, shape: LayerShape, reads: bool = True) -> None:
        super().__init__()
        pre = shape.norm == "pre"
        self.before = new_norm(shape) if pre and reads else nn.Identity()
        self.after = nn.Identity() if pre else new_norm(shape)
        self.dropout = Dropout(shape.dropout)

    def enter(self, states: Tensor) -> Tensor:
        """What the sub-layer reads of states (B, T, D)."""
        entered: Tensor = self.before(states)
        return entered

    def join(self, states: Tensor, change: Tensor) -> Tensor:
        """States (B, T, D) and the sub-layer's result (B, T, D), joined."""
        joined: Tensor = self.after(states + self.dropout(change))
        return joined

    def stepped(self) -> "SteppedResidual":
        """Itself for steps."""
        return SteppedResidual(self.before.forward, self.after.forward)


@dataclass(frozen=True)
class SteppedResidual:
    """A residual without dropout. enter: what the sub-layer reads of states (R, D); leave: what becomes of the sum.

    Its norms are functions: for the few dozen rows of a step the call of a module costs a good part of what it computes.
    """

    enter: Callable[[Tensor], Tensor]
    leave: Callable[[Tensor], Tensor]

    def join(self, states: Tensor, change: Tensor) -> Tensor:
        """States (R, D) and the sub-layer's result (R, D), joined."""
        return self.leave(states + change)
