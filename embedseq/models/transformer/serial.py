"""Looking at several memories one after the other, inside a layer of the Transformer's decoder."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from embedseq.models.attention.combining import even_shares
from embedseq.models.attention.look import Asking, Look, MemoryLook, Seen
from embedseq.models.attention.several import PreparedEach, joined_weights, read_each
from embedseq.models.memory import Memory
from embedseq.models.penalty import total
from embedseq.models.transformer.residual import Residual
from embedseq.models.transformer.shape import LayerShape


class Serial(MemoryLook[PreparedEach]):
    """x_i = residual_i(x_{i-1}, look_i(x_{i-1})) for each of n memories in turn   (serial; Libovický et al. 2018, section 3).

    x_n is what goes on; nothing says how much each memory counts in it. So the context, which copying asks for, is the mean of
    the contexts, and the weights over each memory have even shares.
    """

    joins = True

    def __init__(self, shape: LayerShape, looks: Sequence[Look]) -> None:
        super().__init__()
        self.looks = nn.ModuleList(looks)
        self.residuals = nn.ModuleList(Residual(shape) for _ in looks)

    def read(self, memory: Memory) -> PreparedEach:
        return read_each(self.looks, memory)

    def forward(self, query: Tensor, prepared: PreparedEach, asking: Asking = Asking()) -> Seen:  # noqa: B008 - frozen
        states, seen = query, list[Seen]()
        parts = zip(self.looks, self.residuals, prepared.parts, prepared.askings(asking), strict=True)
        for look, module, part, asked in parts:
            residual = cast(Residual, module)
            seen.append(look(residual.enter(states), part, asked))
            states = residual.join(states, seen[-1].context)
        shares = even_shares(prepared.there, states.dtype).unsqueeze(1)  # (B, 1, n)
        context = (shares.unsqueeze(-1) * torch.stack([each.context for each in seen], dim=2)).sum(dim=2)
        weights, penalty = joined_weights(seen, shares), total(each.penalty for each in seen)
        return Seen(context, weights, penalty, states, prepared.lengths)


class Joined(nn.Module):
    """Around a look that joins query and context itself, in place of a residual."""

    def enter(self, states: Tensor) -> Tensor:
        """States (B, T, D), as they are."""
        return states

    def join(self, states: Tensor, joined: Tensor) -> Tensor:
        """What the look made of the states, (B, T, D)."""
        return joined
