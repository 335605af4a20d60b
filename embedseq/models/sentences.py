"""Whose memory the rows of a decoder's state look at."""

from dataclasses import dataclass

import torch
from torch import Tensor

from embedseq.models.memory import Memory


@dataclass(frozen=True)
class Sentences:
    """owners: (R,), which sentence of the memory that decoding started from each row belongs to.

    A beam's hypotheses change places among those of their own sentence at every step, and each of them has that sentence's memory
    already: it is copied only where a sentence leaves.
    """

    owners: Tensor

    @staticmethod
    def of(memory: Memory) -> "Sentences":
        """One row for each sentence."""
        return Sentences(torch.arange(len(memory.valid), device=memory.valid.device))

    def select(self, rows: Tensor) -> "Sentences":
        """The rows (N,), repeated or reordered as asked."""
        return Sentences(self.owners.index_select(0, rows))

    def same_as(self, other: "Sentences") -> bool:
        """Whether each row belongs to the same sentence as that of the other."""
        return torch.equal(self.owners, other.owners)
