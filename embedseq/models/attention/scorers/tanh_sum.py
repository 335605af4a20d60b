"""The plain sum of a tanh layer."""

from torch import Tensor, nn

from embedseq.models.attention.pairs import over_pairs
from embedseq.models.attention.scorer import About, Scorer


class TanhSum(Scorer):
    """score(q, k) = Σ tanh(W q + U k + b)   (after Bahdanau et al. 2015, A.1.2, with v fixed to ones and a bias).

    The sum over the components of tanh(linear([q; k])), a form of tutorials for which we know no paper of its own. Nothing weighs
    the components, and their sum lies between -hidden_dim and hidden_dim.
    """

    about = About(
        "tanh-sum",
        "Σ tanh(W q + U k + b)",
        "after Bahdanau et al. 2015, A.1.2, with v fixed to ones and a bias",
        frozenset({"hidden"}),
    )

    def __init__(self, query_dim: int, key_dim: int, hidden_dim: int) -> None:
        super().__init__(query_dim, key_dim, hidden_dim)
        self.query_projection = nn.Linear(query_dim, hidden_dim, bias=False)
        self.key_projection = nn.Linear(key_dim, hidden_dim)

    def prepare(self, keys: Tensor) -> Tensor:  # (…, S, key_dim) -> (…, S, hidden_dim)
        projected: Tensor = self.key_projection(keys)
        return projected

    def forward(self, query: Tensor, prepared: Tensor) -> Tensor:  # (…, T, query_dim), (…, S, hidden_dim) -> (…, T, S)
        return over_pairs(self.query_projection(query), prepared)
