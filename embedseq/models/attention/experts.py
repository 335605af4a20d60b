"""A mixture of attention experts: a router picks the few heads that answer each query token."""

from dataclasses import replace

from torch import Tensor, nn

from embedseq.models.attention.look import Asking, Look, Prepared, Seen
from embedseq.models.attention.mixing import answer
from embedseq.models.attention.rotary import Rotary
from embedseq.models.attention.router import Routed, Router
from embedseq.models.attention.scorer import Scorer
from embedseq.models.attention.spans import Everywhere, Span


class ExpertProjections(nn.Module):
    """W_Q and W_O of all E experts together, and the W_K and W_V that they share; each expert is `width` wide. There is no W_K
    where the scorer never sees the keys."""

    def __init__(self, query_dim: int, key_dim: int, dim: int, experts: int, width: int, keys: bool = True) -> None:
        super().__init__()
        self.query = nn.Linear(query_dim, experts * width)
        self.key = nn.Linear(key_dim, width) if keys else None
        self.value = nn.Linear(key_dim, width)
        self.output = nn.Linear(experts * width, dim)


class Experts(Look):
    """y = Σ_chosen w_i attention(q W_i^Q, K W^K, V W^V) W_i^O   (Zhang et al. 2022, section 3), for any scorer.

    Each query token has its own k of the E experts, with the gates w of a router. All share the keys, the values and the scorer's
    own weights, so that a past holds one key a token whatever E is. One bias is added to the sum, which is what equal biases of
    the experts would come to, as the gates sum to one. The paper's loss on the size of the router's scores is left out.

    Weights are shown for each of the E experts, before the gates; those of an expert that was not chosen are zero.
    """

    def __init__(
        self,
        scorer: Scorer,
        router: Router,
        projections: ExpertProjections,
        span: Span | None = None,
        rotary: Rotary | None = None,
        balance: float = 0.0,
    ) -> None:
        super().__init__()
        self.scorer = scorer
        self.router = router
        self.projections = projections
        self.span = span or Everywhere()
        self.rotary = rotary
        self.balance = balance

    def prepare(self, states: Tensor, valid: Tensor, first: int = 0) -> Prepared:
        values = self.projections.value(states).unsqueeze(1)
        keys = values if self.projections.key is None else self.projections.key(states).unsqueeze(1)
        if self.rotary is not None:
            keys = self.rotary(keys, first)
        return Prepared(self.scorer.prepare(keys), values, valid)

    def forward(self, query: Tensor, prepared: Prepared, asking: Asking = Asking()) -> Seen:  # noqa: B008 - frozen
        routed: Routed = self.router(query, asking.real)
        heads = self._of_chosen(self.projections.query(query).unflatten(-1, (self.router.experts, -1)).transpose(1, 2), routed)
        if self.rotary is not None:
            heads = self.rotary(heads, asking.first)
        if asking.bias is not None:
            of_all = asking.bias.expand(len(query), self.router.experts, query.shape[1], prepared.keys.shape[-2])
            asking = replace(asking, bias=self._of_chosen(of_all, routed))
        answers = answer(self.scorer, self.span, query, heads, prepared, asking)
        gated = answers.mixed.transpose(1, 2) * routed.gates.unsqueeze(-1)  # (B, T, k, d)
        context = self.projections.output(self._of_all(gated, routed).flatten(-2))
        weights = None if answers.weights is None else self._of_all(answers.weights.transpose(1, 2), routed)
        penalty = self.balance * routed.imbalance() if self.training and self.balance > 0.0 else None
        return Seen(context, weights, penalty)

    def _of_chosen(self, values: Tensor, routed: Routed) -> Tensor:
        """Of values (B, E, T, C) those of each query's chosen experts, (B, k, T, C)."""
        return values.gather(1, routed.chosen.transpose(1, 2).unsqueeze(-1).expand(-1, -1, -1, values.shape[-1]))

    def _of_all(self, values: Tensor, routed: Routed) -> Tensor:
        """Values (B, T, k, C) of the chosen experts as (B, T, E, C), zero at the others."""
        nothing = values.new_zeros(*values.shape[:2], self.router.experts, values.shape[-1])
        return nothing.scatter(2, routed.chosen.unsqueeze(-1).expand_as(values), values)
