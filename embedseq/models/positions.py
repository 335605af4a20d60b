"""Where a token stands, for layers that do not see order by themselves."""

import math

import torch
from torch import Tensor, nn


class Sinusoidal(nn.Module):
    """PE(p, 2i) = sin(p / 10000^(2i/D)), PE(p, 2i+1) = cos(p / 10000^(2i/D))   (Vaswani et al. 2017, 3.5).

    Nothing is stored, so that no length is too long.
    """

    def forward(self, embedded: Tensor, first: int = 0) -> Tensor:
        """Add the positions first, first + 1, … to embedded (B, T, D)."""
        length, dim = embedded.shape[-2:]
        position = torch.arange(first, first + length, device=embedded.device, dtype=torch.float64).unsqueeze(1)
        even = torch.arange(0, dim, 2, device=embedded.device, dtype=torch.float64)
        angle = position * torch.exp(even * (-math.log(10_000.0) / dim))
        encoding = torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(-2)[:, :dim]
        return embedded + encoding.to(embedded.dtype)
