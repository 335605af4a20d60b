"""The largest few of many numbers, in two stages, which `benchmarks/kernels.py` compares with `topk` over a whole vocabulary."""

import torch
from torch import Tensor

BLOCK = 128
"""Numbers are looked at in blocks of so many."""


def largest(rows: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The `count` largest numbers of each row, largest first, and where they stand; of equals any.  (R, V) -> (R, count) twice

    They all lie in the `count` blocks with the largest maxima: any other block has a maximum, and so numbers, no larger than
    `count` numbers of these.
    """
    blocks = rows.shape[1] // BLOCK
    if blocks <= count:
        values, places = rows.topk(count, dim=1)
        return values, places
    whole, rest = rows[:, : blocks * BLOCK].view(-1, blocks, BLOCK), rows[:, blocks * BLOCK :]
    chosen = whole.amax(dim=2).topk(count, dim=1).indices.unsqueeze(2)  # (R, count, 1)
    within = whole.gather(1, chosen.expand(-1, -1, BLOCK)).flatten(1)
    values, found = torch.cat((within, rest), dim=1).topk(count, dim=1)
    inside = chosen.squeeze(2).gather(1, found.div(BLOCK, rounding_mode="floor").clamp(max=count - 1)) * BLOCK + found % BLOCK
    return values, torch.where(found < count * BLOCK, inside, found + (blocks - count) * BLOCK)
