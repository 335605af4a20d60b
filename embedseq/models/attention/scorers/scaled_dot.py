"""The scaled dot product."""

import math

from torch import Tensor

from embedseq.models.attention.scorer import About, Scorer


class ScaledDot(Scorer):
    """score(q, k) = q · k / √d, d the width of both   (Vaswani et al. 2017, 3.2.1)."""

    about = About("scaled-dot", "q · k / √d", "Vaswani et al. 2017, 3.2.1", frozenset({"equal-widths"}))

    def __init__(self, query_dim: int, key_dim: int, hidden_dim: int) -> None:
        super().__init__(query_dim, key_dim, hidden_dim)
        self.scale = self.dot_scale = 1.0 / math.sqrt(key_dim)

    def forward(self, query: Tensor, prepared: Tensor) -> Tensor:  # (…, T, d), (…, S, d) -> (…, T, S)
        return (query * self.scale) @ prepared.transpose(-1, -2)
