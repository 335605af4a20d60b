"""What a model says at each position, as far as it is computed: logits over the vocabulary are wide, and seldom wanted whole."""

from dataclasses import dataclass
from typing import Protocol, Self

import torch.nn.functional as F
from torch import Tensor


class Logits(Protocol):
    """A logit for every token of the vocabulary at each of some positions (…)."""

    @property
    def vocabulary_size(self) -> int:
        """V, what each position chooses among."""
        ...

    def dense(self) -> Tensor:
        """(…, V): all of them."""
        ...

    def at(self, valid: Tensor) -> Self:
        """Those of the positions where valid (…) is True, in one row of N."""
        ...


@dataclass(frozen=True)
class DenseLogits:
    """Logits that are there already."""

    values: Tensor
    """(…, V)."""

    @property
    def vocabulary_size(self) -> int:
        return self.values.shape[-1]

    def dense(self) -> Tensor:
        return self.values

    def at(self, valid: Tensor) -> "DenseLogits":
        return DenseLogits(self.values[valid])


@dataclass(frozen=True)
class LinearLogits:
    """W h + b, not yet computed: whoever wants a loss alone can go through it part by part."""

    states: Tensor
    """h, (…, D)."""
    weight: Tensor
    """W, (V, D)."""
    bias: Tensor | None
    """b, (V,)."""

    @property
    def vocabulary_size(self) -> int:
        return len(self.weight)

    def dense(self) -> Tensor:
        kind = self.states.dtype  # half precision where an autocast made it so, perhaps no longer in force
        return F.linear(self.states, self.weight.to(kind), None if self.bias is None else self.bias.to(kind))

    def at(self, valid: Tensor) -> "LinearLogits":
        rows = valid.flatten().nonzero().squeeze(1)
        return LinearLogits(self.states.flatten(0, -2).index_select(0, rows), self.weight, self.bias)
