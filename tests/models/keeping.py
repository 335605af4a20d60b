"""What an operation keeps for its backward pass."""

from collections.abc import Callable

import torch
from torch import Tensor


def kept_by(work: Callable[[], object]) -> list[Tensor]:
    """The tensors that autograd saves while the work is done."""
    kept: list[Tensor] = []

    def keep(tensor: Tensor) -> Tensor:
        kept.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        work()
    return kept


def places(tensors: list[Tensor]) -> dict[int, int]:
    """Where the tensors lie in memory, each place once, and the bytes that are there."""
    return {each.untyped_storage().data_ptr(): each.untyped_storage().nbytes() for each in tensors}
