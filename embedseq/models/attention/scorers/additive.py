"""The additive scorer."""

import torch
from torch import Tensor, nn

from embedseq.models.attention.scorer import About, Scorer


class Additive(Scorer):
    """score(q, k) = v · tanh(W q + U k)   (Bahdanau et al. 2015, A.1.2)."""

    about = About("additive", "v · tanh(W q + U k)", "Bahdanau et al. 2015, A.1.2", frozenset({"hidden"}))

    def __init__(self, query_dim: int, key_dim: int, hidden_dim: int) -> None:
        super().__init__(query_dim, key_dim, hidden_dim)
        self.query_projection = nn.Linear(query_dim, hidden_dim, bias=False)
        self.key_projection = nn.Linear(key_dim, hidden_dim, bias=False)
        self.energy = nn.Linear(hidden_dim, 1, bias=False)

    def prepare(self, keys: Tensor) -> Tensor:  # (…, S, key_dim) -> (…, S, hidden_dim)
        projected: Tensor = self.key_projection(keys)
        return projected

    def forward(self, query: Tensor, prepared: Tensor) -> Tensor:  # (…, T, query_dim) -> (…, T, S)
        pairs = self.query_projection(query).unsqueeze(-2) + prepared.unsqueeze(-3)
        scores: Tensor = self.energy(torch.tanh(pairs)).squeeze(-1)
        return scores
