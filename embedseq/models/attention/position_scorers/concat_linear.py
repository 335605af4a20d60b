"""The position scorer of PyTorch's translation tutorial."""

from torch import Tensor, nn

from embedseq.models.attention.position_scorer import PositionScorer
from embedseq.models.attention.scorer import About


class ConcatLinear(PositionScorer):
    """scores(q, s) = W [q; s] + b, one for each position   (Robertson 2017, PyTorch's tutorial on translation with attention).

    What it gets as its query is joined already: q, the embedding of the last token, and s, the previous state.
    """

    about = About(
        "concat-linear",
        "W [q; s] + b",
        "Robertson 2017, PyTorch's tutorial on translation with attention",
        frozenset({"fixed-length", "joined-query", "combines"}),
    )

    def __init__(self, query_dim: int, positions: int) -> None:
        super().__init__(query_dim, positions)
        self.score = nn.Linear(query_dim, positions)

    def forward(self, query: Tensor) -> Tensor:  # (…, T, query_dim) -> (…, T, P)
        scores: Tensor = self.score(query)
        return scores
