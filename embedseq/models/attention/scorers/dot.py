"""The dot product."""

from torch import Tensor

from embedseq.models.attention.scorer import About, Scorer


class Dot(Scorer):
    """score(q, k) = q · k   (Luong et al. 2015, section 3.1)."""

    about = About("dot", "q · k", "Luong et al. 2015, section 3.1", frozenset({"equal-widths"}))
    dot_scale = 1.0

    def forward(self, query: Tensor, prepared: Tensor) -> Tensor:  # (…, T, d), (…, S, d) -> (…, T, S)
        return query @ prepared.transpose(-1, -2)
