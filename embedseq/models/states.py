"""What a model makes of each token, layer by layer: what probes look into. The layers have names; every kind of model answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from embedseq.models.interfaces import Encoded

EMBEDDING = "embedding"
"""The name of the first layer: the embedded tokens, without positions."""


@dataclass(frozen=True)
class SideStates:
    """The states of the tokens of one side.

    layers: name -> (B, N, D), the i-th of which is the state at the i-th token; what stands where there is none means nothing. A
        decoder's is the state after it has read the token.
    valid: (B, N) bool, where there is a token; the end symbol is none.
    ends: name -> (B, D), the state where reading ends; layers without one are absent.
    pooled: (B, D'), a classifier's pooled vector; None in other models.
    """

    layers: Mapping[str, Tensor]
    valid: Tensor
    ends: Mapping[str, Tensor]
    pooled: Tensor | None = None


def encoder_states(embedded: Tensor, encoded: Encoded, valid: Tensor, pooled: Tensor | None = None) -> SideStates:
    """What an encoder makes of tokens with the end symbol after the last, embedded (B, S, D), of which valid (B, S) are real.

    The reading of a recurrent layer ends where its directions end; that of a Transformer's at the end symbol.
    """
    lengths = valid.sum(dim=1)
    words = valid & (torch.arange(valid.shape[1], device=valid.device) < lengths.unsqueeze(1) - 1)
    named = {f"encoder {number}": layer for number, layer in enumerate(encoded.layers, start=1)}
    if encoded.ends is None:
        ends = {name: _at(layer, lengths - 1) for name, layer in named.items()}
    else:
        ends = dict(zip(named, encoded.final, strict=True))
    return SideStates({EMBEDDING: embedded, **named}, words, ends, pooled)


def decoder_states(embedded: Tensor, layers: Sequence[Tensor], valid: Tensor) -> SideStates:
    """What a decoder makes of tokens behind the start symbol, embedded (B, T, D), of which valid (B, T) are real."""
    words, lengths = valid[:, 1:], valid.sum(dim=1)
    named = {f"decoder {number}": layer for number, layer in enumerate(layers, start=1)}
    ends = {name: _at(layer, lengths - 1) for name, layer in named.items()}
    return SideStates({name: layer[:, 1:] for name, layer in {EMBEDDING: embedded, **named}.items()}, words, ends)


def _at(layer: Tensor, places: Tensor) -> Tensor:
    """Of states (B, N, D) those at places (B,); a place before the first is taken for the first."""
    rows = torch.arange(len(layer), device=layer.device)
    return layer[rows, places.clamp(min=0)]
