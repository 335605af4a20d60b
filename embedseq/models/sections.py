"""Documents whose sentences are encoded apart from each other. A decoder sees the states of them all, as one memory."""

from dataclasses import dataclass

import torch
from torch import Tensor

from embedseq.models.interfaces import Encoded, Encoder


@dataclass(frozen=True)
class Sections:
    """Where the N sections of B documents lie.

    valid: (N, K) bool, the real tokens of each section, which begin its row. there: (N, K), the place in the documents' B S
    tokens of each of them. back: (B, S), the place in the sections' N K tokens of each of the documents' real ones. belongs:
    (B, N) bool, which sections a document has, at least one.
    """

    valid: Tensor
    there: Tensor
    back: Tensor
    belongs: Tensor

    @staticmethod
    def of(ends: Tensor, valid: Tensor) -> "Sections":
        """Cut documents with tokens at valid (B, S) after each of ends (B, S), where an end symbol stands.

        A document without tokens is one section without any. How many sections there are depends on the tokens.
        """
        first = torch.zeros_like(valid)
        first[:, 1:] = ends[:, :-1] & valid[:, 1:]
        first[:, 0] = True
        number = first.flatten().cumsum(0) - 1  # (B S,)
        starts = first.flatten().nonzero().squeeze(1)  # (N,)
        lengths = torch.zeros_like(starts).index_add(0, number, valid.flatten().long())
        slots = torch.arange(max(1, int(lengths.max())), device=valid.device)  # (K,)
        places = torch.arange(valid.numel(), device=valid.device)
        back = number * len(slots) + places - starts[number]
        documents = torch.arange(len(valid), device=valid.device)
        return Sections(
            slots < lengths.unsqueeze(1),
            (starts.unsqueeze(1) + slots).clamp(max=valid.numel() - 1),
            back.view_as(valid).masked_fill(~valid, 0),
            starts // valid.shape[1] == documents.unsqueeze(1),
        )

    def cut(self, embedded: Tensor) -> Tensor:
        """What belongs to the documents' tokens, (B, S, D), laid out by sections, (N, K, D)."""
        return embedded.flatten(0, 1)[self.there]

    def join(self, states: Tensor, valid: Tensor) -> Tensor:
        """States (N, K, D) laid out by documents with tokens at valid (B, S): (B, S, D), zero at padding."""
        return states.flatten(0, 1)[self.back].masked_fill(~valid.unsqueeze(-1), 0.0)

    def mean(self, vectors: Tensor) -> Tensor:
        """(N, D), one for each section, to the mean of each document's, (B, D)."""
        return self.belongs.to(vectors.dtype) @ vectors / self.belongs.sum(dim=1, keepdim=True)


def encode_apart(encoder: Encoder, embedded: Tensor, ends: Tensor, valid: Tensor) -> Encoded:
    """Encode embedded (B, S, D), real at valid (B, S), each section as if it stood alone; ends (B, S) says after which tokens one
    is over.

    Positions begin anew in every section. A document's summaries, and its cells, are the means of its sections'.
    """
    sections = Sections.of(ends, valid)
    encoded: Encoded = encoder(sections.cut(embedded), sections.valid)
    return Encoded(
        tuple(sections.join(layer, valid) for layer in encoded.layers),
        tuple(sections.mean(final) for final in encoded.final),
        tuple(sections.mean(cell) for cell in encoded.cells),
        penalty=encoded.penalty,
    )
