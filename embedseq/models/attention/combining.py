"""How what is seen of several memories becomes one context, and how much each of them counts in it."""

from abc import abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from embedseq.models.attention.attend import attend


@dataclass(frozen=True)
class Combined:
    """context: (B, T, D). shares: (B, T, n), how much each of n memories counts; they sum to one, or are all zero where no memory
    has anything to look at."""

    context: Tensor
    shares: Tensor


class Combining(nn.Module):
    """One context of those that were seen of n memories."""

    @abstractmethod
    def forward(self, query: Tensor, contexts: Tensor, there: Tensor) -> Combined:
        """Combine contexts (B, T, n, D), which query (B, T, Q) has seen; there (B, n) says which memories have anything to look
        at. The others count nothing."""


class Mean(Combining):
    """c = Σ_i c_i / n   (parallel; Libovický et al. 2018, section 3).

    The paper has the sum, which is the mean up to a factor that the next layer can learn.
    """

    def forward(self, query: Tensor, contexts: Tensor, there: Tensor) -> Combined:
        shares = even_shares(there, contexts.dtype).unsqueeze(1).expand(contexts.shape[:-1])
        return Combined((shares.unsqueeze(-1) * contexts).sum(dim=2), shares)


class SecondAttention(Combining):
    """e_i = v · tanh(W q + U_i c_i + b), β = softmax(e), c = Σ_i β_i U'_i c_i   (Libovický and Helcl 2017, section 3.2)."""

    def __init__(self, query_dim: int, dim: int, memories: int) -> None:
        super().__init__()
        self.query_projection = nn.Linear(query_dim, dim)
        self.key_projections = nn.ModuleList(nn.Linear(dim, dim, bias=False) for _ in range(memories))
        self.value_projections = nn.ModuleList(nn.Linear(dim, dim, bias=False) for _ in range(memories))
        self.energy = nn.Linear(dim, 1, bias=False)

    def forward(self, query: Tensor, contexts: Tensor, there: Tensor) -> Combined:
        each = contexts.unbind(dim=2)
        keys, values = (
            torch.stack([projection(context) for projection, context in zip(projections, each, strict=True)], dim=2)
            for projections in (self.key_projections, self.value_projections)
        )
        energies = self.energy(torch.tanh(self.query_projection(query).unsqueeze(2) + keys))  # (B, T, n, 1)
        mixed = attend(energies.transpose(-1, -2), values, there[:, None, None])
        return Combined(mixed.mixed.squeeze(2), mixed.weights.squeeze(2))


def even_shares(there: Tensor, dtype: torch.dtype) -> Tensor:
    """(B, n): the same share for all memories that have anything to look at (there, (B, n) bool), none for the others."""
    return there.to(dtype) / there.sum(dim=-1, keepdim=True).clamp(min=1)
