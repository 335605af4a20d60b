"""What every attention does once its queries and keys are there: score, see what may be seen, and mix the values."""

from dataclasses import dataclass

from torch import Tensor

from embedseq.models.attention.attend import attend
from embedseq.models.attention.banded import Band, banded
from embedseq.models.attention.fused import fused, has_kernel
from embedseq.models.attention.look import Asking, Prepared
from embedseq.models.attention.scorer import Scorer
from embedseq.models.attention.spans import Span


@dataclass(frozen=True)
class Answers:
    """mixed: (B, H, T, C), the values as each head mixes them; weights: (B, H, T, S) where they were asked for."""

    mixed: Tensor
    weights: Tensor | None


def answer(scorer: Scorer, span: Span, query: Tensor, heads: Tensor, prepared: Prepared, asking: Asking) -> Answers:
    """Answer query (B, T, Q), which the span sees, and heads (B, H, T, P), which the scorer sees, of the prepared keys.

    The keys are of H heads, or of one that all share.
    """
    band = _band(span, prepared, heads.shape[-2], asking)
    if band is not None:
        return Answers(banded(scorer, heads, prepared, band), None)
    reach = span(query, prepared.valid, asking.first)
    visible = asking.visible(prepared.valid, heads.shape[-2], reach.allowed)
    plain = not asking.weights and asking.bias is None and reach.factor is None
    if plain and scorer.dot_scale is not None and has_kernel(heads.device):
        return Answers(fused(scorer.dot_scale, heads, prepared, visible), None)
    scores = scorer(heads, prepared.keys)
    seen = attend(scores if asking.bias is None else scores + asking.bias, prepared.values, visible, reach.factor)
    return Answers(seen.mixed, seen.weights if asking.weights else None)


def _band(span: Span, prepared: Prepared, queries: int, asking: Asking) -> Band | None:
    """The band that the queries see, where all else that could be asked is not, and blocks are faster; None elsewhere."""
    further = asking.weights or asking.first > 0 or asking.allowed is not None or asking.bias is not None
    if further or span.band is None:
        return None
    band = Band(span.band, asking.causal)
    return band if band.pays(queries, prepared) else None
