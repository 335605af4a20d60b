"""Tables of word vectors inside a model: random, or handed over from a trained embedding as frozen, tuned or gradual.

Row i belongs to token i. Padding is zero and stays zero. Words without a trained vector, and the special tokens, have rows that
are trained in every case. All tables are brought to a mean row norm of one (trained vectors as a whole, by one factor) and
multiplied by the square root of their width on the way in, so that a frozen, a tuned and a random arm differ in directions alone.
"""

import hashlib
import math
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from embedseq.text.vocabulary import PAD, SPECIALS

As = Literal["frozen", "tuned", "gradual"]
Float32 = NDArray[np.float32]


class Alignment(Protocol):
    """An embedding laid out by the rows of a vocabulary, as `embedseq.embeddings.handoff.align` makes it."""

    @property
    def matrix(self) -> Float32:
        """(V, E), zero where there is no vector."""
        ...

    @property
    def has_vector(self) -> NDArray[np.bool_]:
        """(V,), True where there is one."""
        ...


def random_rows(tokens: int, width: int, seed: int) -> Tensor:
    """(V, E) normally distributed rows with a mean norm of one."""
    rows = torch.empty(tokens, width).normal_(generator=torch.Generator().manual_seed(seed))
    mean_norm: Tensor = rows.norm(dim=1).mean()
    return rows / mean_norm


@dataclass(frozen=True)
class Slots:
    """Where each token's row lies: `vector` and `trained`, both (V,) int64, 0 where it does not lie in that block."""

    vector: Tensor
    trained: Tensor

    @staticmethod
    def of(tokens: int, alignment: Alignment | None) -> "Slots":
        """Words with a vector lie in one block, all others in the other; special tokens never have a trained vector."""
        has_vector = torch.zeros(tokens, dtype=torch.bool)
        if alignment is not None:
            has_vector |= torch.from_numpy(np.array(alignment.has_vector, dtype=bool))
        has_vector[: len(SPECIALS)] = False
        trained = ~has_vector
        trained[PAD] = False
        return Slots(*(torch.where(chosen, chosen.cumsum(0), 0) for chosen in (has_vector, trained)))


class EmbeddingTable(nn.Module):
    """Tokens to vectors of the model's width.

    The rows lie in two blocks, each with a zero row in front: `vectors` for the words that have a trained vector, in the order of
    their tokens (empty in a random table), and `trained` for the others. A frozen table's `vectors` are a buffer, so that no
    optimiser ever gets them, and hold the very bytes of the embedding. Those of a gradual table are a parameter without gradient
    until `set_epoch` reaches `from_epoch`; an optimiser may own it from the beginning, as it passes over parameters without one.
    """

    vectors: Tensor
    vector_slot: Tensor
    trained_slot: Tensor
    vector_gain: Tensor
    unit: Tensor

    def __init__(self, width: int, dim: int, slots: Slots, as_: As | None, from_epoch: int = 1) -> None:
        super().__init__()
        self.as_ = as_
        self.from_epoch = from_epoch
        vectors = torch.zeros(1 + int((slots.vector > 0).sum()), width)
        self.trained = nn.Parameter(torch.zeros(1 + int((slots.trained > 0).sum()), width))
        if as_ in (None, "frozen"):
            self.register_buffer("vectors", vectors)
        else:
            self.vectors = nn.Parameter(vectors, requires_grad=as_ == "tuned")
        self.register_buffer("vector_slot", slots.vector)
        self.register_buffer("trained_slot", slots.trained)
        self.register_buffer("vector_gain", torch.ones(()))  # stored vectors times this are of mean norm one
        self.register_buffer("unit", torch.ones(()))  # rows of mean norm one times this are in the embedding's own scale
        self.projection = None if width == dim else nn.Linear(width, dim, bias=False)
        self.scale = math.sqrt(width)

    @property
    def words(self) -> "EmbeddingTable":
        """Itself. What reads no words (`FrameInput`) has None here."""
        return self

    @property
    def width(self) -> int:
        """The length E of the vectors themselves, before any projection."""
        return self.trained.shape[1]

    @torch.no_grad()
    def fill(self, seed: int, alignment: Alignment | None) -> None:
        """Draw the random rows from the stream `seed`, and take the others from the alignment that the table was made for.

        All arms of a comparison draw the same random rows for the same tokens.
        """
        rows = random_rows(len(self.trained_slot), self.width, seed)
        self.trained.zero_()
        self.trained[1:] = rows[self.trained_slot > 0]
        if alignment is None or len(self.vectors) == 1:
            return
        handed = torch.from_numpy(np.array(alignment.matrix, dtype=np.float32))[self.vector_slot > 0]
        norm = handed.norm(dim=1).mean().clamp(min=torch.finfo(torch.float32).tiny)
        self.unit.copy_(norm)
        self.vector_gain.copy_(1.0 / norm if self.as_ == "frozen" else torch.ones(()))
        self.vectors[1:] = handed if self.as_ == "frozen" else handed / norm

    def set_epoch(self, epoch: int) -> None:
        """Tell the table which epoch begins, counted from 1: gradual vectors are trained from `from_epoch` on."""
        if self.as_ == "gradual":
            self.vectors.requires_grad_(epoch >= self.from_epoch)

    def table(self) -> Tensor:
        """(V, E): row i is the vector of token i, in mean norm one, before any scaling or projection."""
        if len(self.vectors) == 1 and not torch.is_grad_enabled():
            return self.trained  # its rows are in the order of the tokens, and nobody learns from the zeros of padding
        trained = torch.cat((torch.zeros_like(self.trained[:1]), self.trained[1:]))
        if len(self.vectors) == 1:
            return F.embedding(self.trained_slot, trained)
        rows = torch.cat((trained, self.vectors[1:] * self.vector_gain))
        slots = torch.where(self.vector_slot > 0, self.vector_slot + len(self.trained) - 1, self.trained_slot)
        return F.embedding(slots, rows)  # unlike indexing, its backward pass is not serial

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (…) to vectors (…, D)."""
        found = F.embedding(self.trained_slot[tokens], self.trained, padding_idx=0)
        if len(self.vectors) > 1:
            found = found + F.embedding(self.vector_slot[tokens], self.vectors, padding_idx=0) * self.vector_gain
        found = found * self.scale
        return found if self.projection is None else self.projection(found)

    def query(self, states: Tensor) -> Tensor:
        """States (…, D) to what is multiplied with the rows of `table`, (…, E): the products are those of the states with the
        (projected) vectors   (Press and Wolf 2017)."""
        return states if self.projection is None else states @ self.projection.weight

    @torch.no_grad()
    def original_vectors(self) -> Float32:
        """(V, E) rows as they are now, in the scale and the space of the embedding that was handed over.

        Frozen rows are the embedding's own bytes. Nothing was handed to a random table, so its rows have a mean norm of one.
        """
        rows = self.table() * self.unit
        if self.as_ == "frozen" and len(self.vectors) > 1:
            rows[self.vector_slot > 0] = self.vectors[1:]
        vectors: Float32 = rows.float().numpy(force=True)
        return vectors

    def frozen_digest(self) -> str | None:
        """SHA-256 of the rows that are frozen now, in the order of their tokens; None where no row is."""
        if len(self.vectors) == 1 or self.vectors.requires_grad:
            return None
        return hashlib.sha256(self.vectors[1:].numpy(force=True).tobytes()).hexdigest()
