"""Which shapes can be built, and why the others cannot: read off the settings and the members' traits before anything is made."""

from collections.abc import Iterator
from typing import get_args

from embedseq.errors import Problems, RequestError
from embedseq.models.attention.compose import Place, is_projected
from embedseq.models.attention.spans import SpanTrait, spans
from embedseq.models.kinds import SideName, kind_of_shape, named, sides_of
from embedseq.models.pools import pooling_problems
from embedseq.models.resolved import Widths, attention_of, traits_of
from embedseq.models.resolved_sides import decoder_side, encoder_side, self_attention_of
from embedseq.models.settings import AttentionSettings, HandOff, Kind, ModelShape, SelfAttentionSettings, SideHandOffs
from embedseq.models.source_legality import frame_problems, several_sources_problems


def check_shape(shape: ModelShape, handed: Widths, sources: int = 1, frames: bool = False) -> None:
    """Raise RequestError with all the reasons for which this shape cannot be built, for so many sources, or for one that has
    frames of numbers in place of words."""
    problems = [*_kind_problems(shape), *_width_problems(shape, handed)]
    if len(sides_of(shape)) == len(get_args(SideName)):
        problems += [*_decoder_attention_problems(shape), *several_sources_problems(shape, sources)]
    for side in sides_of(shape):
        problems += _self_attention_problems(shape, side)
    problems += [*_position_problems(shape), *pooling_problems(shape.pooling), *(frame_problems(shape) if frames else ())]
    problems = list(dict.fromkeys(problems))  # two sides may be wrong in one way
    if len(problems) == 1:
        raise RequestError(problems[0])
    if problems:
        raise Problems(problems)


OF_KINDS: dict[str, tuple[Kind, ...]] = {
    "attention": ("encoder-decoder",),
    "bridge": ("encoder-decoder",),
    "encoder": ("encoder-decoder", "masked-language-model", "tagger", "classifier"),
    "decoder": ("encoder-decoder", "language-model"),
    "bidirectional": ("encoder-decoder", "masked-language-model", "tagger", "classifier"),
    "pretrained": ("encoder-decoder", "masked-language-model", "tagger", "classifier"),
    "sections": ("encoder-decoder",),
    "pooling": ("classifier",),
    "tie_output": ("encoder-decoder", "language-model", "masked-language-model"),
}
"""Fields that only some kinds of models have a use for."""


def _kind_problems(shape: ModelShape) -> Iterator[str]:
    """Fields that are set although they change nothing in a model of this kind."""
    kind = kind_of_shape(shape)
    for name, kinds in OF_KINDS.items():
        if kind not in kinds and getattr(shape, name) != ModelShape.model_fields[name].default:
            yield f"{name} says nothing about {named(kind)}: leave it out"
    if isinstance(shape.embedding, SideHandOffs) and shape.embedding.target != "random" and kind != "encoder-decoder":
        yield f"embedding.target: {named(kind)} reads words on one side only: hand vectors over with embedding: {{from: NAME}}"
    if shape.pretrained != "none" and (isinstance(shape.embedding, HandOff) or _hands_source(shape)):
        yield "embedding: the source vectors come with the pre-trained encoder: leave embedding or pretrained out"


def _hands_source(shape: ModelShape) -> bool:
    return isinstance(shape.embedding, SideHandOffs) and shape.embedding.source != "random"


def _width_problems(shape: ModelShape, handed: Widths) -> Iterator[str]:
    reads = "encoder" in sides_of(shape)
    if reads and encoder_side(shape).architecture != "transformer" and shape.bidirectional and shape.dim % 2:
        yield f"a bidirectional encoder joins two halves, and dim is {shape.dim}: choose an even dim, or bidirectional: false"
    for side, width in (("source", handed.source), ("target", handed.target)):
        if width is not None and shape.embedding_dim not in (None, width):
            yield (
                f"embedding_dim is {shape.embedding_dim}, but the {side} vectors handed over have {width} numbers: "
                f"leave embedding_dim out, or set it to {width}"
            )


