"""The last layer: states to a logit for every token."""

import torch
from torch import Tensor, nn

from embedseq.models.embedding import EmbeddingTable


class TiedOutput(nn.Module):
    """logits = E P h + b, with E the target table and P its projection, if it has one   (Press and Wolf 2017).

    The table stays the embedding's: frozen rows get no gradient here either, and the padding's row is zero.
    """

    def __init__(self, table: EmbeddingTable, tokens: int) -> None:
        super().__init__()
        self._table = (table,)  # in a tuple, so that the table stays the embedding's and is saved once
        self.bias = nn.Parameter(torch.zeros(tokens))

    def forward(self, states: Tensor) -> Tensor:  # (…, D) -> (…, V)
        return self._table[0].logits(states) + self.bias
