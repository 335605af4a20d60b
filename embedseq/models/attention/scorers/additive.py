"""The additive scorer."""

from torch import Tensor, nn

from embedseq.models.attention.pairs import over_pairs
from embedseq.models.attention.scorer import About, Scorer


class Additive(Scorer):
    """score(q, k) = v · tanh(W q + U k)   (Bahdanau et al. 2015, A.1.2).

    Luong's concat, v · tanh(W [q; k]), is the same: his matrix is W and U side by side (Luong et al. 2015, section 3.1).
    """

    about = About("additive", "v · tanh(W q + U k)", "Bahdanau et al. 2015, A.1.2", frozenset({"hidden"}), ("concat",))

    def __init__(self, query_dim: int, key_dim: int, hidden_dim: int) -> None:
        super().__init__(query_dim, key_dim, hidden_dim)
        self.query_projection = nn.Linear(query_dim, hidden_dim, bias=False)
        self.key_projection = nn.Linear(key_dim, hidden_dim, bias=False)
        self.energy = nn.Linear(hidden_dim, 1, bias=False)

    def prepare(self, keys: Tensor) -> Tensor:  # (…, S, key_dim) -> (…, S, hidden_dim)
        projected: Tensor = self.key_projection(keys)
        return projected

    def forward(self, query: Tensor, prepared: Tensor) -> Tensor:  # (…, T, query_dim), (…, S, hidden_dim) -> (…, T, S)
        return over_pairs(self.query_projection(query), prepared, self.energy.weight.squeeze(0))
