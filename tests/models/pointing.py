"""The pointer-generator by hand, and modules to compare it with."""

import math
from typing import Any

import torch


def shaken(module: Any, scale: float = 0.3) -> Any:
    """The module in float64 without dropout and with no weight zero."""
    generator = torch.Generator().manual_seed(9)
    with torch.no_grad():
        for weight in module.double().eval().parameters():
            weight.add_(scale * torch.randn(weight.shape, dtype=torch.float64, generator=generator))
    return module


def by_hand(logits: list[float], gate: float, weights: list[list[float]], tokens: list[int]) -> list[float]:
    """p(w) of one step: logits (V), weights (H, S), tokens (S)."""
    looking = [head for head in weights if any(weight > 0.0 for weight in head)]
    mean = [sum(head[s] for head in looking) / max(len(looking), 1) for s in range(len(tokens))]
    scale = sum(math.exp(logit) for logit in logits)
    p = [(1.0 - (1.0 - gate) * sum(mean)) * math.exp(logit) / scale for logit in logits]
    for weight, token in zip(mean, tokens, strict=True):
        p[token] += (1.0 - gate) * weight
    return p
