"""What encoders and decoders promise, and the named results that they return. Search and training know nothing else of them."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

from torch import Tensor, nn

from embedseq.models.embedding import EmbeddingTable
from embedseq.models.memory import Memory


class DecoderState(Protocol):
    """What a decoder remembers between steps; each row is a hypothesis."""

    def select(self, rows: Tensor) -> Self:
        """The state of the hypotheses `rows` (N,), repeated or reordered as asked: what a beam needs."""
        ...


StateT = TypeVar("StateT", bound=DecoderState)


@dataclass(frozen=True)
class Encoded:
    """The states of every encoder layer, first layer first.

    layers: L tensors (B, S, D), exactly zero at padding; the last one is what attention looks at.
    final: L tensors (B, D), a fixed-length summary of each layer.
    cells: L tensors (B, D), the last cell of each LSTM layer, where the decoder goes on from it; empty otherwise.
    penalty: a scalar that training adds to its summed loss, where some member has one.
    """

    layers: tuple[Tensor, ...]
    final: tuple[Tensor, ...]
    cells: tuple[Tensor, ...] = ()
    penalty: Tensor | None = None


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
    attention: Tensor | None
    penalty: Tensor | None = None


@dataclass(frozen=True)
class Decoded:
    """A whole target under teacher forcing: logits (B, T, V), and attention (B, T, H, S) where it was asked for.

    penalty: a scalar that training adds to its summed loss (sums over the real target tokens, already weighted), where some
        member has one: the experts' balance, the coverage.
    """

    logits: Tensor
    attention: Tensor | None
    penalty: Tensor | None = None


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

    @abstractmethod
    def start(self, memory: Memory) -> StateT:
        """The state before the first token; whatever can be computed once a sentence is computed here."""

    @abstractmethod
    def step(self, tokens: Tensor, state: StateT, weights: bool = False) -> Step[StateT]:
        """Read the last tokens (B,) and predict the next ones; attention weights only if `weights`."""

    @abstractmethod
    def forward(self, tokens: Tensor, memory: Memory, weights: bool = False) -> Decoded:
        """Read tokens (B, T), beginning with the start symbol; position t predicts the token after tokens[:, t]."""
