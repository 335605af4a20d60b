"""At which steps of training the decoder reads the true last token; what it does at the others is the model's."""

import torch
from torch import Tensor

from embedseq.seeds import stream
from embedseq.text.batches import Batch


def draw_truths(batch: Batch, probability: float, seed: int, update: int) -> Tensor:
    """Whether the decoder reads the true token, for each sentence and step, from the stream of this update.

    -> (B, T) bool on the CPU; True with the given probability, and at the first step always.
    """
    generator = torch.Generator().manual_seed(stream(seed, "teacher-forcing", update))
    truths = torch.rand(batch.target_in.shape, generator=generator) < probability
    truths[:, 0] = True
    return truths
