"""What a way of looking at states promises: prepare what can be computed once, then answer queries with contexts."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

import torch
from torch import Tensor, nn

from embedseq.models.attention.looked import mean_over_heads
from embedseq.models.attention.spans import causal
from embedseq.models.memory import Memory


class Kept(Protocol):
    """What a decoder keeps of its memory from one step to the next."""

    @property
    def valid(self) -> Tensor:
        """(B, S) bool: what can be looked at."""
        ...

    def select(self, rows: Tensor) -> Self:
        """The rows (N,) of the batch, repeated or reordered as asked."""
        ...


KeptT = TypeVar("KeptT", bound=Kept)


@dataclass(frozen=True)
class Prepared:
    """Keys and values, as far as they can be computed without the query.

    keys: (B, H, S, P). values: likewise, with their own width. valid: (B, S) bool.
    """

    keys: Tensor
    values: Tensor
    valid: Tensor

    def select(self, rows: Tensor) -> "Prepared":
        """The rows (N,) of the batch, repeated or reordered as asked."""
        return Prepared(*(each.index_select(0, rows) for each in (self.keys, self.values, self.valid)))

    def laid_out(self) -> "Prepared":
        """The same, one head after the other in memory: products with them, which every step forms, would copy them otherwise."""
        return Prepared(self.keys.contiguous(), self.values.contiguous(), self.valid)

    def append(self, newer: "Prepared") -> "Prepared":
        """These keys, and then the newer ones: how a decoder remembers its own past."""
        return Prepared(
            torch.cat((self.keys, newer.keys), dim=-2),
            torch.cat((self.values, newer.values), dim=-2),
            torch.cat((self.valid, newer.valid), dim=-1),
        )


@dataclass(frozen=True)
class Asking:
    """What a look should know of the queries beside the queries themselves.

    first: the position of the first query (the others follow it), which spans and rotary positions need.
    causal: whether a query sees no key after its own position; the keys are then those of all positions up to the last query.
    allowed: (T, S) bool, which keys a query may see beside being valid and, if causal, not later; None means all.
    real: (B, T) bool, which queries are no padding; None means all. Nothing but penalties depends on it.
    bias: broadcastable to (B, H, T, S), added to the scores; None adds nothing.
    weights: whether the weights are wanted.
    """

    first: int = 0
    causal: bool = False
    allowed: Tensor | None = None
    real: Tensor | None = None
    bias: Tensor | None = None
    weights: bool = False

    def visible(self, valid: Tensor, queries: int, reach: Tensor | None = None) -> Tensor:
        """Which keys each of T queries may look at, bool, broadcastable to (B, H, T, S): those at valid (B, S) that are within
        reach (likewise; None means all), allowed and, if causal, not later."""
        seen = valid[:, None, None]
        past = causal(queries, valid.device, self.first) if self.causal and queries > 1 else None  # one query comes last
        for further in (reach, self.allowed, past):
            seen = seen if further is None else seen & further
        return seen

    def split(self, lengths: Sequence[int]) -> "tuple[Asking, ...]":
        """The same for each of several stretches of the keys, so many long, which together are all S."""
        biases, alloweds = _stretches(self.bias, lengths), _stretches(self.allowed, lengths)
        return tuple(replace(self, bias=bias, allowed=allowed) for bias, allowed in zip(biases, alloweds, strict=True))


def _stretches(given: Tensor | None, lengths: Sequence[int]) -> Sequence[Tensor | None]:
    """Stretches along the last dimension, which is as long as they together, or one for all."""
    if given is None:
        return [None] * len(lengths)
    return torch.split(given.expand(*given.shape[:-1], sum(lengths)), list(lengths), dim=-1)


@dataclass(frozen=True)
class Seen:
    """context: (B, T, D); weights: (B, T, H, S) where they were asked for; penalty: a scalar that training adds to its loss, as a
    sum over the real queries, where there is one; joined: (B, T, D), query and context, by a look that joins them itself.

    lengths: how much of S belongs to each memory that has heads of its own; empty where all heads look at all that is there.
    """

    context: Tensor
    weights: Tensor | None
    penalty: Tensor | None = None
    joined: Tensor | None = None
    lengths: tuple[int, ...] = ()

    @property
    def looked(self) -> Tensor | None:
        """(B, T, S): the mean of the weights over the heads, where they were asked for."""
        return None if self.weights is None else mean_over_heads(self.weights, self.lengths)


class MemoryLook(nn.Module, Generic[KeptT]):
    """How a decoder looks at a memory."""

    asks: ClassVar[bool] = True
    """Whether the context depends on the query."""
    joins: ClassVar[bool] = False
    """Whether it joins query and context itself."""

    @abstractmethod
    def read(self, memory: Memory) -> KeptT:
        """What can be computed once a sentence."""

    @abstractmethod
    def forward(self, query: Tensor, prepared: KeptT, asking: Asking = Asking()) -> Seen:
        """Look with query (B, T, Q)."""

    def value_norms(self, prepared: KeptT) -> Tensor | None:
        """(B, H, S): ||f_h(x_s)||, how long the vector is that a weight of one would add to the context (Kobayashi et al. 2020).

        None where the context is no sum of such vectors: nothing is looked at, or what is added depends on the query, too.
        """
        return None


class Look(MemoryLook[Prepared]):
    """How any states are looked at: those of a memory, or a sequence's own."""

    @abstractmethod
    def prepare(self, states: Tensor, valid: Tensor, first: int = 0) -> Prepared:
        """What can be computed once for states (B, S, D), of which valid (B, S) may be looked at; the first is at `first`."""

    def read(self, memory: Memory) -> Prepared:
        """What can be computed once a sentence. The states of several memories are keys and values side by side, as one set
        (flat; Libovický et al. 2018, section 3)."""
        return self.prepare(memory.joined_states, memory.joined_valid).laid_out()


def outermost_looks(part: nn.Module) -> list[MemoryLook[Any]]:
    """The looks of a part of a model that are inside no other look."""
    looks: list[MemoryLook[Any]] = [module for module in part.modules() if isinstance(module, MemoryLook)]
    within = {inner for look in looks for inner in look.modules() if inner is not look}
    return [look for look in looks if look not in within]
