"""From settings to a model of any kind."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from embedseq.models.embedding import Alignment, As, EmbeddingTable, Float32, Slots
from embedseq.models.encoder_model import Classifier, EncoderModel, Labeller
from embedseq.models.frame_input import FrameInput
from embedseq.models.initialisation import initialise
from embedseq.models.interfaces import Model
from embedseq.models.kinds import kind_of_shape
from embedseq.models.language_model import LanguageModel
from embedseq.models.legality import check_shape
from embedseq.models.output import FreeOutput, TiedOutput
from embedseq.models.pools import new_pool
from embedseq.models.resolved import Widths, attention_of, table_widths
from embedseq.models.seq2seq import Seq2Seq, Source
from embedseq.models.settings import HandOff, Kind, ModelShape, SideHandOffs
from embedseq.models.sides import new_decoder, new_encoder
from embedseq.seeds import stream


@dataclass(frozen=True)
class Sizes:
    """Tokens in the vocabularies of the source, of the target and of further sources, special ones included.

    The target of a tagger and of a classifier are its labels; a language model writes what it reads, and has no target. Where the
    source is of another modality, `features` is how many numbers each of its frames has, and there are no source tokens.
    """

    source: int
    target: int
    further: tuple[int, ...] = ()
    features: int | None = None

    def record(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {**asdict(self), "further": list(self.further)}

    @staticmethod
    def from_record(record: Mapping[str, Any]) -> "Sizes":
        """The sizes that `record` was made from."""
        return Sizes(**{**record, "further": tuple(record["further"])})


@dataclass(frozen=True)
class HandedOver:
    """The embeddings laid out by the rows of the vocabularies; None on a side that starts random."""

    source: Alignment | None = None
    target: Alignment | None = None

    @property
    def widths(self) -> Widths:
        """The lengths of the vectors."""
        widths = [None if side is None else int(side.matrix.shape[1]) for side in (self.source, self.target)]
        return Widths(*widths)


ModelT = TypeVar("ModelT", bound=Model)


def build_model(shape: ModelShape, sizes: Sizes, handoffs: HandedOver, seed: int) -> Model:
    """A model of the kind that the shape names, with all its weights as they are before training.

    A kind that is not named is an encoder-decoder. torch's own random state is left as it was. Raises RequestError where the
    shape is not legal, ValueError where it asks for a hand-off and no vectors come, or the reverse.
    """
    return _build(_NEW[kind_of_shape(shape)], shape, sizes, handoffs, seed)


def build_seq2seq(shape: ModelShape, sizes: Sizes, handoffs: HandedOver, seed: int) -> Seq2Seq:
    """As `build_model`, an encoder-decoder."""
    return _build(_new_seq2seq, shape, sizes, handoffs, seed)


def restore_model(shape: ModelShape, sizes: Sizes, weights: Mapping[str, Tensor]) -> Model:
    """A trained model from the `state_dict` of another of the same shape; it needs no vocabularies and no embeddings."""
    handed = {
        side: _layout(weights, place) if hand_off(shape, side) else None for side, place in _TABLES[kind_of_shape(shape)].items()
    }
    model = build_model(shape, sizes, HandedOver(**handed), seed=0)
    model.load_state_dict(dict(weights))
    return model


def hand_off(shape: ModelShape, side: str) -> HandOff | None:
    """How trained vectors enter the side `source` or `target`, None where it starts random."""
    embedding = shape.embedding
    if isinstance(embedding, SideHandOffs):
        chosen = embedding.source if side == "source" else embedding.target
        return chosen if isinstance(chosen, HandOff) else None
    return embedding if isinstance(embedding, HandOff) and side == "source" else None


def _build(
    new: Callable[[ModelShape, Sizes, HandedOver], ModelT], shape: ModelShape, sizes: Sizes, handoffs: HandedOver, seed: int
) -> ModelT:
    _check_handoffs(shape, handoffs)
    check_shape(shape, handoffs.widths, 1 + len(sizes.further), frames=sizes.features is not None)
    with torch.random.fork_rng(devices=[]):  # torch's constructors draw weights, which are overwritten below
        model = new(shape, sizes, handoffs)
    initialise(model, seed)
    handed = {"source": handoffs.source, "target": handoffs.target}
    for side, table in model.tables().items():
        table.fill(stream(seed, "initialise", f"{side}.rows"), handed.get(side))
    model.set_epoch(1)
    return model


def _new_seq2seq(shape: ModelShape, sizes: Sizes, handoffs: HandedOver) -> Seq2Seq:
    _check_copying(shape, sizes)
    target = _new_table(shape, "target", sizes.target, handoffs)
    output = TiedOutput(target, sizes.target) if shape.tie_output else FreeOutput(shape.dim, sizes.target)
    features = sizes.features
    source = _new_table(shape, "source", sizes.source, handoffs) if features is None else FrameInput(features, shape.dim)
    further = [Source(_new_further_table(shape, tokens, handoffs), new_encoder(shape)) for tokens in sizes.further]
    decoder = new_decoder(shape, target, output, 1 + len(further))
    return Seq2Seq(source, new_encoder(shape), decoder, shape.dropout, further, shape.sections)


def _new_language_model(shape: ModelShape, sizes: Sizes, handoffs: HandedOver) -> LanguageModel:
    table = _new_table(shape, "source", sizes.source, handoffs)
    output = TiedOutput(table, sizes.source) if shape.tie_output else FreeOutput(shape.dim, sizes.source)
    return LanguageModel(new_decoder(shape, table, output))


def _new_masked_language_model(shape: ModelShape, sizes: Sizes, handoffs: HandedOver) -> EncoderModel:
    source = _new_table(shape, "source", sizes.source, handoffs)
    output = TiedOutput(source, sizes.source) if shape.tie_output else FreeOutput(shape.dim, sizes.source)
    return Labeller(source, new_encoder(shape), output, shape.dropout)


def _new_tagger(shape: ModelShape, sizes: Sizes, handoffs: HandedOver) -> EncoderModel:
    source = _new_table(shape, "source", sizes.source, handoffs)
    return Labeller(source, new_encoder(shape), FreeOutput(shape.dim, sizes.target), shape.dropout)


def _new_classifier(shape: ModelShape, sizes: Sizes, handoffs: HandedOver) -> EncoderModel:
    source = _new_table(shape, "source", sizes.source, handoffs)
    pool = new_pool(shape.pooling, shape.dim)
    return Classifier(source, new_encoder(shape), pool, FreeOutput(pool.width, sizes.target), shape.dropout)


_NEW: dict[Kind, Callable[[ModelShape, Sizes, HandedOver], Model]] = {
    "encoder-decoder": _new_seq2seq,
    "language-model": _new_language_model,
    "masked-language-model": _new_masked_language_model,
    "tagger": _new_tagger,
    "classifier": _new_classifier,
}
_TABLES: dict[Kind, dict[str, str]] = {
    "encoder-decoder": {"source": "source", "target": "decoder.embedding"},
    "language-model": {"source": "decoder.embedding"},
    "masked-language-model": {"source": "source"},
    "tagger": {"source": "source"},
    "classifier": {"source": "source"},
}
"""Where in a model the tables lie that vectors may be handed to."""


def _new_table(shape: ModelShape, side: str, tokens: int, handoffs: HandedOver) -> EmbeddingTable:
    handed, alignment = hand_off(shape, side), handoffs.source if side == "source" else handoffs.target
    as_: As | None = None if handed is None else handed.as_
    source_width, target_width = table_widths(shape, handoffs.widths)
    width = source_width if side == "source" else target_width
    slots = Slots.of(tokens, alignment)
    return EmbeddingTable(width, shape.dim, slots, as_, 1 if handed is None else handed.from_epoch)


def _new_further_table(shape: ModelShape, tokens: int, handoffs: HandedOver) -> EmbeddingTable:
    """The table of a source beside the first, which starts random, and is as wide as the first one's."""
    width, _ = table_widths(shape, handoffs.widths)
    return EmbeddingTable(width, shape.dim, Slots.of(tokens, None), None)


