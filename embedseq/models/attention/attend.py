"""The one place that masks, normalises and mixes; and the named results of attention."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Mixed:
    """mixed: (…, T, C), weighted sums of the values. weights: (…, T, S); a row sums to one, or to zero if nothing is valid; with
    a factor, to one or less."""

    mixed: Tensor
    weights: Tensor


def attend(scores: Tensor, values: Tensor, valid: Tensor, factor: Tensor | None = None) -> Mixed:
    """weights = softmax of the scores over the valid keys, mixed = weights · values   (Bahdanau et al. 2015, equations 5 and 6).

    scores: (…, T, S); values: (…, S, C); valid: bool, broadcastable to the scores, True where a key may be looked at.
    factor: broadcastable to the scores; the weights are multiplied by it after the softmax (Luong et al. 2015, equation 10).
    A key that is not valid has weight zero exactly. A row without a valid key has all weights zero, and so a mixed value of zero.
    """
    lowest, hidden = torch.finfo(scores.dtype).min, ~valid
    weights = torch.softmax(scores.masked_fill(hidden, lowest), dim=-1).masked_fill(hidden, 0.0)
    if factor is not None:
        weights = weights * factor.to(weights.dtype)
    return Mixed(weights @ values, weights)
