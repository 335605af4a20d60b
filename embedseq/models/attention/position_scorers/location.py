"""Luong's location-based scorer."""

from torch import Tensor, nn

from embedseq.models.attention.position_scorer import PositionScorer
from embedseq.models.attention.scorer import About


class Location(PositionScorer):
    """scores(q) = W q, one for each position   (Luong et al. 2015, equation 8)."""

    about = About("location", "W q", "Luong et al. 2015, equation 8", frozenset({"fixed-length"}))

    def __init__(self, query_dim: int, positions: int) -> None:
        super().__init__(query_dim, positions)
        self.score = nn.Linear(query_dim, positions, bias=False)

    def forward(self, query: Tensor) -> Tensor:  # (…, T, query_dim) -> (…, T, P)
        scores: Tensor = self.score(query)
        return scores
