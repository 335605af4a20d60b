"""Which keys a query may look at, beyond padding."""

import torch
from torch import Tensor


def causal(length: int, device: torch.device) -> Tensor:
    """(T, T) bool: position t may look at positions up to t, itself included."""
    return torch.ones(length, length, dtype=torch.bool, device=device).tril()
