"""What the layers of one side of a Transformer have in common."""

from dataclasses import dataclass
from typing import Literal

from embedseq.models.attention.compose import Place, compose
from embedseq.models.attention.look import Look
from embedseq.models.settings import SelfAttentionSettings

Activation = Literal["relu", "gelu", "geglu", "swiglu"]
Norm = Literal["pre", "post"]
Normalisation = Literal["layer", "rms"]


@dataclass(frozen=True)
class LayerShape:
    """dim: the width D. feed_forward: the inner width of the feed-forward network. rotary: whether self-attention turns its
    queries and keys by their positions. norm: where the norms stand; normalisation: which they are. The rest: as in `ModelShape`.
    """

    dim: int
    feed_forward: int
    dropout: float
    self_attention: SelfAttentionSettings
    rotary: bool = False
    norm: Norm = "pre"
    normalisation: Normalisation = "layer"
    activation: Activation = "relu"

    def new_self_attention(self) -> Look:
        """A self-attention, as every layer has one for itself; with projections unless its settings say otherwise."""
        return compose(self.self_attention, Place(self.dim, self.dim, self.dim, projected=True, rotary=self.rotary))
