"""What a way of looking at states promises: prepare what can be computed once, then answer queries with contexts."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from embedseq.models.memory import Memory


@dataclass(frozen=True)
class Prepared:
    """Keys and values, as far as they can be computed without the query.

    keys: (B, S, P), or (B, H, S, P) with heads. values: likewise, with their own width. valid: (B, S) bool.
    """

    keys: Tensor
    values: Tensor
    valid: Tensor

    def select(self, rows: Tensor) -> "Prepared":
        """The rows (N,) of the batch, repeated or reordered as asked."""
        return Prepared(self.keys[rows], self.values[rows], self.valid[rows])

    def append(self, newer: "Prepared") -> "Prepared":
        """These keys, and then the newer ones: how a decoder remembers its own past."""
        return Prepared(
            torch.cat((self.keys, newer.keys), dim=-2),
            torch.cat((self.values, newer.values), dim=-2),
            torch.cat((self.valid, newer.valid), dim=-1),
        )


@dataclass(frozen=True)
class Seen:
    """context: (B, T, D); weights: (B, T, H, S) where they were asked for."""

    context: Tensor
    weights: Tensor | None


class Look(nn.Module):
    """Queries and a prepared memory to a context for each query."""

    asks: ClassVar[bool] = True
    """Whether the context depends on the query."""

    @abstractmethod
    def read(self, memory: Memory) -> Prepared:
        """What can be computed once a sentence."""

    @abstractmethod
    def forward(self, query: Tensor, prepared: Prepared, span: Tensor | None = None, weights: bool = False) -> Seen:
        """Look with query (B, T, D). span: (T, S) bool, which keys a query may see beside being valid; None means all."""
