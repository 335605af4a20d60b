"""From settings to attention: a scorer, a span, and the heads or experts around them."""

from dataclasses import dataclass

from embedseq.models.attention.experts import ExpertProjections, Experts
from embedseq.models.attention.heads import Attention, Projections
from embedseq.models.attention.look import Look
from embedseq.models.attention.position_scorer import ByPosition
from embedseq.models.attention.registry import position_scorers, scorers
from embedseq.models.attention.rotary import Rotary
from embedseq.models.attention.router import Router
from embedseq.models.attention.scorer import Scorer
from embedseq.models.attention.spans import spans
from embedseq.models.settings import ALIASES, SelfAttentionSettings


@dataclass(frozen=True)
class Place:
    """Where an attention stands: how wide its queries and keys are, the model's width, and what is usual there."""

    query_dim: int
    key_dim: int
    dim: int
    projected: bool
    """Whether it has projections unless its settings say otherwise."""
    rotary: bool = False


def compose(settings: SelfAttentionSettings, place: Place) -> Look:
    """A new attention. What is illegal has been refused before (`legality`)."""
    heads = settings.heads
    width = place.dim // heads
    projected = is_projected(settings, place.projected)
    query_dim, key_dim = (width, width) if projected else (place.query_dim // heads, place.key_dim // heads)
    scorer = _scorer(settings, query_dim, key_dim, (settings.hidden_dim or place.dim) // heads)
    span = spans()[settings.span](settings.window, place.query_dim)
    rotary = Rotary(key_dim) if place.rotary else None
    sees_keys = _scorer_name(settings) not in position_scorers()
    if settings.experts is None:
        projections = Projections(place.query_dim, place.key_dim, place.dim, sees_keys) if projected else None
        return Attention(scorer, heads, projections, span, rotary)
    router = Router(place.query_dim, settings.experts, heads)
    of_experts = ExpertProjections(place.query_dim, place.key_dim, place.dim, settings.experts, width, sees_keys)
    return Experts(scorer, router, of_experts, span, rotary, settings.balance)


def is_projected(settings: SelfAttentionSettings, usual: bool) -> bool:
    """Whether queries, keys and values are projected; those of experts are always."""
    if settings.experts is not None:
        return True
    return settings.heads > 1 or usual if settings.projections is None else settings.projections


def _scorer(settings: SelfAttentionSettings, query_dim: int, key_dim: int, hidden_dim: int) -> Scorer:
    name = _scorer_name(settings)
    if name in position_scorers():
        return ByPosition(position_scorers()[name](query_dim, settings.positions))
    return scorers()[name](query_dim, key_dim, hidden_dim)


def _scorer_name(settings: SelfAttentionSettings) -> str:
    return ALIASES.get(settings.scorer, settings.scorer)
