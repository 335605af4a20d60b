"""A shape tried out before any work begins: eleven words, two sentences, forward and step by step."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from embedseq.models.build import HandedOver, Sizes, build_seq2seq, hand_off
from embedseq.models.description import Description, describe
from embedseq.models.embedding import Float32
from embedseq.models.resolved import Widths
from embedseq.models.settings import ModelShape
from embedseq.text.vocabulary import END, PAD, SPECIALS, START

WORDS = 11
SOURCE = ((4, 5, 6, END), (7, END, PAD, PAD))
TARGET_IN = ((START, 8, 9), (START, 10, PAD))
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


def rehearse(shape: ModelShape, handed: Widths = Widths()) -> Description:  # noqa: B008 - frozen and empty
    """Build the shape with eleven words and run two sentences through it; vectors handed over are as wide as `handed` says.

    Raises RequestError with every reason for which the shape is not legal. Leaves torch's random state as it was.
    """
    widths = {"source": handed.source, "target": handed.target}
    vectors = {
        side: PretendVectors.of(width or shape.embedding_dim or shape.dim) if hand_off(shape, side) else None
        for side, width in widths.items()
    }
    model = build_seq2seq(shape, Sizes(WORDS, WORDS), HandedOver(vectors["source"], vectors["target"]), seed=0).eval()
    source, target = torch.tensor(SOURCE), torch.tensor(TARGET_IN)
    with torch.no_grad():
        at_once = model(source, source != PAD, target).logits
        state = model.start(model.encode(source, source != PAD))
        for position in range(target.shape[1]):
            step = model.step(target[:, position], state)
            state = step.state.select(torch.arange(len(target)))
            gap = (step.logits - at_once[:, position]).abs().max().item()
            if not gap < TOLERANCE:
                raise RuntimeError(f"the model's steps and its teacher-forced pass differ by {gap:.2g}: a bug in embedseq")
    return describe(model)
