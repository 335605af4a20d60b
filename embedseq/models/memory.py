"""What an encoder hands to a decoder."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Memory:
    """The states of a source sentence, which of them are real, and a fixed-length summary for every encoder layer.

    states: (B, S, D), exactly zero at padding.
    valid: (B, S) bool, True at real tokens.
    final: one (B, D) for each encoder layer, the first layer first: the last state of a recurrent layer (forward and backward
        joined), the mean over the valid states of a Transformer layer. Decoders start from it. With
        self-attention in a recurrent encoder, the last layer's is its joined state where each direction ends.
    means: one (B, D) for each encoder layer, the mean over its valid states.
    cells: one (B, D) for each layer of an LSTM encoder, its last cell, where the decoder goes on from it; empty otherwise.
    """

    states: Tensor
    valid: Tensor
    final: tuple[Tensor, ...]
    means: tuple[Tensor, ...] = ()
    cells: tuple[Tensor, ...] = ()

    @property
    def summary(self) -> Tensor:
        """(B, D): the fixed-length context, which is the summary of the last encoder layer."""
        return self.final[-1]

    def select(self, rows: Tensor) -> "Memory":
        """The sentences `rows` (N,), repeated or reordered as asked."""
        vectors = (tuple(vector[rows] for vector in group) for group in (self.final, self.means, self.cells))
        return Memory(self.states[rows], self.valid[rows], *vectors)
