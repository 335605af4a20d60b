"""One attention, or several heads side by side, around any scorer."""

from torch import Tensor, nn

from embedseq.models.attention.attend import attend
from embedseq.models.attention.look import Look, Prepared, Seen
from embedseq.models.attention.scorer import Scorer
from embedseq.models.memory import Memory


class Attention(Look):
    """One attention: the memory's own states are the keys and the values (Bahdanau et al. 2015)."""

    def __init__(self, scorer: Scorer) -> None:
        super().__init__()
        self.scorer = scorer

    def prepare(self, states: Tensor, valid: Tensor) -> Prepared:
        """Prepare states (B, S, D), of which valid (B, S) may be looked at."""
        return Prepared(self.scorer.prepare(states), states, valid)

    def read(self, memory: Memory) -> Prepared:
        return self.prepare(memory.states, memory.valid)

    def forward(self, query: Tensor, prepared: Prepared, span: Tensor | None = None, weights: bool = False) -> Seen:
        valid = prepared.valid.unsqueeze(1)
        seen = attend(self.scorer(query, prepared.keys), prepared.values, valid if span is None else valid & span)
        return Seen(seen.mixed, seen.weights.unsqueeze(2) if weights else None)


class MultiHead(Look):
    """head_i = attention(Q W_i, K W_i, V W_i), joined and projected   (Vaswani et al. 2017, 3.2.2), for any scorer.

    The heads share the scorer's own weights, if it has any, and differ in their projections. For self-attention give the
    same states to `prepare` and as the query.
    """

    def __init__(self, dim: int, heads: int, scorer: Scorer) -> None:
        super().__init__()
        self.heads = heads
        self.scorer = scorer
        self.query_projection = nn.Linear(dim, dim)
        self.key_projection = nn.Linear(dim, dim)
        self.value_projection = nn.Linear(dim, dim)
        self.output_projection = nn.Linear(dim, dim)

    def _split(self, joined: Tensor) -> Tensor:  # (B, T, D) -> (B, H, T, D/H)
        return joined.view(*joined.shape[:-1], self.heads, -1).transpose(1, 2)

    def prepare(self, states: Tensor, valid: Tensor) -> Prepared:
        """Prepare states (B, S, D), of which valid (B, S) may be looked at."""
        keys = self.scorer.prepare(self._split(self.key_projection(states)))
        return Prepared(keys, self._split(self.value_projection(states)), valid)

    def read(self, memory: Memory) -> Prepared:
        return self.prepare(memory.states, memory.valid)

    def forward(self, query: Tensor, prepared: Prepared, span: Tensor | None = None, weights: bool = False) -> Seen:
        valid = prepared.valid[:, None, None, :]
        scores = self.scorer(self._split(self.query_projection(query)), prepared.keys)
        seen = attend(scores, prepared.values, valid if span is None else valid & span)
        context = self.output_projection(seen.mixed.transpose(1, 2).flatten(-2))
        return Seen(context, seen.weights.transpose(1, 2) if weights else None)
