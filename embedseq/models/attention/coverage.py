"""Coverage: scores that know how much each source position was looked at before."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Covered:
    """coverage: (B, S), with the newest weights in it; penalty: a scalar, or None without a loss."""

    coverage: Tensor
    penalty: Tensor | None


class Coverage(nn.Module):
    """score'(t, s) = score(t, s) + u c_ts, c_ts = Σ_{r < t} a_rs   (Tu et al. 2016, section 3; See et al. 2017, section 2.3).

    Both papers weigh c inside the tanh of the additive scorer; here one number u, zero at first, weighs it outside, so that
    coverage goes with any scorer. Of several heads a is the mean over those that look at anything.
    """

    def __init__(self, loss: float) -> None:
        """`loss` is the weight of the loss for looking again at the same positions."""
        super().__init__()
        self.gain = nn.Parameter(torch.zeros(1))
        self.loss = loss

    def bias(self, before: Tensor) -> Tensor:
        """What the coverage (B, S) before a step adds to its scores, (B, 1, 1, S)."""
        return (self.gain * before)[:, None, None]

    def forward(self, before: Tensor, looked: Tensor, real: Tensor) -> Covered:
        """Add what one step looked at, (B, 1, S), of which real (B, 1) are no padding, to the coverage (B, S) before it.

        The loss of a step is λ Σ_s min(a_ts, c_ts)   (See et al. 2017, equation 12).
        """
        newest = looked.squeeze(1)  # (B, S)
        again = torch.minimum(newest, before).masked_fill(~real, 0.0).sum()
        return Covered(before + newest, self.loss * again if self.loss > 0.0 else None)
