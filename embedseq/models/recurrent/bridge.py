"""The bridges between an encoder and a recurrent decoder: what the decoder's layers start from."""

from abc import abstractmethod
from typing import Literal

import torch
from torch import Tensor, nn

from embedseq.models.memory import Memory
from embedseq.models.recurrent.cells import Hidden

BridgeName = Literal["learned", "final", "mean", "none"]


class Bridge(nn.Module):
    """What each of L decoder layers starts from, `kept` vectors of width D each. All bridges are made alike.

    Layer l of the decoder starts from layer l of the encoder, or from its last layer where it has no layer l.
    """

    def __init__(self, dim: int, layers: int, kept: int) -> None:
        super().__init__()
        self.dim = dim
        self.layers = layers
        self.kept = kept

    @abstractmethod
    def forward(self, memory: Memory) -> tuple[Hidden, ...]:
        """For each layer what its cell starts from, (B, D) each."""

    def _for_each_layer(self, vectors: tuple[Tensor, ...]) -> list[Tensor]:
        """Of vectors for each encoder layer one for each decoder layer."""
        return [vectors[min(number, len(vectors) - 1)] for number in range(self.layers)]

    def _with_empty_cells(self, hidden: list[Tensor]) -> tuple[Hidden, ...]:
        """Each h with the zeros that an LSTM's cell starts from beside it."""
        return tuple((h, torch.zeros_like(h))[: self.kept] for h in hidden)


class LearnedBridge(Bridge):
    """h_0 = tanh(W f + b), f being the encoder's final state (Bahdanau et al. 2015, A.2.2). An LSTM's cell starts from a second
    map of the same kind."""

    def __init__(self, dim: int, layers: int, kept: int) -> None:
        super().__init__(dim, layers, kept)
        self.maps = nn.ModuleList(nn.Linear(dim, kept * dim) for _ in range(layers))

    def forward(self, memory: Memory) -> tuple[Hidden, ...]:
        finals = self._for_each_layer(memory.final)
        return tuple(torch.tanh(layer(final)).chunk(self.kept, dim=-1) for layer, final in zip(self.maps, finals, strict=True))


class FinalBridge(Bridge):
    """h_0 = f, the encoder's final state itself (Sutskever et al. 2014). An LSTM's cell goes on from the last cell of an LSTM
    encoder, and starts from zeros after all others."""

    def forward(self, memory: Memory) -> tuple[Hidden, ...]:
        finals = self._for_each_layer(memory.final)
        if self.kept == 1 or not memory.cells:
            return self._with_empty_cells(finals)
        return tuple(zip(finals, self._for_each_layer(memory.cells), strict=True))


class MeanBridge(Bridge):
    """h_0 = Σ_s h_s / S, the mean of an encoder layer's states. An LSTM's cell starts from zeros."""

    def forward(self, memory: Memory) -> tuple[Hidden, ...]:
        return self._with_empty_cells(self._for_each_layer(memory.means))


class NoBridge(Bridge):
    """h_0 = 0: attention alone joins the two sides, or there is but one."""

    def forward(self, memory: Memory) -> tuple[Hidden, ...]:
        zeros = memory.states.new_zeros(len(memory.states), self.dim)
        return self._with_empty_cells([zeros] * self.layers)


BRIDGES: dict[BridgeName, type[Bridge]] = {"learned": LearnedBridge, "final": FinalBridge, "mean": MeanBridge, "none": NoBridge}
