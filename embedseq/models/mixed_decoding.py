"""A decoder that reads the true last token at some steps and its own prediction at others."""

from typing import Any

import torch
from torch import Tensor

from embedseq.models.interfaces import Decoded, Decoder, Step
from embedseq.models.logits import DenseLogits
from embedseq.models.memory import Memory
from embedseq.models.penalty import total
from embedseq.text.vocabulary import PAD


def decode_mixed(decoder: Decoder[Any], memory: Memory, target_in: Tensor, truths: Tensor) -> Decoded:
    """Runs the decoder step by step; where `truths` is False it reads the token that it found likeliest one step before
    (Bengio et al. 2015). No gradient flows through that choice. Padding stays padding, of which penalties know.

    target_in (B, T), truths (B, T) -> logits (B, T, V) and the penalties of all steps
    """
    state = decoder.start(memory)
    steps: list[Step[Any]] = []
    for position in range(target_in.shape[1]):
        tokens = target_in[:, position]
        if steps:
            true = truths[:, position] | (tokens == PAD)
            tokens = torch.where(true, tokens, steps[-1].logits.argmax(dim=-1))
        steps.append(decoder.step(tokens, state))
        state = steps[-1].state
    return Decoded(DenseLogits(torch.stack([step.logits for step in steps], dim=1)), None, total(step.penalty for step in steps))
