"""What several heads see together."""

from torch import Tensor


def mean_over_heads(weights: Tensor) -> Tensor:
    """ā_s = Σ_h a_hs / H', H' being the heads that look at anything: experts that were not chosen do not count.

    weights (…, H, S) -> (…, S), all zero where no head looks at anything.
    """
    looking = (weights > 0.0).any(dim=-1).sum(dim=-1, keepdim=True).clamp(min=1)  # (…, 1)
    return weights.sum(dim=-2) / looking
