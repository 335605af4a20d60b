"""Looking at several memories, each with a look of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from embedseq.models.attention.combining import Combining
from embedseq.models.attention.look import Asking, Look, MemoryLook, Prepared, Seen
from embedseq.models.memory import Memory
from embedseq.models.penalty import total


@dataclass(frozen=True)
class PreparedEach:
    """What was prepared of each of n memories, the first one first."""

    parts: tuple[Prepared, ...]

    @property
    def valid(self) -> Tensor:
        """(B, S) of all memories, joined along S."""
        return torch.cat([part.valid for part in self.parts], dim=1)

    @property
    def there(self) -> Tensor:
        """(B, n) bool: which memories have anything to look at."""
        return torch.stack([part.valid.any(dim=1) for part in self.parts], dim=1)

    @property
    def lengths(self) -> tuple[int, ...]:
        """How long each memory is."""
        return tuple(part.valid.shape[1] for part in self.parts)

    def askings(self, asking: Asking) -> tuple[Asking, ...]:
        """What the look at each memory should know, of what is asked of all."""
        return asking.split(self.lengths)

    def select(self, rows: Tensor) -> "PreparedEach":
        """The rows (N,) of the batch, repeated or reordered as asked."""
        return PreparedEach(tuple(part.select(rows) for part in self.parts))


class Several(MemoryLook[PreparedEach]):
    """c = combine(look_1(q), …, look_n(q)), each look at a memory of its own   (Libovický and Helcl 2017, section 3).

    The weights over a memory are multiplied by its share, so that a row over all of them sums to one. Experts are chosen for each
    memory by itself, so that it is their mean that sums to one (`Seen.looked`).
    """

    def __init__(self, looks: Sequence[Look], combining: Combining) -> None:
        super().__init__()
        self.looks = nn.ModuleList(looks)
        self.combining = combining

    def read(self, memory: Memory) -> PreparedEach:
        return read_each(self.looks, memory)

    def forward(self, query: Tensor, prepared: PreparedEach, asking: Asking = Asking()) -> Seen:  # noqa: B008 - frozen
        parts = zip(self.looks, prepared.parts, prepared.askings(asking), strict=True)
        seen: list[Seen] = [look(query, part, asked) for look, part, asked in parts]
        combined = self.combining(query, torch.stack([each.context for each in seen], dim=2), prepared.there)
        weights, penalty = joined_weights(seen, combined.shares), total(each.penalty for each in seen)
        return Seen(combined.context, weights, penalty, lengths=prepared.lengths)


def read_each(looks: nn.ModuleList, memory: Memory) -> PreparedEach:
    """What each of n looks prepares of its own of n memories."""
    memories = (memory, *memory.others)
    if len(memories) != len(looks):
        raise ValueError(f"{len(looks)} looks are for as many memories, but there are {len(memories)}")
    parts = zip(looks, memories, strict=True)
    return PreparedEach(tuple(cast(Look, look).prepare(each.states, each.valid).laid_out() for look, each in parts))


def joined_weights(seen: Sequence[Seen], shares: Tensor) -> Tensor | None:
    """(B, T, H, S): the weights over n memories, joined along S, each multiplied by its share, (B, T, n); None where a look gave
    none."""
    weights = [each.weights for each in seen if each.weights is not None]
    if len(weights) < len(seen):
        return None
    shared = zip(weights, shares.unbind(dim=-1), strict=True)
    return torch.cat([each * share[..., None, None] for each, share in shared], dim=-1)
