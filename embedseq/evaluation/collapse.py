"""Whether attention looks at one and the same place whatever is written, on a sample of sentences."""

import numpy as np
import torch

from embedseq.caution import Caution
from embedseq.models.attention.looked import mean_over_heads
from embedseq.models.interfaces import Model
from embedseq.text.batches import LengthBatches

SAMPLE = 64
"""Sentences, spread evenly over the split: one batch."""
LEAST = 4
"""Sentences with fewer tokens on a side have too few places for it to matter."""
COLLAPSED = 0.9
"""A place that holds this share of the weight, over all heads, all steps of a sentence and all sentences, is no choice."""


@torch.inference_mode()
def weight_on_one_place(model: Model, batches: LengthBatches) -> float | None:
    """The mean over sentences of the largest share of attention that one source position has, all heads and steps together.

    Teacher-forced, in evaluation mode; the model's mode is kept. None where there is no attention, or no sentence long enough.
    """
    rows = batches.rows[:: max(1, len(batches.rows) // SAMPLE)][:SAMPLE]
    batch = batches.batch(np.asarray(rows)).to(next(model.parameters()).device)
    was_training = model.training
    model.eval()
    decoded = model.predict(batch, weights=True)
    model.train(was_training)
    long = (batch.target_valid.sum(dim=1) > LEAST) & (batch.source_valid.sum(dim=1) > LEAST)
    if decoded.attention is None or not bool(long.any()):
        return None
    weights = mean_over_heads(decoded.attention, decoded.lengths).double()
    steps = batch.target_valid.double()
    by_place = torch.einsum("bts,bt->bs", weights, steps) / steps.sum(dim=1, keepdim=True)  # (B, S)
    return float(by_place[long].amax(dim=1).mean())


def collapsed_attention(model: Model, batches: LengthBatches) -> list[Caution]:
    """What to say where it has collapsed."""
    share = weight_on_one_place(model, batches)
    if share is None or share <= COLLAPSED:
        return []
    return [
        Caution(
            "attention-collapsed",
            f"Attention puts {share:.0%} of its weight on one source position of a sentence, the same at every step.",
            "It is as good as none: the decoder is handed one fixed vector, and has found no use for choosing.",
            "Train longer, or with a lower `lr`; try another scorer, or a bridge that tells the decoder less (`bridge: none`).",
        )
    ]
