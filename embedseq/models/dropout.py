"""Dropout with masks that are cheap to draw."""

from typing import Any

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
    the rounded p, which is never 1. On other devices torch's own kernel is used.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self.dropped = min(round(rate * LEVELS), LEVELS - 1)
        """So many of `LEVELS` are dropped."""

    def forward(self, values: Tensor) -> Tensor:
        """Values of any shape."""
        if not self.training or self.dropped == 0:
            return values
        if values.device.type != "cpu":
            return F.dropout(values, self.rate)
        scale = LEVELS / (LEVELS - self.dropped)
        masked: Tensor = _Masked.apply(values, self._mask(values.shape), scale)  # type: ignore[no-untyped-call]
        return masked

    def _mask(self, shape: torch.Size) -> Tensor:
        """m, of bool, drawn from torch's global generator."""
        count = shape.numel()
        bits = torch.empty(-(-count // _LANES), dtype=torch.int64).random_(-(2**63), None)
        return bits.view(torch.int16)[:count].view(shape) >= self.dropped - LEVELS // 2

    def extra_repr(self) -> str:
        return f"rate={self.rate}"


class _Masked(torch.autograd.Function):
    """x ⊗ m times a scale. A byte of each number is kept for the backward pass, where a mask of the values' kind has four."""

    @staticmethod
    def forward(context: Any, values: Tensor, mask: Tensor, scale: float) -> Tensor:
        """values and mask, bool, of one shape."""
        context.save_for_backward(mask)
        context.scale = scale
        return mask.to(values.dtype).mul_(scale).mul_(values)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        (mask,) = context.saved_tensors
        return mask.to(gradient.dtype).mul_(context.scale).mul_(gradient), None, None
