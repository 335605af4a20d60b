"""The order of the tokens of padded sentences, from either end."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Order:
    """Indices (B, S) that turn each sentence round within its own length, and the index (B,) of its last token."""

    backwards: Tensor
    last: Tensor

    @staticmethod
    def of(valid: Tensor) -> "Order":
        """The order of sentences with tokens at valid (B, S), all of them before the padding. Padding stays where it is."""
        lengths = valid.sum(dim=1, keepdim=True)
        position = torch.arange(valid.shape[1], device=valid.device).expand_as(valid)
        return Order(torch.where(valid, lengths - 1 - position, position), (lengths.squeeze(1) - 1).clamp(min=0))

    def turn(self, states: Tensor) -> Tensor:
        """States (B, S, D) in the other direction; turned twice they are as before."""
        return states.gather(1, self.backwards.unsqueeze(-1).expand(-1, -1, states.shape[-1]))

    def final(self, states: Tensor) -> Tensor:
        """The states (B, D) at the last tokens."""
        return states[torch.arange(len(states), device=states.device), self.last]
