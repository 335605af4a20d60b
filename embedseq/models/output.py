"""The last layer: states to a logit for every token."""

from abc import abstractmethod

import torch
from torch import Tensor, nn

from embedseq.models.embedding import EmbeddingTable
from embedseq.models.logits import DenseLogits, LinearLogits
from embedseq.models.packed import linear, pays


class Output(nn.Module):
    """logits = W h + b."""

    def logits(self, states: Tensor) -> LinearLogits:
        """Those of states (…, D), to be computed as far as they are wanted."""
        return LinearLogits(self.reads(states), *self.weights())

    def packed(self) -> nn.Module:
        """What takes its place in steps (`models/packed.py`)."""
        return _PackedOutput(self) if pays(self.weights()[0]) else self

    @abstractmethod
    def reads(self, states: Tensor) -> Tensor:
        """What of states (…, D) is multiplied with W."""

    @abstractmethod
    def weights(self) -> tuple[Tensor, Tensor]:
        """W (V, ·) and b (V,), as they are now."""


class FreeOutput(Output):
    """W and b of its own."""

    def __init__(self, dim: int, tokens: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(tokens, dim))
        self.bias = nn.Parameter(torch.empty(tokens))

    def reads(self, states: Tensor) -> Tensor:
        return states

    def weights(self) -> tuple[Tensor, Tensor]:
        return self.weight, self.bias


class TiedOutput(Output):
    """W = E P with E the target table and P its projection, if it has one   (Press and Wolf 2017).

    The table stays the embedding's: frozen rows get no gradient here either, and the padding's row is zero.
    """

    def __init__(self, table: EmbeddingTable, tokens: int) -> None:
        super().__init__()
        self._table = (table,)  # in a tuple, so that the table stays the embedding's and is saved once
        self.bias = nn.Parameter(torch.zeros(tokens))

    def reads(self, states: Tensor) -> Tensor:
        (table,) = self._table
        return table.query(states)

    def weights(self) -> tuple[Tensor, Tensor]:
        (table,) = self._table
        return table.table(), self.bias


class _PackedOutput(nn.Module):
    """The logits of an output with W packed, all at once."""

    def __init__(self, output: Output) -> None:
        super().__init__()
        self._output = (output,)  # in a tuple, so that it is no part of this one that could be packed
        self.multiply = linear(*output.weights())

    def logits(self, states: Tensor) -> DenseLogits:
        (output,) = self._output
        return DenseLogits(self.multiply(output.reads(states)))
