"""What a decoder remembers of its own tokens while it writes: keys and values, with room for those to come."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

ROOM = 16
"""There is room for a multiple of so many tokens. All of it is multiplied, as products of very small matrices are not handed to
the library for them, and take longer than those of larger ones."""


@dataclass(frozen=True)
class Past:
    """held: (2, R, H, room, C), keys and values of the tokens so far; zeros, or what a newer past has appended, behind `length`.

    A newer past lies in the memory of the older one, and what is selected in that of the one before it (`spare`): fresh memory at
    each step would cost more than the copy. So a past is of no use any more once the next two were made.
    """

    held: Tensor
    length: int = 0
    spare: Tensor | None = None

    @staticmethod
    def of(first: Tensor, heads: int) -> "Past":
        """One token: first (R, 2 D), its key and its value."""
        rows, width = first.shape
        return Past(first.new_zeros(2, rows, heads, ROOM, width // (2 * heads))).append(first)

    def append(self, newest: Tensor) -> "Past":
        """The key and the value of one more token, newest (R, 2 D)."""
        held = self.held
        if held.shape[3] == self.length:
            held = torch.cat((held, held.new_zeros(*held.shape[:3], ROOM, held.shape[4])), dim=3)
        both, rows, heads, _, width = held.shape
        held.select(3, self.length).copy_(newest.view(rows, both, heads, width).transpose(0, 1))
        return Past(held, self.length + 1, self.spare)

    def mix(self, query: Tensor) -> Tensor:
        """The values, mixed by the softmax of the products of the keys with query (R, D), of all heads: (R, D)."""
        _, rows, heads, room, width = self.held.shape
        keys, values = self.held.view(2, rows * heads, room, width).unbind(0)
        scores = torch.bmm(query.reshape(rows * heads, 1, width), keys.transpose(1, 2))
        if self.length < room:
            scores[:, :, self.length :].fill_(-torch.inf)
        return torch.bmm(scores.softmax(dim=2), values).view(rows, heads * width)

    def select(self, rows: Tensor) -> "Past":
        """The rows (N,), repeated or reordered as asked."""
        shape = (2, len(rows), *self.held.shape[2:])
        wanted = math.prod(shape)
        spare = self.spare
        into = self.held.new_empty(shape) if spare is None or spare.numel() < wanted else spare.flatten()[:wanted].view(shape)
        return Past(torch.index_select(self.held, 1, rows, out=into), self.length, self.held)
