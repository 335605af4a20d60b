"""The encoder-decoder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from torch import Tensor, nn

from embedseq.models.dropout import Dropout
from embedseq.models.embedding import EmbeddingTable
from embedseq.models.frame_input import FrameInput
from embedseq.models.interfaces import Decoded, Decoder, DecoderState, Encoded, Encoder, Model, Step, Stepper
from embedseq.models.memory import Memory
from embedseq.models.mixed_decoding import decode_mixed
from embedseq.models.penalty import total
from embedseq.models.sections import encode_apart
from embedseq.models.states import SideStates, decoder_states, encoder_states
from embedseq.text.batches import Batch, Reading
from embedseq.text.vocabulary import END


class Source(nn.Module):
    """What reads a source beside the first: a table and an encoder of its own."""

    def __init__(self, table: EmbeddingTable, encoder: Encoder) -> None:
        super().__init__()
        self.table = table
        self.encoder = encoder


@dataclass(frozen=True)
class Remembered:
    """memory: that of all sources; penalty: a scalar that training adds to its summed loss, where an encoder has one."""

    memory: Memory
    penalty: Tensor | None


class Seq2Seq(Model):
    """Source tokens to a memory, a memory and target tokens to logits. `build_seq2seq` makes one.

    Further sources are read by encoders of their own, and a decoder sees a memory of each. In place of words the first source may
    have frames, (B, S, F) numbers. With sections each stretch of a source that ends in END is encoded as if it stood alone.
    """

    def __init__(
        self,
        source: EmbeddingTable | FrameInput,
        encoder: Encoder,
        decoder: Decoder[Any],
        dropout: float,
        further: Sequence[Source] = (),
        sections: bool = False,
    ) -> None:
        super().__init__()
        self.source = source
        self.encoder = encoder
        self.decoder = decoder
        self.dropout = Dropout(dropout)
        self.further = nn.ModuleList(further)
        self.sections = sections

    @property
    def target(self) -> EmbeddingTable:
        """The table of target vectors, which the decoder reads."""
        return self.decoder.embedding

    def embed(self, source: Tensor) -> Tensor:
        """The first source's tokens (B, S) or frames (B, S, F) to what its encoder reads, (B, S, D)."""
        embedded: Tensor = self.source(source)
        return embedded

    def encode_layers(self, source: Tensor, valid: Tensor) -> Encoded:
        """The states of all encoder layers for the first source, (B, S) or (B, S, F), of which valid (B, S) are real."""
        return self._encode(self.encoder, self.embed(source), source, valid)

    def remember(self, source: Tensor, valid: Tensor, further: Sequence[Reading] = ()) -> Remembered:
        """Read the first source, (B, S) or (B, S, F), of which valid (B, S) are real, and the further ones; padding comes last.

        Raises ValueError unless there are as many further ones as the model has encoders for.
        """
        if len(further) != len(self.further):
            raise ValueError(f"expected {len(self.further)} sources beside the first, one for each encoder; found {len(further)}")
        encoded = self.encode_layers(source, valid)
        memories, penalties = [_memory_of(encoded, source, valid)], [encoded.penalty]
        for reads, reading in zip(self.further, further, strict=True):
            own = cast(Source, reads)
            encoded = self._encode(own.encoder, own.table(reading.source), reading.source, reading.valid)
            memories.append(_memory_of(encoded, reading.source, reading.valid))
            penalties.append(encoded.penalty)
        return Remembered(Memory.of_several(memories), total(penalties))

    def encode(self, source: Tensor, valid: Tensor, further: Sequence[Reading] = ()) -> Memory:
        """The memory of all sources: see `remember`."""
        return self.remember(source, valid, further).memory

    def start(self, memory: Memory) -> DecoderState:
        """The decoder's state before the first token."""
        state: DecoderState = self.decoder.start(memory)
        return state

    def step(self, tokens: Tensor, state: DecoderState, weights: bool = False) -> Step[Any]:
        """Read the last target tokens (B,), the start symbol first, and predict the next ones."""
        return self.decoder.step(tokens, state, weights)

    def stepper(self) -> Stepper:
        """What search steps: see `Decoder.stepper`."""
        return self.decoder.stepper()

    def forward(
        self, source: Tensor, valid: Tensor, target_in: Tensor, weights: bool = False, further: Sequence[Reading] = ()
    ) -> Decoded:
        """Teacher forcing: source and valid as `remember` reads them, and target_in (B, T), which begins with the start symbol.
        The penalty is that of both sides."""
        remembered = self.remember(source, valid, further)
        decoded: Decoded = self.decoder(target_in, remembered.memory, weights)
        return replace(decoded, penalty=total((remembered.penalty, decoded.penalty)))

    def predict(self, batch: Batch, weights: bool = False) -> Decoded:
        decoded: Decoded = self(batch.source, batch.source_valid, batch.target_in, weights, batch.further)
        return decoded

    def states(self, batch: Batch, side: str = "source") -> SideStates:
        if side == "target":
            decoded = self.predict(batch, weights=True)
            return decoder_states(self.target(batch.target_in), decoded.layers, batch.target_valid)
        if side != "source" or self.source.words is None:
            raise ValueError(f"an encoder-decoder has states of the words of its source and its target, not of {side!r}")
        embedded = self.embed(batch.source)
        encoded = self._encode(self.encoder, embedded, batch.source, batch.source_valid)
        return encoder_states(embedded, encoded, batch.source_valid)

    def predict_mixed(self, batch: Batch, truths: Tensor) -> Decoded:
        remembered = self.remember(batch.source, batch.source_valid, batch.further)
        decoded = decode_mixed(self.decoder, remembered.memory, batch.target_in, truths)
        return replace(decoded, penalty=total((remembered.penalty, decoded.penalty)))

    def tables(self) -> Mapping[str, EmbeddingTable]:
        words = self.source.words
        tables = {} if words is None else {"source": words}
        tables |= {f"source{number}": cast(Source, reads).table for number, reads in enumerate(self.further, start=2)}
        return tables | {"target": self.target}

    def _encode(self, encoder: Encoder, embedded: Tensor, source: Tensor, valid: Tensor) -> Encoded:
        """Encode embedded (B, S, D), which is of `source`."""
        entered = self.dropout(embedded)
        encoded: Encoded = encode_apart(encoder, entered, source == END, valid) if self.sections else encoder(entered, valid)
        return encoded


def _memory_of(encoded: Encoded, source: Tensor, valid: Tensor) -> Memory:
    """What a decoder gets of a source, (B, S) or (B, S, F), of which valid (B, S) are real."""
    lengths = valid.sum(dim=1, keepdim=True).clamp(min=1)
    means = tuple(layer.sum(dim=1) / lengths for layer in encoded.layers)
    tokens = source if source.dim() == valid.dim() else None  # frames are no tokens
    return Memory(encoded.layers[-1], valid, encoded.final, means, encoded.cells, tokens)
