"""A shape tried out before any work begins: eleven words, two sentences, forward and step by step."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from embedseq.models.build import HandedOver, Sizes, build_model, hand_off
from embedseq.models.description import Description, describe
from embedseq.models.embedding import Float32
from embedseq.models.interfaces import Model
from embedseq.models.kinds import kind_of_shape
from embedseq.models.language_model import LanguageModel
from embedseq.models.resolved import Widths
from embedseq.models.seq2seq import Seq2Seq
from embedseq.models.settings import Kind, ModelShape
from embedseq.models.states import SideStates
from embedseq.text.batches import Batch, Reading, pad
from embedseq.text.vocabulary import END, SPECIALS, START

WORDS = 11
SOURCE = ([4, 5, END, 6, END], [7, END])
"""The first text has two sections."""
FURTHER = ([9, END], [4, 10, 5, END])
TARGET = ([8, 9], [10])
TOLERANCE = 1e-4


@dataclass(frozen=True)
class PretendVectors:
    """Vectors as an embedding might have them: seven words, of which one has none."""

    matrix: Float32
    has_vector: NDArray[np.bool_]

    @staticmethod
    def of(width: int) -> "PretendVectors":
        """Vectors with `width` numbers each."""
        has_vector = np.arange(WORDS) > len(SPECIALS)
        draw = np.random.default_rng(0).standard_normal((WORDS, width)).astype(np.float32)
        return PretendVectors(draw * has_vector[:, None], has_vector)


def rehearse(
    shape: ModelShape,
    handed: Widths = Widths(),  # noqa: B008 - frozen and empty
    sources: int = 1,
    features: int | None = None,
) -> Description:
    """Build the shape with eleven words and run two sentences through it; vectors handed over are as wide as `handed` says.

    It reads so many `sources` side by side; with `features` the first has frames of so many numbers in place of words. Raises
    RequestError with every reason for which the shape is not legal. Leaves torch's random state as it was.
    """
    model = _pretend_model(shape, handed, sources, features)
    _try_out(model, _pretend_batch(kind_of_shape(shape), sources, features))
    return describe(model)


def rehearsed_model(shape: ModelShape, handed: Widths) -> tuple[Model, Batch]:
    """The model as it is rehearsed, which reads one source of words, and the batch of two pretended sentences that it reads.

    Raises RequestError as `rehearse` does.
    """
    return _pretend_model(shape, handed, 1, None), _pretend_batch(kind_of_shape(shape), 1, None)


@torch.no_grad()
def rehearsed_states(shape: ModelShape, handed: Widths, side: str) -> SideStates:
    """The states of two pretended sentences, of which the widths of a model's layers are seen; it reads one source of words.

    Raises RequestError as `rehearse` does.
    """
    model, batch = rehearsed_model(shape, handed)
    return model.states(batch, side)


def _pretend_model(shape: ModelShape, handed: Widths, sources: int, features: int | None) -> Model:
    widths = {"source": handed.source, "target": handed.target}
    vectors = {
        side: PretendVectors.of(width or shape.embedding_dim or shape.dim) if hand_off(shape, side) else None
        for side, width in widths.items()
    }
    sizes = Sizes(WORDS, WORDS, (WORDS,) * (sources - 1), features)
    return build_model(shape, sizes, HandedOver(vectors["source"], vectors["target"]), seed=0).eval()


def _pretend_batch(kind: Kind, sources: int, features: int | None) -> Batch:
    """Two texts of unlike lengths, as a model of this kind reads them."""
    rows = torch.arange(len(SOURCE))
    source, source_valid = pad(SOURCE)
    if features is not None:
        source = torch.linspace(0.0, 1.0, source.numel() * features).view(*source.shape, features)
    if kind in ("encoder-decoder", "language-model"):
        target_in, target_valid = pad([[START, *target] for target in TARGET])
        target_out, _ = pad([[*target, END] for target in TARGET])
        further = (Reading(*pad(FURTHER)),) * (sources - 1)
        return Batch(rows, source, source_valid, target_in, target_out, target_valid, further)
    answers, valid = pad([target[:1] for target in TARGET] if kind == "classifier" else TARGET)
    places = torch.arange(answers.shape[1]).expand_as(answers)
    return Batch(rows, source, source_valid, answers, answers, valid, places=places)


@torch.no_grad()
def _try_out(model: Model, batch: Batch) -> None:
    """Raise RuntimeError unless a model with a decoder says the same of the batch at once and step by step."""
    at_once = model.predict(batch).logits
    match model:
        case Seq2Seq():
            state = model.start(model.encode(batch.source, batch.source_valid, batch.further))
        case LanguageModel():
            state = model.start(len(batch.rows))
        case _:
            return
    for position in range(batch.target_in.shape[1]):
        step = model.step(batch.target_in[:, position], state)
        state = step.state.select(torch.arange(len(batch.target_in)))
        gap = (step.logits - at_once[:, position]).abs().max().item()
        if not gap < TOLERANCE:
            raise RuntimeError(f"the model's steps and its teacher-forced pass differ by {gap:.2g}: a bug in embedseq")
