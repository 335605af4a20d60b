"""The bilinear scorer."""

from torch import Tensor, nn

from embedseq.models.attention.scorer import About, Scorer


class General(Scorer):
    """score(q, k) = q · W k   (Luong et al. 2015, section 3.1)."""

    about = About("general", "q · W k", "Luong et al. 2015, section 3.1")

    def __init__(self, query_dim: int, key_dim: int, hidden_dim: int) -> None:
        super().__init__(query_dim, key_dim, hidden_dim)
        self.key_projection = nn.Linear(key_dim, query_dim, bias=False)

    def prepare(self, keys: Tensor) -> Tensor:  # (…, S, key_dim) -> (…, S, query_dim)
        projected: Tensor = self.key_projection(keys)
        return projected

    def forward(self, query: Tensor, prepared: Tensor) -> Tensor:  # (…, T, query_dim), (…, S, query_dim) -> (…, T, S)
        return query @ prepared.transpose(-1, -2)
