"""A hidden layer for every pair of a query and a key, which is computed a part at a time and never kept."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

AT_ONCE = 2**20
"""How many hidden numbers are computed at once on a processor: 4 MiB in float32, which stay in its caches."""
_AT_ONCE_ELSEWHERE = 2**26
"""The same on other devices, where small calls are costly: 256 MiB in float32. Chosen without a measurement."""


def over_pairs(query: Tensor, keys: Tensor, weight: Tensor | None = None) -> Tensor:
    """Σ_c w_c tanh(q_c + k_c) for every pair: query (…, T, C), keys (…, S, C) and weight (C,), or ones, to (…, T, S).

    The hidden layers of all pairs, (…, T, S, C), would be most of what a training keeps for the backward pass. They are computed
    anew there instead, and in both directions no more of them at once than `AT_ONCE`, at least those of one query of one row.
    That is faster, too, as they need no memory that is fresh from the system, and as tanh(x) = 2 σ(2x) - 1 costs less than
    torch's tanh (`benchmarks/kernels.py`); its error is 10⁻⁷ in float32, however small x is. Half precision is computed in
    float32. Keys that several leading dimensions of the query share are copied for each of them.
    """
    # torch's own `broadcast_shapes` loads a computer algebra: half a second and 34 MiB in each process (benchmarks/loading.py).
    leading = np.broadcast_shapes(query.shape[:-2], keys.shape[:-2])
    weight = query.new_ones(query.shape[-1]) if weight is None else weight
    rows = (each.expand(*leading, *each.shape[-2:]).reshape(math.prod(leading), *each.shape[-2:]) for each in (query, keys))
    scores: Tensor = _Scores.apply(*rows, weight)  # type: ignore[no-untyped-call]
    return scores.view(*leading, *scores.shape[1:])


class _Scores(torch.autograd.Function):
    """With s = σ(2 (q + k)) a score is Σ_c w_c (2 s_c - 1), and its derivative by q_c, and by k_c, 4 w_c s_c (1 - s_c)."""

    @staticmethod
    def forward(context: Any, query: Tensor, keys: Tensor, weight: Tensor) -> Tensor:
        """query (N, T, C), keys (N, S, C), weight (C,) -> (N, T, S), of the query's kind."""
        context.save_for_backward(query, keys, weight)
        weight = weight.to(_precise(query))
        scores = weight.new_empty(*query.shape[:2], keys.shape[1])
        for rows, asking, hidden in _blocks(query, keys):
            flat = hidden.flatten(0, 2)
            summed = torch.mv(flat, weight, out=flat.new_empty(len(flat)))  # with `out` no autocast of a GPU halves it
            scores[rows, asking] = summed.view(hidden.shape[:3])
        return scores.mul_(2).sub_(weight.sum()).to(query.dtype)

    @staticmethod
    @once_differentiable
    def backward(context: Any, of_scores: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """of_scores (N, T, S) -> those of the query, the keys and the weight."""
        query, keys, weight = context.saved_tensors
        kind = _precise(query)
        of_scores, factor = of_scores.to(kind), 4 * weight.to(kind)
        of_query, of_keys = torch.empty_like(query, dtype=kind), torch.zeros_like(keys, dtype=kind)
        of_weight = torch.zeros_like(weight, dtype=kind) if context.needs_input_grad[2] else None
        for rows, asking, hidden in _blocks(query, keys):
            given = of_scores[rows, asking]
            if of_weight is not None:
                of_weight.addmv_(hidden.flatten(0, 2).t(), given.flatten(), alpha=2)
            slopes = hidden.addcmul_(hidden, hidden, value=-1).mul_(given.unsqueeze(-1))  # (n, t, S, C)
            of_keys[rows] += slopes.sum(dim=1)
            torch.sum(slopes, dim=2, out=of_query[rows, asking])
        if of_weight is not None:
            of_weight = of_weight.sub_(of_scores.sum()).to(weight.dtype)
        return of_query.mul_(factor).to(query.dtype), of_keys.mul_(factor).to(keys.dtype), of_weight


def _precise(query: Tensor) -> torch.dtype:
    """What is computed with: Σ_c w_c (2 s_c - 1) loses what half the digits do not hold."""
    return torch.promote_types(query.dtype, torch.float32)


def _blocks(query: Tensor, keys: Tensor) -> Iterator[tuple[slice, slice, Tensor]]:
    """Which rows, which of their queries, and σ(2 (q + k)) for these, (n, t, S, C), which the next block takes the place of."""
    rows, queries, width = query.shape
    of_query = max(1, keys.shape[1] * width)
    allowed = AT_ONCE if query.device.type == "cpu" else _AT_ONCE_ELSEWHERE
    longest = max(1, min(queries, allowed // of_query))
    most = max(1, min(rows, allowed // (longest * of_query)))
    doubled = 2 * query.to(_precise(query))
    room = doubled.new_empty(most * longest * of_query)
    for first in range(0, rows, most):
        for begin in range(0, queries, longest):
            part = slice(first, first + most), slice(begin, begin + longest)
            of_part, seen = doubled[part].unsqueeze(2), keys[part[0]].unsqueeze(1)
            hidden = room[: of_part.numel() * keys.shape[1]].view(*of_part.shape[:2], *keys.shape[1:])
            yield *part, torch.add(of_part, seen, alpha=2, out=hidden).sigmoid_()
