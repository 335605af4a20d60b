"""The Transformer (Vaswani et al. 2017): layers of self-attention and feed-forward networks, in an encoder and a decoder."""

from embedseq.models.transformer.decoder import TransformerDecoder, TransformerState
from embedseq.models.transformer.encoder import TransformerEncoder
from embedseq.models.transformer.shape import LayerShape

__all__ = ["LayerShape", "TransformerDecoder", "TransformerEncoder", "TransformerState"]
