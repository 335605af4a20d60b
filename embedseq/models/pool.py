"""What a pooling promises, and what it says about itself."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import Tensor, nn

from embedseq.models.interfaces import Encoded
from embedseq.models.settings import PoolingSettings

PoolSetting = Literal["hops", "hidden_dim", "penalty"]
"""The settings of the pipeline file that not every pooling heeds."""


@dataclass(frozen=True)
class PoolAbout:
    """What lists, documentation, legality and tests need to know of a pooling; the name is that of the pipeline file."""

    name: str
    equation: str
    paper: str
    heeds: frozenset[PoolSetting] = frozenset()
    ordered: bool = False
    """Whether the order of the states matters; otherwise the states of a sentence give the same vector in any order."""


@dataclass(frozen=True)
class Pooled:
    """A vector for each sentence.

    vector: (B, D'), zeros for a sentence without a token.
    weights: (B, hops, S), how much each state counts in each hop, where the pooling has learned to weigh them.
    penalty: a scalar that training adds to its summed loss (a sum over sentences, already weighted), where there is any.
    """

    vector: Tensor
    weights: Tensor | None = None
    penalty: Tensor | None = None


class Pool(nn.Module):
    """The states of a sentence to one vector. A subclass in a module of `pooling/` is found there by its `about.name`.

    All are made alike, of the states' width D and the settings; those that heed no setting ignore them. What stands at padding
    never changes a vector.
    """

    about: ClassVar[PoolAbout]

    def __init__(self, dim: int, settings: PoolingSettings) -> None:
        super().__init__()
        self.dim = dim

    @property
    def width(self) -> int:
        """D', how many numbers a pooled vector has."""
        return self.dim

    @abstractmethod
    def forward(self, encoded: Encoded, valid: Tensor) -> Pooled:
        """Pool the encoded states, of which valid (B, S) are those of real tokens."""
