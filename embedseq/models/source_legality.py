"""What several sources, and a source of frames in place of words, cannot be combined with."""

from collections.abc import Iterator

from embedseq.models.resolved import attention_of, traits_of
from embedseq.models.resolved_sides import decoder_side
from embedseq.models.settings import HandOff, ModelShape, SideHandOffs


def several_sources_problems(shape: ModelShape, sources: int) -> Iterator[str]:
    """Why a model of this shape cannot look at so many sources."""
    attention = attention_of(shape)
    if sources == 1 or attention is None:
        return
    otherwise = "set attention.memories to parallel, hierarchical or, in a Transformer, serial, or choose another"
    if attention.memories == "flat" and attention.span != "all":
        yield (
            f"attention.span: {attention.span} counts positions in one source, and attention.memories: flat joins {sources}: "
            f"{otherwise} span"
        )
    if attention.memories == "flat" and "fixed-length" in traits_of(attention.scorer):
        yield (
            f"the scorer '{attention.scorer}' weighs numbered positions of one source, and attention.memories: flat joins "
            f"{sources}: {otherwise} scorer"
        )
    if attention.memories == "serial" and decoder_side(shape).architecture != "transformer":
        yield (
            "attention.memories: serial looks at the sources one after the other, each within a residual of a Transformer's "
            "layer, and this decoder is recurrent: choose flat, parallel or hierarchical"
        )


def frame_problems(shape: ModelShape) -> Iterator[str]:
    """Why a model of this shape cannot read frames of numbers in place of words."""
    attention, embedding = attention_of(shape), shape.embedding
    of_source = embedding.source if isinstance(embedding, SideHandOffs) else embedding
    if isinstance(of_source, HandOff):
        yield (
            f"embedding: the source has frames of numbers, and no words that could have the vectors of '{of_source.from_}': "
            "hand them over to the target side, or leave them out"
        )
    if shape.pretrained != "none":
        yield "pretrained: the source has frames of numbers, which no pre-trained encoder of words can read: leave it out"
    if shape.sections:
        yield "sections: the source has frames of numbers, and no sentences that could be encoded apart: leave it out"
    if attention is not None and attention.copying:
        yield "attention.copying: the source has frames of numbers, and no tokens that could be copied: leave it out"
