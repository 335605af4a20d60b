"""What models, encoders and decoders promise, and the named results that they return. Search and training know nothing else."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from embedseq.models.embedding import EmbeddingTable
from embedseq.models.logits import Logits
from embedseq.models.memory import Memory
from embedseq.models.packed import packed
from embedseq.models.positions import Positions
from embedseq.text.batches import Batch

if TYPE_CHECKING:
    from embedseq.models.states import SideStates


class DecoderState(Protocol):
    """What a decoder remembers between steps; each row is a hypothesis."""

    def select(self, rows: Tensor) -> Self:
        """The state of the hypotheses `rows` (N,), repeated or reordered as asked: what a beam needs."""
        ...


StateT = TypeVar("StateT", bound=DecoderState)


class Stepper(Protocol):
    """A decoder as search knows it."""

    def start(self, memory: Memory) -> Any:
        """The state before the first token."""
        ...

    def step(self, tokens: Tensor, state: Any) -> "Step[Any]":
        """Read the last tokens (B,) and predict the next ones."""
        ...


@dataclass(frozen=True)
class Encoded:
    """The states of every encoder layer, first layer first.

    layers: L tensors (B, S, D), exactly zero at padding; the last one is what attention looks at.
    final: L tensors (B, D), a fixed-length summary of each layer.
    cells: L tensors (B, D), the last cell of each LSTM layer, where the decoder goes on from it; empty otherwise.
    penalty: a scalar that training adds to its summed loss, where some member has one.
    ends: (B, D), the state of the last layer where reading ends, of two directions both ends joined; None where it ends nowhere,
        as in a Transformer.
    """

    layers: tuple[Tensor, ...]
    final: tuple[Tensor, ...]
    cells: tuple[Tensor, ...] = ()
    penalty: Tensor | None = None
    ends: Tensor | None = None


@dataclass(frozen=True)
class Step(Generic[StateT]):
    """One step of a decoder.

    logits: (B, V) for the token that comes next.
    state: what the next step starts from.
    attention: (B, H, S) weights over the memory, or None where none were asked for or there are none.
        H counts the heads of all layers, the first layer's first.
    penalty: what training adds to its summed loss, as in `Decoded`.
    """

    logits: Tensor
    state: StateT
    attention: Tensor | None = None
    penalty: Tensor | None = None


@dataclass(frozen=True)
class Decoded:
    """A whole target under teacher forcing: predicted (B, T, V), and attention (B, T, H, S) where it was asked for.

    penalty: a scalar that training adds to its summed loss (sums over the real target tokens, already weighted), where some
        member has one: the experts' balance, the coverage.
    lengths: how much of S belongs to each memory that has heads of its own; empty where all heads look at all that is there.
    layers: (B, T, D) for each layer of a decoder, the first layer first, where attention was asked for; padding is not masked.
        Behind those of a recurrent decoder that looks at a memory stand its attentional states, which the output reads.
    """

    predicted: Logits
    attention: Tensor | None
    penalty: Tensor | None = None
    lengths: tuple[int, ...] = ()
    layers: tuple[Tensor, ...] = ()

    @property
    def logits(self) -> Tensor:
        """(B, T, V): all that is predicted, computed now."""
        return self.predicted.dense()


@dataclass(frozen=True)
class Read(Generic[StateT]):
    """What a decoder makes of some tokens that it reads in one go: decoded for each of them, and the state after the last."""

    decoded: Decoded
    state: StateT


class Model(nn.Module):
    """What training, evaluation and queries know of a model, whatever its kind."""

    @abstractmethod
    def predict(self, batch: Batch, weights: bool = False) -> Decoded:
        """What the model says of a batch: logits (B, T, V) for `batch.target_out`, without having seen it (a decoder is shown
        the true tokens before each). Attention weights only if `weights`, and where there are any."""

    def predict_mixed(self, batch: Batch, truths: Tensor) -> Decoded:
        """As `predict`, but step by step, and where truths (B, T) is False the decoder reads what it found likeliest itself.

        Raises ValueError in a model that has no such decoder.
        """
        raise ValueError("only an encoder-decoder can be trained with teacher_forcing below 1")

    @abstractmethod
    def tables(self) -> Mapping[str, EmbeddingTable]:
        """Side (`source`, `target`) -> its table of word vectors; a side without words is absent."""

    @abstractmethod
    def states(self, batch: Batch, side: str = "source") -> "SideStates":
        """What it makes of each token of a side, layer by layer: of `source` what it reads, of `target` what a decoder writes,
        teacher-forced. Raises ValueError for a side that it does not have."""

    def set_epoch(self, epoch: int) -> None:
        """Tell all tables which epoch begins, counted from 1; gradual vectors need to know."""
        for table in self.tables().values():
            table.set_epoch(epoch)

    def vectors(self, side: str) -> NDArray[np.float32]:
        """(V, E): the table of a side as it is now, in the scale and the space of the embedding that was handed over."""
        return self.tables()[side].original_vectors()

    def frozen_digests(self) -> dict[str, str]:
        """SHA-256 of the frozen rows of each side that has any."""
        digests = {side: table.frozen_digest() for side, table in self.tables().items()}
        return {side: digest for side, digest in digests.items() if digest is not None}


class Encoder(nn.Module):
    """Embedded tokens to states. What stands at padding never changes a state at a real token."""

    @abstractmethod
    def forward(self, embedded: Tensor, valid: Tensor) -> Encoded:
        """Encode embedded (B, S, D), of which valid (B, S) are real tokens."""


class Decoder(nn.Module, Generic[StateT]):
    """A memory and the tokens so far to logits for the next token: step by step, or all at once where the target is known.

    `forward` gives the same logits as the steps, to the tolerance of floats.
    """

    embedding: EmbeddingTable
    positions: Positions

    @property
    def longest(self) -> int | None:
        """The most tokens that it can read, the start symbol counted; None where no target is too long."""
        return self.positions.longest

    @abstractmethod
    def start(self, memory: Memory) -> StateT:
        """The state before the first token; whatever can be computed once a sentence is computed here."""

    @abstractmethod
    def read(self, tokens: Tensor, state: StateT, weights: bool = False) -> Read[StateT]:
        """Read tokens (B, T) from the state on: one for a step, all of a target that is known. Attention weights, and the states
        of each layer, only if `weights`."""

    def step(self, tokens: Tensor, state: StateT, weights: bool = False) -> Step[StateT]:
        """Read the last tokens (B,) and predict the next ones; attention weights only if `weights`."""
        read = self.read(tokens.unsqueeze(1), state, weights)
        attention = None if read.decoded.attention is None else read.decoded.attention.squeeze(1)
        return Step(read.decoded.logits.squeeze(1), read.state, attention, read.decoded.penalty)

    def stepper(self) -> "Stepper":
        """Itself, or what gives the same numbers faster where steps are all that is wanted: neither attention weights nor
        gradients, and no state is stepped or selected from twice. It is made of the weights as they are now, for evaluation."""
        return packed(self)

    def forward(self, tokens: Tensor, memory: Memory, weights: bool = False) -> Decoded:
        """Read tokens (B, T), beginning with the start symbol; position t predicts the token after tokens[:, t]."""
        return self.read(tokens, self.start(memory), weights).decoded
