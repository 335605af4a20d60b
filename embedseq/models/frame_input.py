"""How a source that is no words enters a model: frames of numbers, the columns of an image for instance."""

from typing import ClassVar

from torch import Tensor, nn


class FrameInput(nn.Module):
    """e_s = W f_s + b, in place of a word's vector. Where a frame stands, the encoder's positions say."""

    words: ClassVar[None] = None
    """There is no table of word vectors here."""

    def __init__(self, features: int, dim: int) -> None:
        super().__init__()
        self.projection = nn.Linear(features, dim)

    def forward(self, frames: Tensor) -> Tensor:  # (B, S, F) -> (B, S, D)
        embedded: Tensor = self.projection(frames.to(self.projection.weight.dtype))
        return embedded
