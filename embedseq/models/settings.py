"""What a pipeline file says about a model's shape. Light to import: no torch."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from embedseq.settings import Settings, Telling

Positive = Annotated[int, Field(ge=1)]
Rate = Annotated[float, Field(ge=0.0, lt=1.0)]
Architecture = Literal["rnn", "rnn-relu", "lstm", "gru", "transformer"]
ALIASES = {"concat": "additive"}
"""Further names of scorers: Luong's concat, v · tanh(W [q; k]), is the additive scorer with its two matrices side by side."""


def _members(folder: str) -> tuple[str, ...]:
    """The names of the members that a folder holds, one file each, without importing them."""
    files = (Path(__file__).parent / folder).glob("[!_]*.py")
    return tuple(sorted(path.stem.replace("_", "-") for path in files))


POSITION_SCORERS = _members("attention/position_scorers")
"""Those that weigh numbered positions and never see the keys."""

if TYPE_CHECKING:
    ScorerName = str
    PoolingName = str
else:
    ScorerName = Literal[(*_members("attention/scorers"), *POSITION_SCORERS, *ALIASES)]
    PoolingName = Literal[_members("pooling")]


Kind = Literal["encoder-decoder", "language-model", "masked-language-model", "tagger", "classifier"]


class HandOff(Settings):
    """How trained vectors enter one side of a model."""

    from_: Annotated[str, Field(alias="from")]
    """The name of an embedding of this file."""
    as_: Annotated[Literal["frozen", "tuned", "gradual"], Telling(), Field(alias="as")] = "tuned"
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


class SelfAttentionSettings(Settings):
    """How a sequence looks at itself."""

    scorer: Annotated[ScorerName, Telling()] = "scaled-dot"
    """How well a query matches a key; `embedseq list attentions` has them all."""
    heads: Positive = 1
    """How many attentions side by side, each over its share of the width."""
    hidden_dim: Positive | None = None
    """The width inside an additive scorer; none means the model's `dim`."""
    projections: bool | None = None
    """Queries, keys and values are projected first. Without, the states themselves are all three (in self-attention: its literal
    form, Q = K = V). None means: with several heads or in a Transformer."""
    span: Literal["all", "window", "local-m", "local-p"] = "all"
    """Which keys a query may look at. `window`: in self-attention, those at most `window` away (cost linear in length). For a
    decoder that looks at an encoder: `local-m`, around the source position t at step t, and `local-p`, around a predicted one,
    weighted by a Gaussian (Luong et al. 2015, section 3.2)."""
    window: Positive = 10
    """How far a local span reaches on either side."""
    positions: Positive = 100
    """For a scorer of numbered positions: how many there are. Keys further back get no weight."""
    experts: Positive | None = None
    """A mixture of attention experts (Zhang et al. 2022): of so many heads a router picks `heads` for each token. None means that
    all heads are used always."""
    balance: Annotated[float, Field(ge=0.0)] = 0.01
    """The weight of the loss that keeps the experts' loads alike."""


class AttentionSettings(SelfAttentionSettings):
    """How the decoder looks at the encoder's states."""

    scorer: Annotated[ScorerName, Telling()] = "additive"
    """How well a query matches a key; `embedseq list attentions` has them all."""
    query: Literal["state", "token", "joined", "sum"] = "state"
    """What asks, in a recurrent decoder: its state, the embedding of the last token, both joined, or their sum."""
    when: Literal["before", "after"] = "after"
    """In a recurrent decoder: attention before the recurrent step, which reads the context (Bahdanau et al. 2015), or after it
    (Luong et al. 2015)."""
    input_feeding: bool = False
    """The recurrent step reads the attentional state of the step before, too (Luong et al. 2015, section 3.3)."""
    coverage: bool = False
    """The scores know how much each source position was looked at before (Tu et al. 2016; See et al. 2017)."""
    coverage_loss: Annotated[float, Field(ge=0.0)] = 1.0
    """With coverage: the weight of the loss for looking again at the same positions (See et al. 2017, equation 12)."""
    copying: bool = False
    """Each step may copy a source token to which it attends (a pointer-generator, See et al. 2017, section 2.2). Both sides need
    one vocabulary (`joint: true`)."""
    memories: Literal["flat", "parallel", "hierarchical", "serial"] = "flat"
    """How several sources are looked at (Libovický and Helcl 2017; Libovický et al. 2018). `flat`: one attention over the states
    of all. `parallel`: one attention for each, and the mean of what they see. `hierarchical`: one for each, and another one over
    what they see. `serial`: one after the other, each within its residual, in a Transformer."""


