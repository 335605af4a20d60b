"""Dropout with masks that are cheap to draw."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LEVELS = 2**16
"""A number is dropped or kept by 16 random bits, so that rates are multiples of 1 / LEVELS."""
_LANES = 4
"""16-bit numbers in one of 64 bits, which is what the generator is asked for."""


class Dropout(nn.Module):
    """x ⊗ m / (1 - p) while training, m being 0 with probability p and otherwise 1   (Srivastava et al. 2014), x elsewhere.

    torch draws each number of a mask from a float64 of its own on a CPU, by one thread (`benchmarks/kernels.py` compares).
    Here one draw of 64 bits serves four numbers; p is rounded to a multiple of 1/65536, and the scale is exact for
    the rounded p. On other devices torch's own kernel is used.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self.dropped = round(rate * LEVELS)
        """So many of `LEVELS` are dropped."""

    def forward(self, values: Tensor) -> Tensor:
        """Values of any shape."""
        if not self.training or self.dropped == 0:
            return values
        if values.device.type != "cpu":
            return F.dropout(values, self.rate)
        return values * self._mask(values)

    def _mask(self, values: Tensor) -> Tensor:
        """m / (1 - p) for values of any shape, of their kind, drawn from torch's global generator."""
        count = values.numel()
        bits = torch.empty(-(-count // _LANES), dtype=torch.int64).random_(-(2**63), None)
        kept = bits.view(torch.int16)[:count].view(values.shape) >= self.dropped - LEVELS // 2
        return kept.to(values.dtype).mul_(LEVELS / (LEVELS - self.dropped))

    def extra_repr(self) -> str:
        return f"rate={self.rate}"
