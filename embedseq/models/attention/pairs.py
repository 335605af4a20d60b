"""A hidden layer for every pair of a query and a key, a part of the queries at a time."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

AT_ONCE = 2**22
"""How many hidden numbers are computed at once: 16 MiB in float32. Larger tensors come fresh from the system each time and leave
the processor's caches, so that this is faster by far, beside using less memory."""


def over_pairs(query: Tensor, keys: Tensor, score: Callable[[Tensor], Tensor]) -> Tensor:
    """score(tanh(q + k)) for every pair: query (…, T, C) and keys (…, S, C) to (…, T, S), by way of (…, T, S, C).

    score: (…, T, S, C) to (…, T, S), applied to as many queries at once as give `AT_ONCE` numbers, at least to one query of each
    row of a batch. Without gradients that bounds the memory. With gradients the hidden layers of all the pairs stay in memory
    until the backward pass, and only what is computed on the way to them is bounded.
    """
    rows = max(math.prod(query.shape[:-2]), math.prod(keys.shape[:-2]))
    of_one_query = rows * math.prod(keys.shape[-2:])
    length = max(1, AT_ONCE // max(1, of_one_query))
    parts = query.chunk(max(1, -(-query.shape[-2] // length)), dim=-2)
    scores = [score(torch.tanh_(part.unsqueeze(-2) + keys.unsqueeze(-3))) for part in parts]
    return scores[0] if len(scores) == 1 else torch.cat(scores, dim=-2)
