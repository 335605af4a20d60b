"""The encoder-decoder."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from embedseq.models.embedding import EmbeddingTable
from embedseq.models.interfaces import Decoded, Decoder, DecoderState, Encoded, Encoder, Step
from embedseq.models.memory import Memory


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
        encoded = self.encode_layers(source, valid)
        return Memory(encoded.layers[-1], valid, encoded.final)

    def start(self, memory: Memory) -> DecoderState:
        """The decoder's state before the first token."""
        state: DecoderState = self.decoder.start(memory)
        return state

    def step(self, tokens: Tensor, state: DecoderState, weights: bool = False) -> Step[Any]:
        """Read the last target tokens (B,), the start symbol first, and predict the next ones."""
        return self.decoder.step(tokens, state, weights)

    def forward(self, source: Tensor, valid: Tensor, target_in: Tensor, weights: bool = False) -> Decoded:
        """Teacher forcing: source (B, S), valid (B, S), and target_in (B, T), which begins with the start symbol."""
        decoded: Decoded = self.decoder(target_in, self.encode(source, valid), weights)
        return decoded

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
