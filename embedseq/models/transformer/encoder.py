"""The Transformer's encoder."""

from dataclasses import dataclass

from torch import Tensor, nn

from embedseq.models.attention.look import Asking
from embedseq.models.interfaces import Encoded, Encoder
from embedseq.models.penalty import total
from embedseq.models.positions import Positions
from embedseq.models.transformer.feed_forward import FeedForward
from embedseq.models.transformer.residual import Residual, final_norm
from embedseq.models.transformer.shape import LayerShape


@dataclass(frozen=True)
class LayerEncoded:
    """states: (B, S, D); penalty: that of the layer's self-attention, where it has one."""

    states: Tensor
    penalty: Tensor | None


class EncoderLayer(nn.Module):
    """Self-attention, then the feed-forward network, each within its residual."""

    def __init__(self, shape: LayerShape) -> None:
        super().__init__()
        self.attention = shape.new_self_attention()
        self.attention_residual = Residual(shape)
        self.feed_forward = FeedForward(shape)
        self.feed_forward_residual = Residual(shape)

    def forward(self, states: Tensor, valid: Tensor) -> LayerEncoded:  # (B, S, D), (B, S) -> (B, S, D)
        entered = self.attention_residual.enter(states)
        seen = self.attention(entered, self.attention.prepare(entered, valid), Asking(real=valid))
        states = self.attention_residual.join(states, seen.context)
        change = self.feed_forward(self.feed_forward_residual.enter(states))
        return LayerEncoded(self.feed_forward_residual.join(states, change), seen.penalty)


class TransformerEncoder(Encoder):
    """L layers over embeddings with positions. The final norm, if there is one, belongs to the last layer's states."""

    def __init__(self, shape: LayerShape, layers: int, positions: Positions) -> None:
        super().__init__()
        self.positions = positions
        self.layers = nn.ModuleList(EncoderLayer(shape) for _ in range(layers))
        self.norm = final_norm(shape)

    def forward(self, embedded: Tensor, valid: Tensor) -> Encoded:
        padding = ~valid.unsqueeze(-1)
        states = self.positions(embedded)
        layers: list[Tensor] = []
        penalties: list[Tensor | None] = []
        for number, layer in enumerate(self.layers):
            encoded = layer(states, valid)
            states = encoded.states
            last = number == len(self.layers) - 1
            layers.append((self.norm(states) if last else states).masked_fill(padding, 0.0))
            penalties.append(encoded.penalty)
        lengths = valid.sum(dim=1, keepdim=True).clamp(min=1)
        final = tuple(layer.sum(dim=1) / lengths for layer in layers)
        return Encoded(tuple(layers), final, penalty=total(penalties))
