"""Attention around any scorer: one head or several, with projections or without."""

import torch
from torch import Tensor, nn

from embedseq.models.attention.look import Asking, Look, Prepared, Seen
from embedseq.models.attention.mixing import answer
from embedseq.models.attention.rotary import Rotary
from embedseq.models.attention.scorer import Scorer
from embedseq.models.attention.spans import Everywhere, Span


class Projections(nn.Module):
    """The four maps of multi-head attention: W_Q, W_K and W_V of all heads together, and W_O.

    Without `keys` there is no W_K: a scorer that never sees the keys would leave it untrained.
    """

    def __init__(self, query_dim: int, key_dim: int, dim: int, keys: bool = True) -> None:
        super().__init__()
        self.query = nn.Linear(query_dim, dim)
        self.key = nn.Linear(key_dim, dim) if keys else None
        self.value = nn.Linear(key_dim, dim)
        self.output = nn.Linear(dim, dim)


class Attention(Look):
    """head_i = attention(Q W_i, K W_i, V W_i), joined and projected   (Vaswani et al. 2017, 3.2.2), for any scorer.

    Without projections the states themselves are the keys and the values, each head taking its share of their width: with one
    head the attention of Bahdanau et al. 2015, and, asked with the very states that were prepared, self-attention in its literal
    form, Q = K = V. The heads share the scorer's own weights, if it has any.
    """

    def __init__(
        self,
        scorer: Scorer,
        heads: int = 1,
        projections: Projections | None = None,
        span: Span | None = None,
        rotary: Rotary | None = None,
    ) -> None:
        super().__init__()
        self.scorer = scorer
        self.heads = heads
        self.projections = projections
        self.span = span or Everywhere()
        self.rotary = rotary

    def _split(self, joined: Tensor) -> Tensor:  # (B, T, D) -> (B, H, T, D/H)
        return joined.view(*joined.shape[:-1], self.heads, joined.shape[-1] // self.heads).transpose(1, 2)

    def prepare(self, states: Tensor, valid: Tensor, first: int = 0) -> Prepared:
        keys = values = states
        if self.projections is not None:
            values = self.projections.value(states)
            keys = values if self.projections.key is None else self.projections.key(states)
        split = self._split(keys)
        if self.rotary is not None:
            split = self.rotary(split, first)
        return Prepared(self.scorer.prepare(split), self._split(values), valid)

    def forward(self, query: Tensor, prepared: Prepared, asking: Asking = Asking()) -> Seen:  # noqa: B008 - frozen
        asked = self._split(query if self.projections is None else self.projections.query(query))
        if self.rotary is not None:
            asked = self.rotary(asked, asking.first)
        answers = answer(self.scorer, self.span, query, asked, prepared, asking)
        context = answers.mixed.transpose(1, 2).flatten(-2)
        if self.projections is not None:
            context = self.projections.output(context)
        return Seen(context, None if answers.weights is None else answers.weights.transpose(1, 2))

    def value_norms(self, prepared: Prepared) -> Tensor:
        """(B, H, S): ||f_h(x)|| with f_h(x) = (x W_V^h + b_V^h) W_O^h, or without projections the head's share of x. The bias of
        the output is no head's."""
        added = prepared.values  # (B, H, S, C)
        if self.projections is not None:
            output = self.projections.output.weight
            of_heads = output.view(len(output), self.heads, -1)  # (D, H, C)
            added = torch.einsum("bhsc,dhc->bhsd", added, of_heads)
        norms: Tensor = torch.linalg.vector_norm(added, dim=-1)
        return norms
