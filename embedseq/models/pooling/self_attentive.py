"""Self-attentive pooling."""

import torch
from torch import Tensor, nn

from embedseq.models.attention.attend import attend
from embedseq.models.interfaces import Encoded
from embedseq.models.pool import Pool, PoolAbout, Pooled
from embedseq.models.settings import PoolingSettings


class SelfAttentive(Pool):
    """A = softmax(W₂ tanh(W₁ Hᵀ)), M = A H, penalty λ |A Aᵀ - I|²   (Lin et al. 2017, sections 2.1 and 2.2).

    H are the states of the last layer, the softmax goes over real tokens, and the rows of M, one a hop, are joined. The norm is
    Frobenius', and the penalty the sum over all sentences that have a token: it is least where each hop looks at one token, and
    no two at the same.
    """

    about = PoolAbout(
        "self-attentive",
        "A = softmax(W₂ tanh(W₁ Hᵀ)), M = A H, penalty λ |A Aᵀ - I|²",
        "Lin et al. 2017, sections 2.1 and 2.2",
        frozenset({"hops", "hidden_dim", "penalty"}),
    )

    def __init__(self, dim: int, settings: PoolingSettings) -> None:
        super().__init__(dim, settings)
        hidden_dim = settings.hidden_dim or dim
        self.hops = settings.hops
        self.penalty = settings.penalty
        self.hidden = nn.Linear(dim, hidden_dim, bias=False)
        self.score = nn.Linear(hidden_dim, settings.hops, bias=False)

    @property
    def width(self) -> int:
        return self.hops * self.dim

    def forward(self, encoded: Encoded, valid: Tensor) -> Pooled:
        states = encoded.layers[-1]  # (B, S, D)
        scores = self.score(torch.tanh(self.hidden(states))).transpose(1, 2)  # (B, hops, S)
        seen = attend(scores, states, valid.unsqueeze(1))
        penalty = self.penalty * _likeness(seen.weights, valid) if self.penalty > 0.0 else None
        return Pooled(seen.mixed.flatten(1), seen.weights, penalty)


def _likeness(weights: Tensor, valid: Tensor) -> Tensor:
    """Σ |A Aᵀ - I|² over the sentences with a token at valid (B, S), of weights A (B, hops, S)."""
    products = weights @ weights.transpose(1, 2)  # (B, hops, hops)
    identity = torch.eye(products.shape[1], dtype=products.dtype, device=products.device)
    apart = (products - identity).square().sum(dim=(1, 2))
    return apart.masked_fill(~valid.any(dim=1), 0.0).sum()
