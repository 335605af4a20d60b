"""The sum of the penalties of several members, of which any may have none."""

from collections.abc import Iterable

import torch
from torch import Tensor


def total(penalties: Iterable[Tensor | None]) -> Tensor | None:
    """The sum of the scalars that are there; None where there are none."""
    there = [penalty for penalty in penalties if penalty is not None]
    return torch.stack(there).sum() if there else None
