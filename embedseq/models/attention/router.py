"""Which attention experts answer a query token, and how evenly they are kept busy."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Routed:
    """Which experts answer each query.

    probabilities: (B, T, E), over all experts. chosen: (B, T, k), the numbers of the k likeliest, the likeliest first.
    gates: (B, T, k), how much each of them counts; they sum to one. real: (B, T) bool, which queries are no padding.
    """

    probabilities: Tensor
    chosen: Tensor
    gates: Tensor
    real: Tensor

    def sent(self) -> Tensor:
        """(E,): how many real queries each expert answers."""
        experts = torch.arange(self.probabilities.shape[-1], device=self.chosen.device)
        picked = (self.chosen.unsqueeze(-1) == experts).any(dim=-2)  # (B, T, E)
        return (picked & self.real.unsqueeze(-1)).sum(dim=(0, 1))

    def imbalance(self) -> Tensor:
        """N · E Σ_i f_i P_i over the N real queries, a scalar   (Fedus et al. 2022, equation 4; Zhang et al. 2022, section 3).

        f_i is expert i's share of all that was sent, P_i its mean probability. With even loads it is N, with all queries sent to
        the same k of E experts up to N E/k. The gradient goes through P: f is a count.
        """
        shares = self.probabilities.masked_fill(~self.real.unsqueeze(-1), 0.0).sum(dim=(0, 1))  # N P
        spread = self.chosen.shape[-1] * self.real.sum().clamp(min=1)  # k N
        return len(shares) * (self.sent() * shares).sum() / spread


class Router(nn.Module):
    """p = softmax(W q); of the k experts with the largest p, w_i = p_i / Σ_chosen p_j   (Zhang et al. 2022, section 3).

    The gradient takes the normaliser for a constant, as in the paper: with it, a single chosen expert would have the gate one
    whatever the router says, and the router would learn nothing from the task. Equal probabilities go to the lower number, and a
    query is routed by itself alone, without noise and without a limit to what an expert may get: no other token of the batch
    has a say in it.
    """

    def __init__(self, query_dim: int, experts: int, chosen: int) -> None:
        super().__init__()
        self.experts = experts
        self.chosen = chosen
        self.score = nn.Linear(query_dim, experts, bias=False)

    def forward(self, query: Tensor, real: Tensor | None = None) -> Routed:
        """Route query (B, T, Q), of which real (B, T) are no padding; None means all."""
        probabilities = torch.softmax(self.score(query), dim=-1)
        # A stable sort: what topk does with ties depends on the device and the shape.
        ordered, experts = torch.sort(probabilities, dim=-1, descending=True, stable=True)
        largest = ordered[..., : self.chosen]
        gates = largest / largest.sum(dim=-1, keepdim=True).detach()
        everywhere = torch.ones(query.shape[:2], dtype=torch.bool, device=query.device) if real is None else real
        return Routed(probabilities, experts[..., : self.chosen], gates, everywhere)
