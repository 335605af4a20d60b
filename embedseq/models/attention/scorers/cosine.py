"""The cosine, with a sharpness."""

import torch
from torch import Tensor, nn

from embedseq.models.attention.scorer import About, Scorer


class Cosine(Scorer):
    """score(q, k) = β q · k / (|q| |k|)   (Graves et al. 2014, equations 5 and 6).

    There a controller emits the sharpness β > 0 at every step. Here it is one learned weight, β = exp(s), and begins as one: a
    bare cosine, which lies between -1 and 1, could never single out a key. The cosine with a vector of zeros is zero.
    """

    about = About("cosine", "β q · k / (|q| |k|)", "Graves et al. 2014, equations 5 and 6", frozenset({"equal-widths"}))

    def __init__(self, query_dim: int, key_dim: int, hidden_dim: int) -> None:
        super().__init__(query_dim, key_dim, hidden_dim)
        self.log_sharpness = nn.Parameter(torch.zeros(1))

    def prepare(self, keys: Tensor) -> Tensor:  # (…, S, d) -> (…, S, d)
        return _of_length_one(keys)

    def forward(self, query: Tensor, prepared: Tensor) -> Tensor:  # (…, T, d), (…, S, d) -> (…, T, S)
        return self.log_sharpness.exp() * (_of_length_one(query) @ prepared.transpose(-1, -2))


def _of_length_one(vectors: Tensor) -> Tensor:
    """x / |x|, and zeros for zeros, with finite gradients there, too.

    The largest component becomes one first, so that no square overflows or vanishes. A direction does not depend on scale, which
    makes the gradient exact although it does not flow through the largest component's own size.
    """
    largest = vectors.detach().abs().amax(-1, keepdim=True)
    scaled = vectors / torch.where(largest > 0, largest, 1.0)
    length: Tensor = torch.linalg.vector_norm(scaled, dim=-1, keepdim=True)
    return scaled / length.clamp_min(1.0)