class PoolingSettings(Settings):
    """How the states of a sentence become one vector."""

    kind: Annotated[PoolingName, Telling()] = "self-attentive"
    """`embedseq list models` has them all."""
    hops: Positive = 4
    """For self-attentive pooling: how many weighted means are taken, which are then joined (Lin et al. 2017, section 2.1)."""
    hidden_dim: Positive | None = None
    """For self-attentive pooling: the width inside its scorer; none means the model's `dim`."""
    penalty: Annotated[float, Field(ge=0.0)] = 1.0
    """For self-attentive pooling: the weight of the penalty for hops that look alike (Lin et al. 2017, section 2.2)."""


class PretrainedEncoder(Settings):
    """An encoder that another model of this file has trained."""

    from_: Annotated[str, Field(alias="from")]
    """A selector that names one model of this file: its source vectors and its encoder are what this one starts from."""
    as_: Annotated[Literal["tuned", "frozen"], Telling(), Field(alias="as")] = "tuned"
    """Tuned encoders are trained on, frozen ones stay as they are."""


Pooling = PoolingName | PoolingSettings
Attention = Literal["none"] | ScorerName | AttentionSettings
SelfAttention = Literal["none"] | ScorerName | SelfAttentionSettings


class SideSettings(Settings):
    """What an encoder or a decoder has otherwise than the model; none means as the model."""

    architecture: Architecture | None = None
    """The cell or Transformer of this side."""
    layers: Positive | None = None
    """The number of layers of this side."""
    self_attention: SelfAttention | None = None
    """How this side looks at itself."""


class ModelShape(Settings):
    """The shape of a model."""

    kind: Kind | None = None
    """An encoder-decoder (for `task: pairs` and `restoration`), a language model or a masked one (Devlin et al. 2019; both for
    `task: text`), a tagger or a classifier. None means what the corpus asks for, and of a `task: text` a language model."""
    architecture: Architecture = "lstm"
    """The Elman RNN (tanh, or relu), LSTM, GRU or Transformer, in the encoder and the decoder."""
    encoder: SideSettings = SideSettings()
    """Where the encoder differs."""
    decoder: SideSettings = SideSettings()
    """Where the decoder differs."""
    pretrained: Literal["none"] | PretrainedEncoder = "none"
    """`{from: MODEL, as: tuned | frozen}`: the source vectors and the encoder start from those of another model of this file, one
    with the same vocabulary and an encoder of the same shape (a masked language model, for instance)."""
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
    self_attention: SelfAttention | None = None
    """How each side looks at itself: a scorer's name or a mapping. None means `scaled-dot` with `heads` heads in a Transformer,
    and nothing in a recurrent side, which otherwise looks at its own states after its last layer (Cheng et al. 2016; Paulus et
    al. 2018); a decoder sees its past alone."""
    heads: Positive = 4
    """Heads of the Transformer's attentions where they are not said otherwise."""
    residual: bool = False
    """A recurrent layer's input is added to its output, from the second layer on (Wu et al. 2016)."""
    bridge: Literal["learned", "final", "mean", "none"] = "learned"
    """What a recurrent decoder starts from: a learned map of the encoder's final states (Bahdanau et al. 2015, A.2.2), these
    states themselves (Sutskever et al. 2014), the mean of each layer's states, or zeros: then attention alone joins the two."""
    positions: Literal["sinusoidal", "learned", "rotary", "none"] | None = None
    """How order enters: sinusoids or learned vectors added to the embeddings, or queries and keys turned in self-attention (Su et
    al. 2021). None means sinusoidal in a Transformer and none in a recurrent side."""
    max_positions: Positive = 512
    """How many positions are learned, for `positions: learned`; longer sentences are an error."""
    norm: Literal["pre", "post"] = "pre"
    """In a Transformer: the norm before each sub-layer (Xiong et al. 2020), or after its residual (Vaswani et al. 2017)."""
    normalisation: Literal["layer", "rms"] = "layer"
    """Layer norm (Ba et al. 2016) or root-mean-square norm (Zhang and Sennrich 2019)."""
    activation: Literal["relu", "gelu", "geglu", "swiglu"] = "relu"
    """Inside the Transformer's feed-forward layers; the last two are gated (Shazeer 2020)."""
    feed_forward: Positive | None = None
    """The inner width of the Transformer's feed-forward layers; none means 2 D, and two thirds of that where the activation is
    gated, for as many parameters (Shazeer 2020, section 3.2)."""
    dropout: Rate = 0.1
    """The share of values dropped from embeddings, between layers and before the output."""
    sections: bool = False
    """The sentences of a source are encoded apart from each other, for a corpus with `sections`; the decoder sees them all."""
    pooling: Pooling = "mean"
    """How a classifier makes one vector of a text's states: a name or a mapping."""
    tie_output: bool = False
    """The output layer uses the target embedding's table (Press and Wolf 2017). Frozen tables stay frozen."""
