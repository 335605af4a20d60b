"""Hidden states for probes."""

import torch
from torch import Tensor

from embedseq.models.encoder_model import EncoderModel
from embedseq.models.seq2seq import Seq2Seq

WithEncoder = Seq2Seq | EncoderModel
"""The models that have hidden states aligned with a source."""


@torch.no_grad()
def hidden_states(model: WithEncoder, source: Tensor, valid: Tensor) -> tuple[Tensor, ...]:
    """The encoder's states, one (B, S, D) a layer, aligned with the source tokens (B, S) and exactly zero at padding.

    Layer 0 is the embedded input without positions, layer l the output of encoder layer l. Dropout is off; afterwards the model
    is in the mode in which it was.
    """
    training = model.training
    model.eval()
    try:
        embedded = model.embed(source).masked_fill(~valid.unsqueeze(-1), 0.0)
        return embedded, *model.encode_layers(source, valid).layers
    finally:
        model.train(training)