def _decoder_attention_problems(shape: ModelShape) -> Iterator[str]:
    """What is wrong with the attention from decoder to encoder."""
    attention = attention_of(shape)
    if attention is None:
        return
    transformer = decoder_side(shape).architecture == "transformer"
    traits = traits_of(attention.scorer)
    usual = AttentionSettings()
    if transformer:
        for name in ("query", "when", "input_feeding", "coverage"):
            if getattr(attention, name) != getattr(usual, name):
                yield f"attention.{name} is for recurrent decoders, and this one is a Transformer: leave it out"
    elif "joined-query" in traits and attention.query != "joined":
        yield f"the scorer '{attention.scorer}' weighs positions by the last token and the state: set attention.query to joined"
    elif "combines" in traits and attention.when != "before":
        yield (
            f"the scorer '{attention.scorer}' hands its context to the recurrent step through a layer of its own: "
            "set attention.when to before"
        )
    if transformer and "joined-query" in traits:
        yield f"the scorer '{attention.scorer}' asks with the last token and a recurrent state, which a Transformer has not"
    if "across" not in spans()[attention.span].about.traits:
        yield f"attention.span: {attention.span} is for self-attention; a decoder looks at an encoder by {_spans_for('across')}"
    query_dim = shape.dim * (2 if attention.query == "joined" and not transformer else 1)
    yield from _composition_problems(attention, "attention", Place(query_dim, shape.dim, shape.dim, projected=transformer))


def _self_attention_problems(shape: ModelShape, side: SideName) -> Iterator[str]:
    settings = self_attention_of(shape, side)
    own = encoder_side(shape) if side == "encoder" else decoder_side(shape)
    transformer = own.architecture == "transformer"
    if settings is None:
        if transformer:
            yield (
                f"the {side} is a Transformer, whose words see each other by self-attention alone: self_attention cannot be none"
            )
        return
    traits = traits_of(settings.scorer)
    if "joined-query" in traits:
        yield (
            f"the scorer '{settings.scorer}' asks with the last token and the decoder's state, so that it is no self-attention: "
            "name it in attention"
        )
    if "within" not in spans()[settings.span].about.traits:
        there_are = _spans_for("within")
        yield f"self_attention.span: {settings.span} is for a decoder that looks at an encoder; here there are {there_are}"
    place = Place(shape.dim, shape.dim, shape.dim, projected=transformer)
    yield from _composition_problems(settings, "self_attention", place)
    if shape.positions == "rotary":
        if "equal-widths" not in traits:
            yield (
                f"positions: rotary turns queries and keys so that their product knows how far they are apart; "
                f"the scorer '{settings.scorer}' is no product"
            )
        elif shape.dim // settings.heads % 2:
            width = shape.dim // settings.heads
            yield f"positions: rotary turns pairs of numbers, and a head of {width} has no even number of them"


def _composition_problems(settings: SelfAttentionSettings, name: str, place: Place) -> Iterator[str]:
    """What no attention can be, wherever it stands."""
    traits = traits_of(settings.scorer)
    projected = is_projected(settings, place.projected)
    if place.dim % settings.heads or (not projected and place.query_dim % settings.heads):
        yield f"{name}: {settings.heads} heads cannot share a dim of {place.dim}: heads must divide dim"
    if not projected and "equal-widths" in traits and place.query_dim != place.key_dim:
        yield (
            f"{name}: the scorer '{settings.scorer}' needs a query as wide as the keys, and a joined query is twice as wide: "
            f"set {name}.projections to true, or choose another query or scorer"
        )
    if settings.hidden_dim is not None and "hidden" not in traits:
        yield f"{name}: the scorer '{settings.scorer}' has no inner width: leave hidden_dim out"
    elif settings.hidden_dim is not None and settings.hidden_dim % settings.heads:
        yield (f"{name}: {settings.heads} heads cannot share a hidden_dim of {settings.hidden_dim}: heads must divide hidden_dim")
    if settings.experts is not None and settings.experts < settings.heads:
        yield f"{name}: a token cannot be sent to {settings.heads} of {settings.experts} experts: heads is at most experts"
    if settings.experts is not None and settings.projections is False:
        yield f"{name}: experts differ in their projections: leave projections out"


def _position_problems(shape: ModelShape) -> Iterator[str]:
    if shape.positions == "rotary" and all(self_attention_of(shape, side) is None for side in sides_of(shape)):
        yield "positions: rotary is done inside self-attention, and there is none: set self_attention, or other positions"


def _spans_for(place: SpanTrait) -> str:
    """The spans that have their place `within` a sequence or `across` two, in words."""
    return " and ".join(name for name, span in spans().items() if place in span.about.traits)
