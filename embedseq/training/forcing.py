"""What the decoder reads in training: the true last token or its own prediction. Through `start` and `step`, for all decoders."""

from typing import Any

import torch
from torch import Tensor

from embedseq.models.interfaces import Decoded, Step
from embedseq.models.memory import Memory
from embedseq.models.penalty import total
from embedseq.models.seq2seq import Seq2Seq
from embedseq.seeds import stream
from embedseq.text.batches import Batch
from embedseq.text.vocabulary import PAD


def draw_truths(batch: Batch, probability: float, seed: int, update: int) -> Tensor:
    """Whether the decoder reads the true token, for each sentence and step, from the stream of this update.

    -> (B, T) bool on the CPU; True with the given probability, and at the first step always.
    """
    generator = torch.Generator().manual_seed(stream(seed, "teacher-forcing", update))
    truths = torch.rand(batch.target_in.shape, generator=generator) < probability
    truths[:, 0] = True
    return truths


def decode_mixed(model: Seq2Seq, memory: Memory, target_in: Tensor, truths: Tensor) -> Decoded:
    """Runs the decoder step by step; where `truths` is False it reads the token that it found likeliest one step before
    (Bengio et al. 2015). No gradient flows through that choice. Padding stays padding, of which penalties know.

    target_in (B, T), truths (B, T) -> logits (B, T, V) and the penalties of all steps
    """
    state = model.start(memory)
    steps: list[Step[Any]] = []
    for position in range(target_in.shape[1]):
        tokens = target_in[:, position]
        if steps:
            true = truths[:, position] | (tokens == PAD)
            tokens = torch.where(true, tokens, steps[-1].logits.argmax(dim=-1))
        steps.append(model.step(tokens, state))
        state = steps[-1].state
    return Decoded(torch.stack([step.logits for step in steps], dim=1), None, total(step.penalty for step in steps))
