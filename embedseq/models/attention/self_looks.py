"""What the self-attentions of an encoder or a decoder see, recorded while it runs."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from embedseq.models.attention.look import Asking, MemoryLook, outermost_looks
from embedseq.models.interfaces import Decoder


@dataclass
class SelfLooks:
    """The looks of one run, the first layer's first."""

    _weights: dict[nn.Module, list[Tensor]] = field(default_factory=lambda: defaultdict(list))
    _norms: dict[nn.Module, Tensor | None] = field(default_factory=dict)

    @property
    def layers(self) -> int:
        """How many looks there were, one a layer."""
        return len(self._weights)

    @property
    def weights(self) -> Tensor | None:
        """(B, N, H, N): what the state at each of N tokens sees of each, the heads of all layers; None where nothing looked.

        Where states came one after the other, those that were not there yet have weight zero.
        """
        if not self._weights:
            return None
        layers = []
        for steps in self._weights.values():
            width = steps[-1].shape[-1]
            layers.append(torch.cat([F.pad(step, (0, width - step.shape[-1])) for step in steps], dim=1))
        return torch.cat(layers, dim=2)

    @property
    def norms(self) -> Tensor | None:
        """(B, H, N): how long the vector is that a weight of one adds (`MemoryLook.value_norms`); None where undefined."""
        norms = [each for each in self._norms.values() if each is not None]
        return torch.cat(norms, dim=1) if norms and len(norms) == len(self._norms) else None

    def record(self, look: MemoryLook[Any], prepared: Any, weights: Tensor) -> None:
        """Remember what a look saw at one or more tokens of what was prepared."""
        self._weights[look].append(weights)
        self._norms[look] = look.value_norms(prepared)


@contextmanager
def recorded_self_looks(side: nn.Module) -> Iterator[SelfLooks]:
    """Record what the states of `side`, an encoder or a decoder, see of each other while it runs once inside the block.

    All looks of an encoder are at its own states; those of a decoder are told from looks at the memory by being causal.
    """
    found, causal_alone = SelfLooks(), isinstance(side, Decoder)

    def ask(module: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
        query, prepared, *further = given
        return query, prepared, replace(further[0] if further else Asking(), weights=True)

    def looked(module: Any, given: tuple[Any, ...], seen: Any) -> None:
        if given[2].causal or not causal_alone:
            found.record(module, given[1], seen.weights)

    looks = outermost_looks(side)
    hooks = [look.register_forward_pre_hook(ask) for look in looks]
    hooks += [look.register_forward_hook(looked) for look in looks]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()
