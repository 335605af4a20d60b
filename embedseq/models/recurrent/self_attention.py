"""A recurrent side's look at its own states."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from embedseq.models.attention.look import Asking, Look, Prepared


@dataclass(frozen=True)
class Recalled:
    """states: (B, T, D), each joined with what it saw; past: keys and values up to the last of them; penalty: the look's."""

    states: Tensor
    past: Prepared
    penalty: Tensor | None


class SelfAttention(nn.Module):
    """s_t = tanh(W [c_t; h_t] + b), c_t being what h_t sees among the states of its own sequence.

    Cheng et al. 2016 put this look inside the cell, and Paulus et al. 2018 (section 2.2) let a decoder's state see those before
    it and hand the context to the output. Here it stands between the last layer and all that reads it, and a state sees itself,
    too, so that the first one never looks at nothing. What the cells keep does not depend on it: a known sequence stays one call.
    """

    def __init__(self, look: Look, dim: int) -> None:
        super().__init__()
        self.look = look
        self.combine = nn.Linear(2 * dim, dim)

    def forward(self, states: Tensor, valid: Tensor, past: Prepared | None, asking: Asking) -> Recalled:
        """Join states (B, T, D), real at valid (B, T), with what they see among the past and themselves."""
        present = self.look.prepare(states, valid, asking.first)
        past = present if past is None else past.append(present)
        seen = self.look(states, past, asking)
        return Recalled(torch.tanh(self.combine(torch.cat((seen.context, states), dim=-1))), past, seen.penalty)
