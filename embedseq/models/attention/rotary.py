"""Rotary positions, inside attention."""

import torch
from torch import Tensor, nn


class Rotary(nn.Module):
    """Turn the pair (x_{2i}, x_{2i+1}) at position p by the angle p · 10000^(-2i/d)   (Su et al. 2021, equations 14 to 16).

    Queries and keys are both turned, so that their dot product depends on how far they are apart and not on where they are.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        if dim % 2:
            raise ValueError(f"rotary positions turn pairs of numbers, and a head's width of {dim} is odd")
        self.dim = dim

    def forward(self, vectors: Tensor, first: int) -> Tensor:
        """Turn vectors (…, T, d), which stand at the positions first, first + 1, …"""
        position = torch.arange(first, first + vectors.shape[-2], device=vectors.device, dtype=torch.float64)
        even = torch.arange(0, self.dim, 2, device=vectors.device, dtype=torch.float64)
        angle = position.unsqueeze(1) * torch.pow(10_000.0, -even / self.dim)  # (T, d/2)
        cos, sin = angle.cos().to(vectors.dtype), angle.sin().to(vectors.dtype)
        left, right = vectors[..., 0::2], vectors[..., 1::2]
        return torch.stack((left * cos - right * sin, left * sin + right * cos), dim=-1).flatten(-2)
