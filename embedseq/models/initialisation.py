"""How weights begin. Every parameter has a random stream of its own, named after it, so that arms of a comparison that share a
parameter share its values, whatever else they do not share."""

import torch
from torch import Tensor, nn

from embedseq.models.embedding import EmbeddingTable
from embedseq.seeds import stream

GATES = {nn.RNN: 1, nn.LSTM: 4, nn.GRU: 3}


@torch.no_grad()
def initialise(model: nn.Module, seed: int) -> None:
    """Fill all weights but those of embedding tables, in place.

    Gate by gate: matrices are Xavier uniform (Glorot and Bengio 2010), recurrent ones orthogonal (Saxe et al. 2014),
    but those of a rectifier the identity (Le et al. 2015).
    Learned positions: normal, with a mean norm of about one, like the rows of words. Gains of norms: one.
    Biases: zero, but one for an LSTM's forget gate (Jozefowicz et al. 2015).
    """
    for place, module in model.named_modules():
        if isinstance(module, EmbeddingTable):
            continue
        for name, weight in module.named_parameters(recurse=False):
            full_name = f"{place}.{name}" if place else name
            generator = torch.Generator().manual_seed(stream(seed, "initialise", full_name))
            _fill(module, name, weight, generator)


def _fill(module: nn.Module, name: str, weight: Tensor, generator: torch.Generator) -> None:
    gates = weight.chunk(GATES.get(type(module), 1))
    if isinstance(module, nn.Embedding):
        nn.init.normal_(weight, std=weight.shape[1] ** -0.5, generator=generator)
    elif weight.dim() > 1:
        for gate in gates:
            if name.startswith("weight_hh") and isinstance(module, nn.RNN) and module.nonlinearity == "relu":
                nn.init.eye_(gate)
            elif name.startswith("weight_hh"):
                nn.init.orthogonal_(gate, generator=generator)
            else:
                nn.init.xavier_uniform_(gate, generator=generator)
    elif name == "weight":
        nn.init.ones_(weight)
    else:
        nn.init.zeros_(weight)
        if isinstance(module, nn.LSTM) and name.startswith("bias_ih"):
            nn.init.ones_(gates[1])  # torch orders the gates: input, forget, cell, output
