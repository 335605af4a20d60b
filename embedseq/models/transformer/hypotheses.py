"""Which sentence each row of a decoder's state writes for, and how rows and sentences find each other."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Hypotheses:
    """owners: (R,), the sentence of each row, from 0 to B - 1, each of which has a row. width: the most rows of a sentence.

    places: (R,), where each row stands among the B · W places of a grid with one line for each sentence; None where the rows fill
    them all in their order. So all hypotheses of a sentence look at one copy of its memory, at once.
    """

    owners: Tensor
    sentences: int
    width: int
    places: Tensor | None = None

    @staticmethod
    def one_each(sentences: int, device: torch.device) -> "Hypotheses":
        """One row for each sentence."""
        return Hypotheses(torch.arange(sentences, device=device), sentences, 1)

    def spread(self, rows: Tensor) -> Tensor:
        """Rows (R, D) on their places, (B, W, D); zeros where there is no row."""
        if self.places is not None:
            rows = rows.new_zeros(self.sentences * self.width, rows.shape[1]).index_copy_(0, self.places, rows)
        return rows.view(self.sentences, self.width, -1)

    def gather(self, grid: Tensor) -> Tensor:
        """What stands on the rows' places in a grid (B, W, D), (R, D): the inverse of `spread`."""
        rows = grid.reshape(self.sentences * self.width, -1)
        return rows if self.places is None else rows.index_select(0, self.places)

    def select(self, rows: Tensor) -> "Selected":
        """The rows (N,), repeated or reordered as asked. Sentences without a row leave."""
        owners = self.owners.index_select(0, rows)
        counts = torch.bincount(owners, minlength=self.sentences)
        remaining = counts.nonzero().squeeze(1)
        kept = None if len(remaining) == self.sentences else remaining
        if kept is not None:
            owners, counts = ((counts > 0).cumsum(0) - 1).index_select(0, owners), counts.index_select(0, kept)
        sentences, width = len(counts), int(counts.max()) if len(counts) else 0
        order = owners.argsort(stable=True)
        in_order = owners.index_select(0, order)
        numbers = torch.arange(len(owners), device=owners.device)
        first = (counts.cumsum(0) - counts).index_select(0, in_order)
        places = torch.empty_like(owners).index_copy_(0, order, in_order * width + numbers - first)
        full = len(owners) == sentences * width and torch.equal(places, numbers)
        return Selected(Hypotheses(owners, sentences, width, None if full else places), kept)


@dataclass(frozen=True)
class Selected:
    """kept: (B',) the sentences that still have rows, None where they all do."""

    hypotheses: Hypotheses
    kept: Tensor | None