@dataclass(frozen=True)
class _Layout:
    """Which rows have a vector, with no vectors in them yet."""

    matrix: Float32
    has_vector: np.ndarray[tuple[int], np.dtype[np.bool_]]


def _layout(weights: Mapping[str, Tensor], place: str) -> _Layout:
    """The layout of the table at a place of a trained model."""
    has_vector = (weights[f"{place}.vector_slot"] > 0).numpy(force=True)
    return _Layout(np.zeros((len(has_vector), weights[f"{place}.trained"].shape[1]), np.float32), has_vector)


def _check_handoffs(shape: ModelShape, handoffs: HandedOver) -> None:
    for side, vectors in (("source", handoffs.source), ("target", handoffs.target)):
        asked = hand_off(shape, side)
        if asked is not None and vectors is None:
            raise ValueError(f"the shape hands '{asked.from_}' over to the {side} side, but no vectors were given for it")
        if asked is None and vectors is not None:
            raise ValueError(f"vectors were given for the {side} side, but the shape starts it random")


def _check_copying(shape: ModelShape, sizes: Sizes) -> None:
    attention = attention_of(shape)
    if attention is not None and attention.copying and {sizes.source, *sizes.further} != {sizes.target}:
        sources = ", ".join(f"{size:,}" for size in (sizes.source, *sizes.further))
        raise ValueError(f"copying needs one vocabulary, but the source has {sources} tokens and the target {sizes.target:,}")
