"""The language model: a decoder with nothing to look at but its own past."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from embedseq.models.embedding import EmbeddingTable
from embedseq.models.interfaces import Decoded, Decoder, DecoderState, Model, Step
from embedseq.models.memory import Memory
from embedseq.models.states import SideStates, decoder_states
from embedseq.text.batches import Batch


class LanguageModel(Model):
    """p(w_1, …, w_T) = Π_t p(w_t | w_1, …, w_{t-1})   (Bengio et al. 2003; recurrent: Mikolov et al. 2010; with self-attention:
    Radford et al. 2018). w_0 is the start symbol, w_T the end symbol.

    It reads what it writes: its one table is that of the side `source`, the only side of its corpus.
    """

    def __init__(self, decoder: Decoder[Any]) -> None:
        super().__init__()
        self.decoder = decoder

    @property
    def longest(self) -> int | None:
        """The most tokens that it can read, the start symbol counted; None where no text is too long."""
        return self.decoder.longest

    def start(self, rows: int) -> DecoderState:
        """The state of so many texts before their first token."""
        state: DecoderState = self.decoder.start(self._nothing(rows))
        return state

    def step(self, tokens: Tensor, state: DecoderState) -> Step[Any]:
        """Read the last tokens (B,), the start symbol first, and predict the next ones."""
        return self.decoder.step(tokens, state)

    def predict(self, batch: Batch, weights: bool = False) -> Decoded:
        decoded: Decoded = self.decoder(batch.target_in, self._nothing(len(batch.target_in)), weights)
        return decoded

    def states(self, batch: Batch, side: str = "source") -> SideStates:
        if side != "source":
            raise ValueError(f"a language model has states of its one side, the source, not of {side!r}")
        decoded = self.predict(batch, weights=True)
        return decoder_states(self.decoder.embedding(batch.target_in), decoded.layers, batch.target_valid)

    def tables(self) -> Mapping[str, EmbeddingTable]:
        return {"source": self.decoder.embedding}

    def _nothing(self, rows: int) -> Memory:
        """The memory of so many texts, which is of the kind of embedded tokens and empty."""
        table = self.decoder.embedding
        return Memory.nothing(rows, table(torch.zeros(1, dtype=torch.long, device=table.trained.device)))
