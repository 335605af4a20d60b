"""How long the vectors are that a decoder's attention mixes, recorded while the decoder runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import Tensor, nn

from embedseq.models.attention.look import Asking, Kept, MemoryLook, outermost_looks


class ValueNorms:
    """What was recorded, a look at a time, in the order in which the looks first looked."""

    def __init__(self) -> None:
        self._prepared: dict[nn.Module, Kept] = {}
        self._norms: dict[nn.Module, Tensor | None] = {}

    @property
    def layers(self) -> int:
        """How many looks at the memory there were, one a layer."""
        return len(self._norms)

    @property
    def joined(self) -> Tensor | None:
        """(B, H, S), the heads of all layers, the first layer's first; None where a look defines no norms, or none looked."""
        norms = [each for each in self._norms.values() if each is not None]
        return torch.cat(norms, dim=1) if norms and len(norms) == len(self._norms) else None

    def record(self, look: MemoryLook[Any], prepared: Kept) -> None:
        """Remember the norms of what a look looks at; they are the same at every step."""
        if self._prepared.get(look) is not prepared:
            self._prepared[look] = prepared
            self._norms[look] = look.value_norms(prepared)


@contextmanager
def recorded_value_norms(decoder: nn.Module) -> Iterator[ValueNorms]:
    """Record ||f_h(x_s)|| (`MemoryLook.value_norms`) of every look at the memory while `decoder` runs inside the block.

    Times the weights they say how much of the context each state makes up (Kobayashi et al. 2020, equation 5). Looks at the
    decoder's own past are told by being causal. Looks inside other looks, at one of several memories each, are not asked.
    """
    found = ValueNorms()

    def looked(module: nn.Module, given: tuple[Any, ...], seen: object) -> None:
        asking = given[2] if len(given) > 2 else Asking()
        if not asking.causal:
            found.record(cast("MemoryLook[Any]", module), given[1])

    looks = outermost_looks(decoder)
    hooks = [look.register_forward_hook(looked) for look in looks]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()
