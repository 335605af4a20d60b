"""The attention of PyTorch's translation tutorial as a module of its own."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from embedseq.models.attention.attend import attend
from embedseq.models.attention.position_scorer import ByPosition
from embedseq.models.attention.position_scorers.concat_linear import ConcatLinear


@dataclass(frozen=True)
class Combined:
    """output: (B, 1, O), the query and its context, combined. weights: (B, P), how much each position was looked at."""

    output: Tensor
    weights: Tensor


class ConcatLinearAttention(nn.Module):
    """weights = softmax(W [q; s] + b), context = weights · values, output = C [q; context] + c
    (Robertson 2017, PyTorch's tutorial on translation with attention).

    The weights are for numbered positions and come from the query and the previous state alone, whatever the values are. The
    tutorial's rectifier belongs to its decoder and comes after the output.
    """

    def __init__(self, query_dim: int, state_dim: int, value_dim: int, positions: int, output_dim: int) -> None:
        super().__init__()
        self.scorer = ByPosition(ConcatLinear(query_dim + state_dim, positions))
        self.combine = nn.Linear(query_dim + value_dim, output_dim)

    def forward(self, query: Tensor, state: Tensor, values: Tensor, valid: Tensor | None = None) -> Combined:
        """Look with query (B, 1, Q), the embedding of the last token, and state (B, 1, K), the previous one, at values (B, P, V).

        valid: (B, P) bool, True at real values; None means all are, as in the tutorial, which looks at padding, too.
        """
        scores = self.scorer(torch.cat((query, state), dim=-1), self.scorer.prepare(values))
        allowed = torch.ones_like(scores, dtype=torch.bool) if valid is None else valid.unsqueeze(-2)
        seen = attend(scores, values, allowed)
        return Combined(self.combine(torch.cat((query, seen.mixed), dim=-1)), seen.weights.squeeze(-2))
