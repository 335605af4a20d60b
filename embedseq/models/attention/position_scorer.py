"""What a scorer of numbered positions promises: weights computed without looking at the keys."""

import math
from abc import abstractmethod
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from embedseq.models.attention.scorer import About, Scorer


class PositionScorer(nn.Module):
    """How much each query wants each of a fixed number of positions. A subclass in a module of `position_scorers/` is found there
    by its `about.name`. All are made alike."""

    about: ClassVar[About]

    def __init__(self, query_dim: int, positions: int) -> None:
        super().__init__()
        self.positions = positions

    @abstractmethod
    def forward(self, query: Tensor) -> Tensor:
        """Scores (…, T, positions) of query (…, T, query_dim)."""


class ByPosition(Scorer):
    """A scorer of positions where a scorer of keys is expected: it is told how many keys there are, and nothing else of them.

    Keys beyond the last position score -∞ and so have weight zero exactly. The first key always has a position, so that a row of
    scores never is -∞ throughout, and softmax stays defined whatever is masked. A query that may look at keys beyond the last
    position alone sees nothing, and its context is zero; where all keys up to a length are valid that cannot happen.
    """

    def __init__(self, positions: PositionScorer) -> None:
        super().__init__(0, 0, 0)
        self.positions = positions

    def prepare(self, keys: Tensor) -> Tensor:  # (…, S, key_dim) -> (…, S, 0)
        return keys[..., :0]

    def forward(self, query: Tensor, prepared: Tensor) -> Tensor:  # (…, T, query_dim), (…, S, 0) -> (…, T, S)
        scores: Tensor = self.positions(query)
        keys = prepared.shape[-2]
        return F.pad(scores[..., :keys], (0, max(0, keys - self.positions.positions)), value=-math.inf)
