"""What the decoder reads in training: the true last token or its own prediction. Through `start` and `step`, for all decoders."""

import torch
from torch import Tensor

from embedseq.models.memory import Memory
from embedseq.models.seq2seq import Seq2Seq
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


def decode_mixed(model: Seq2Seq, memory: Memory, target_in: Tensor, truths: Tensor) -> Tensor:
    """Runs the decoder step by step; where `truths` is False it reads the token that it found likeliest one step before
    (Bengio et al. 2015). No gradient flows through that choice.

    target_in (B, T), truths (B, T) -> logits (B, T, V)
    """
    state = model.start(memory)
    logits: list[Tensor] = []
    for position in range(target_in.shape[1]):
        tokens = target_in[:, position]
        if logits:
            tokens = torch.where(truths[:, position], tokens, logits[-1].argmax(dim=-1))
        step = model.step(tokens, state)
        logits.append(step.logits)
        state = step.state
    return torch.stack(logits, dim=1)
