"""The mean of the states."""

from torch import Tensor

from embedseq.models.interfaces import Encoded
from embedseq.models.pool import Pool, PoolAbout, Pooled


class Mean(Pool):
    """v = Σ_s h_s / n   (Conneau et al. 2017, section 3.2.2), over the n states of real tokens in the last layer."""

    about = PoolAbout("mean", "v = Σ_s h_s / n", "Conneau et al. 2017, section 3.2.2")

    def forward(self, encoded: Encoded, valid: Tensor) -> Pooled:
        states = encoded.layers[-1].masked_fill(~valid.unsqueeze(-1), 0.0)  # (B, S, D)
        return Pooled(states.sum(dim=1) / valid.sum(dim=1, keepdim=True).clamp(min=1))
