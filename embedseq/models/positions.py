"""Where a token stands, for layers that do not see order by themselves: what is added to the embeddings. Rotary positions add
nothing; they turn queries and keys, in `attention/rotary.py`."""

import math
from abc import abstractmethod
from typing import Literal

import torch
from torch import Tensor, nn

from embedseq.errors import RequestError

PositionsName = Literal["sinusoidal", "learned", "rotary", "none"]


class Positions(nn.Module):
    """How embeddings are told where they stand."""

    @property
    def longest(self) -> int | None:
        """How many positions there are; None where no length is too long."""
        return None

    @abstractmethod
    def forward(self, embedded: Tensor, first: int = 0) -> Tensor:
        """Mark embedded (B, T, D), which stand at the positions first, first + 1, …"""


class Unmarked(Positions):
    """Embeddings as they are."""

    def forward(self, embedded: Tensor, first: int = 0) -> Tensor:
        return embedded


class Sinusoidal(Positions):
    """PE(p, 2i) = sin(p / 10000^(2i/D)), PE(p, 2i+1) = cos(p / 10000^(2i/D))   (Vaswani et al. 2017, 3.5).

    Nothing is stored, so that no length is too long.
    """

    def forward(self, embedded: Tensor, first: int = 0) -> Tensor:
        length, dim = embedded.shape[-2:]
        position = torch.arange(first, first + length, device=embedded.device, dtype=torch.float64).unsqueeze(1)
        even = torch.arange(0, dim, 2, device=embedded.device, dtype=torch.float64)
        angle = position * torch.exp(even * (-math.log(10_000.0) / dim))
        encoding = torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(-2)[:, :dim]
        return embedded + encoding.to(embedded.dtype)


class Learned(Positions):
    """e_j = w_j + p_j, a learned vector for each position   (Gehring et al. 2017, 3.1).

    Like the word vectors, the rows begin with a mean norm of about one and are multiplied by √D on the way in.
    """

    def __init__(self, positions: int, dim: int) -> None:
        super().__init__()
        self.table = nn.Embedding(positions, dim)

    @property
    def longest(self) -> int | None:
        return self.table.num_embeddings

    def forward(self, embedded: Tensor, first: int = 0) -> Tensor:
        end = first + embedded.shape[-2]
        if end > self.table.num_embeddings:
            raise RequestError(
                f"a sentence has {end:,} tokens or more, but the model has learned positions for {self.table.num_embeddings:,}: "
                f"shorten it, or train with max_positions of {end:,} or more, or with sinusoidal or rotary positions, which have "
                "no greatest length"
            )
        return embedded + self.table.weight[first:end] * math.sqrt(embedded.shape[-1])


def positions_of(name: PositionsName, dim: int, max_positions: int) -> Positions:
    """What is done to embeddings of width `dim` before the first layer of an encoder or a decoder."""
    if name == "learned":
        return Learned(max_positions, dim)
    return Sinusoidal() if name == "sinusoidal" else Unmarked()
