"""The encoder-decoder."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from embedseq.models.embedding import EmbeddingTable
from embedseq.models.interfaces import Decoded, Decoder, DecoderState, Encoded, Encoder, Step
from embedseq.models.memory import Memory
from embedseq.models.penalty import total


def memory_of(encoded: Encoded, valid: Tensor) -> Memory:
    """What a decoder gets of sentences with tokens at valid (B, S)."""
    lengths = valid.sum(dim=1, keepdim=True).clamp(min=1)
    means = tuple(layer.sum(dim=1) / lengths for layer in encoded.layers)
    return Memory(encoded.layers[-1], valid, encoded.final, means, encoded.cells)


class Seq2Seq(nn.Module):
    """Source tokens to a memory, a memory and target tokens to logits. `build_seq2seq` makes one."""

    def __init__(self, source: EmbeddingTable, encoder: Encoder, decoder: Decoder[Any], dropout: float) -> None:
        super().__init__()
        self.source = source
        self.encoder = encoder
        self.decoder = decoder
        self.dropout = nn.Dropout(dropout)

    @property
    def target(self) -> EmbeddingTable:
        """The table of target vectors, which the decoder reads."""
        return self.decoder.embedding

    def embed(self, source: Tensor) -> Tensor:
        """Source tokens (B, S) to what the encoder reads, (B, S, D)."""
        embedded: Tensor = self.source(source)
        return embedded

    def encode_layers(self, source: Tensor, valid: Tensor) -> Encoded:
        """The states of all encoder layers for source (B, S), of which valid (B, S) are real tokens."""
        encoded: Encoded = self.encoder(self.dropout(self.embed(source)), valid)
        return encoded

    def encode(self, source: Tensor, valid: Tensor) -> Memory:
        """Read source (B, S), of which valid (B, S) are real tokens; padding comes after them."""
        return memory_of(self.encode_layers(source, valid), valid)

    def start(self, memory: Memory) -> DecoderState:
        """The decoder's state before the first token."""
        state: DecoderState = self.decoder.start(memory)
        return state

    def step(self, tokens: Tensor, state: DecoderState, weights: bool = False) -> Step[Any]:
        """Read the last target tokens (B,), the start symbol first, and predict the next ones."""
        return self.decoder.step(tokens, state, weights)

    def forward(self, source: Tensor, valid: Tensor, target_in: Tensor, weights: bool = False) -> Decoded:
        """Teacher forcing: source (B, S), valid (B, S), and target_in (B, T), which begins with the start symbol. The penalty is
        that of both sides."""
        encoded = self.encode_layers(source, valid)
        decoded: Decoded = self.decoder(target_in, memory_of(encoded, valid), weights)
        return replace(decoded, penalty=total((encoded.penalty, decoded.penalty)))

    def set_epoch(self, epoch: int) -> None:
        """Tell both tables which epoch begins, counted from 1; gradual vectors need to know."""
        self.source.set_epoch(epoch)
        self.target.set_epoch(epoch)

    def source_vectors(self) -> NDArray[np.float32]:
        """(V, E): the source table as it is now, in the scale and the space of the embedding that was handed over."""
        return self.source.original_vectors()

    def target_vectors(self) -> NDArray[np.float32]:
        """(V, E): as `source_vectors`, of the target table."""
        return self.target.original_vectors()

    def frozen_digests(self) -> dict[str, str]:
        """SHA-256 of the frozen rows of each side that has any: `source`, `target`."""
        digests = {"source": self.source.frozen_digest(), "target": self.target.frozen_digest()}
        return {side: digest for side, digest in digests.items() if digest is not None}
