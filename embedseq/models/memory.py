"""What an encoder hands to a decoder."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
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
    tokens: (B, S), the source itself, which a decoder may copy from; None where it is no words.
    others: the memories of further sources. Those who look at them look at this one first; `final`, `means` and `cells` are then
        the means of all memories', and each of the others keeps its own.
    """

    states: Tensor
    valid: Tensor
    final: tuple[Tensor, ...]
    means: tuple[Tensor, ...] = ()
    cells: tuple[Tensor, ...] = ()
    tokens: Tensor | None = None
    others: tuple["Memory", ...] = ()

    @property
    def summary(self) -> Tensor:
        """(B, D): the fixed-length context, which is the summary of the last encoder layer."""
        return self.final[-1]

    @property
    def joined_states(self) -> Tensor:
        """(B, S, D): the states of all memories, joined along S, of which `joined_valid` are real."""
        return torch.cat([self.states, *(other.states for other in self.others)], dim=1) if self.others else self.states

    @property
    def joined_valid(self) -> Tensor:
        """(B, S): which states of all memories are real. Attention weights over several memories are joined likewise."""
        return torch.cat([self.valid, *(other.valid for other in self.others)], dim=1) if self.others else self.valid

    @property
    def joined_tokens(self) -> Tensor | None:
        """(B, S): the sources of all memories, joined likewise; None where one of them is no words."""
        if not self.others or self.tokens is None:
            return self.tokens
        others = [other.tokens for other in self.others if other.tokens is not None]
        return torch.cat([self.tokens, *others], dim=1) if len(others) == len(self.others) else None

    @staticmethod
    def of_several(memories: Sequence["Memory"]) -> "Memory":
        """The first memory with the others behind it.

        A decoder starts from the means of their summaries, so that none of its bridges knows how many memories there are. A
        sentence that has nothing in one of them starts from the means of the others.
        """
        first, *others = memories
        if not others:
            return first
        there = torch.stack([memory.valid.any(dim=1, keepdim=True) for memory in memories])  # (n, B, 1)

        def mean(each: Sequence[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
            """Of the vectors (B, D) for every layer of each memory, zero where it has nothing."""
            return tuple(torch.stack(layer).sum(dim=0) / there.sum(dim=0).clamp(min=1) for layer in zip(*each, strict=True))

        return replace(
            first,
            final=mean([memory.final for memory in memories]),
            means=mean([memory.means for memory in memories]),
            cells=mean([memory.cells for memory in memories]),
            others=tuple(others),
        )

    def select(self, rows: Tensor) -> "Memory":
        """The sentences `rows` (N,), repeated or reordered as asked."""
        final, means, cells = (tuple(vector[rows] for vector in group) for group in (self.final, self.means, self.cells))
        tokens = None if self.tokens is None else self.tokens[rows]
        others = tuple(other.select(rows) for other in self.others)
        return Memory(self.states[rows], self.valid[rows], final, means, cells, tokens, others)

    @staticmethod
    def nothing(rows: int, states: Tensor) -> "Memory":
        """What a decoder without a source gets: no states for so many rows, of the width and the kind of `states` (…, D)."""
        none = states.new_zeros(rows, 0, states.shape[-1])
        return Memory(none, torch.ones(rows, 0, dtype=torch.bool, device=states.device), ())
