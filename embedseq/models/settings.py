"""What a pipeline file says about a model's shape. Light to import: no torch."""

from typing import Annotated, Literal

from pydantic import Field

from embedseq.settings import Settings

Positive = Annotated[int, Field(ge=1)]
Rate = Annotated[float, Field(ge=0.0, lt=1.0)]
Architecture = Literal["rnn", "lstm", "gru", "transformer"]
ScorerName = Literal["additive", "scaled-dot"]


class HandOff(Settings):
    """How trained vectors enter one side of a model."""

    from_: Annotated[str, Field(alias="from")]
    """The name of an embedding of this file."""
    as_: Annotated[Literal["frozen", "tuned", "gradual"], Field(alias="as")] = "tuned"
    """Frozen vectors stay as they are, tuned ones are trained with the model, gradual ones are frozen until `from_epoch`."""
    from_epoch: Positive = 3
    """For `gradual`: the first epoch (counted from 1) in which the vectors are trained."""


class SideHandOffs(Settings):
    """A hand-off for each side."""

    source: Literal["random"] | HandOff = "random"
    """For the encoder's input."""
    target: Literal["random"] | HandOff = "random"
    """For the decoder's input."""


Embedding = Literal["random"] | HandOff | SideHandOffs


class AttentionSettings(Settings):
    """How the decoder looks at the encoder's states."""

    scorer: ScorerName = "additive"
    """Additive (Bahdanau et al. 2015) or scaled dot product (Vaswani et al. 2017)."""
    heads: Positive = 1
    """How many attentions side by side, each over its share of the width."""
    hidden_dim: Positive | None = None
    """The width inside the additive scorer; none means the model's `dim`."""


Attention = Literal["none"] | ScorerName | AttentionSettings


class SideSettings(Settings):
    """What an encoder or a decoder has otherwise than the model; none means as the model."""

    architecture: Architecture | None = None
    """The cell or Transformer of this side."""
    layers: Positive | None = None
    """The number of layers of this side."""


class ModelShape(Settings):
    """The shape of an encoder-decoder."""

    architecture: Architecture = "lstm"
    """The Elman RNN (tanh), LSTM, GRU or Transformer, in the encoder and the decoder."""
    encoder: SideSettings = SideSettings()
    """Where the encoder differs."""
    decoder: SideSettings = SideSettings()
    """Where the decoder differs."""
    embedding: Embedding = "random"
    """`random`, a hand-off `{from: NAME, as: frozen | tuned | gradual}` for the source side, or `{source: …, target: …}`."""
    embedding_dim: Positive | None = None
    """The length of random word vectors; none means that of the embedding handed over on either side, else `dim`."""
    dim: Positive = 256
    """The width D of the states. Bidirectional encoders join two halves of D/2."""
    layers: Positive = 1
    """Layers of the encoder and of the decoder."""
    bidirectional: bool = True
    """Recurrent encoders read in both directions."""
    attention: Attention = "additive"
    """`none` is the fixed-length context of the first encoder-decoders (Sutskever et al. 2014; Cho et al. 2014); else a scorer's
    name or a mapping. In a Transformer it is the attention from decoder to encoder. A bare name is a single attention in a
    recurrent decoder, and has as many heads as `heads` says in a Transformer."""
    heads: Positive = 4
    """Heads of the Transformer's self-attention."""
    feed_forward: Positive | None = None
    """The inner width of the Transformer's feed-forward layers; none means 2 D."""
    dropout: Rate = 0.1
    """The share of values dropped from embeddings, between layers and before the output."""
    tie_output: bool = False
    """The output layer uses the target embedding's table (Press and Wolf 2017). Frozen tables stay frozen."""
