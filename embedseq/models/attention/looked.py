"""What several heads see together."""

from collections.abc import Sequence

import torch
from torch import Tensor


def mean_over_heads(weights: Tensor, lengths: Sequence[int] = ()) -> Tensor:
    """ā_s = Σ_h a_hs / H', H' being the heads that look at anything: experts that were not chosen do not count.

    weights (…, H, S) -> (…, S), all zero where no head looks at anything. Of several memories, so long, each of which is looked
    at by heads of its own, H' is counted for each memory: an expert that was chosen for one is none of another's.
    """
    stretches = torch.split(weights, list(lengths), dim=-1) if lengths else (weights,)
    return torch.cat([_mean(stretch) for stretch in stretches], dim=-1)


def _mean(weights: Tensor) -> Tensor:
    """Of heads (…, H, S) that look at the same states."""
    looking = (weights > 0.0).any(dim=-1).sum(dim=-1, keepdim=True).clamp(min=1)  # (…, 1)
    return weights.sum(dim=-2) / looking
