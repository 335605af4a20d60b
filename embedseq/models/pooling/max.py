"""The largest of the states."""

import torch
from torch import Tensor

from embedseq.models.interfaces import Encoded
from embedseq.models.pool import Pool, PoolAbout, Pooled


class Max(Pool):
    """v_i = max_s h_si   (Collobert and Weston 2008; Conneau et al. 2017, section 3.2.2), each component i by itself, over the
    states of real tokens in the last layer."""

    about = PoolAbout("max", "v_i = max_s h_si", "Collobert and Weston 2008; Conneau et al. 2017, section 3.2.2")

    def forward(self, encoded: Encoded, valid: Tensor) -> Pooled:
        states = encoded.layers[-1]  # (B, S, D)
        real = states.masked_fill(~valid.unsqueeze(-1), torch.finfo(states.dtype).min)
        return Pooled(real.amax(dim=1).masked_fill(~valid.any(dim=1, keepdim=True), 0.0))
