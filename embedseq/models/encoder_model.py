"""Models that consist of an encoder and what reads its states; the encoder-decoder has more to it and a file of its own."""

from collections.abc import Mapping

from torch import Tensor

from embedseq.models.dropout import Dropout
from embedseq.models.embedding import EmbeddingTable
from embedseq.models.interfaces import Decoded, Encoded, Encoder, Model
from embedseq.models.output import Output
from embedseq.models.penalty import total
from embedseq.models.pool import Pool
from embedseq.models.states import SideStates, encoder_states
from embedseq.text.batches import Batch


class EncoderModel(Model):
    """A source table and an encoder under them all."""

    def __init__(self, source: EmbeddingTable, encoder: Encoder, output: Output, dropout: float) -> None:
        super().__init__()
        self.source = source
        self.encoder = encoder
        self.output = output
        self.dropout = Dropout(dropout)

    def embed(self, source: Tensor) -> Tensor:
        """Source tokens (B, S) to what the encoder reads, (B, S, D)."""
        embedded: Tensor = self.source(source)
        return embedded

    def encode_layers(self, source: Tensor, valid: Tensor) -> Encoded:
        """The states of all encoder layers for source (B, S), of which valid (B, S) are real tokens."""
        encoded: Encoded = self.encoder(self.dropout(self.embed(source)), valid)
        return encoded

    def tables(self) -> Mapping[str, EmbeddingTable]:
        return {"source": self.source}

    def states(self, batch: Batch, side: str = "source") -> SideStates:
        if side != "source":
            raise ValueError(f"a model without a decoder has states of what it reads, the source, not of {side!r}")
        embedded = self.embed(batch.source)
        encoded: Encoded = self.encoder(self.dropout(embedded), batch.source_valid)
        return encoder_states(embedded, encoded, batch.source_valid, self.pooled(encoded, batch.source_valid))

    def pooled(self, encoded: Encoded, valid: Tensor) -> Tensor | None:
        """(B, D'): the states of a text as one vector; None where the model makes none."""
        return None


class Labeller(EncoderModel):
    """logits_t = W h_{p_t} + b, the answer at source position p_t from its state alone.

    A tagger answers at the first piece of each word, with a label (Ling et al. 2015); a masked language model where a token is
    hidden, with the token (Devlin et al. 2019, section 3.1). With a tied output W is the source table.
    """

    def predict(self, batch: Batch, weights: bool = False) -> Decoded:
        if batch.places is None:
            raise ValueError("a tagger answers at places of its source, and the batch names none")
        encoded = self.encode_layers(batch.source, batch.source_valid)
        states = encoded.layers[-1]
        chosen = states.gather(1, batch.places.unsqueeze(-1).expand(-1, -1, states.shape[-1]))
        return Decoded(self.output.logits(self.dropout(chosen)), None, encoded.penalty)


class Classifier(EncoderModel):
    """logits = W pool(h_1, …, h_S) + b, one answer for all of a text (Lin et al. 2017, section 2)."""

    def __init__(self, source: EmbeddingTable, encoder: Encoder, pool: Pool, output: Output, dropout: float) -> None:
        super().__init__(source, encoder, output, dropout)
        self.pool = pool

    def predict(self, batch: Batch, weights: bool = False) -> Decoded:
        """Attention weights (B, 1, H, S) are those of the pooling, where it has any; H counts its hops."""
        encoded = self.encode_layers(batch.source, batch.source_valid)
        pooled = self.pool(encoded, batch.source_valid)
        predicted = self.output.logits(self.dropout(pooled.vector.unsqueeze(1)))
        looked = pooled.weights.unsqueeze(1) if weights and pooled.weights is not None else None
        return Decoded(predicted, looked, total((encoded.penalty, pooled.penalty)))

    def pooled(self, encoded: Encoded, valid: Tensor) -> Tensor | None:
        vector: Tensor = self.pool(encoded, valid).vector
        return vector
