"""The largest few of many numbers, in two stages, which `benchmarks/kernels.py` compares with `topk` over a whole vocabulary."""

import torch
from torch import Tensor

BLOCK = 64
"""Numbers are looked at in blocks of so many."""


def largest(rows: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The `count` largest numbers of each row, largest first, and where they stand; of equals any.  (R, V) -> (R, count) twice

    They all lie in the `count` blocks with the largest maxima: any other block has a maximum, and so numbers, no larger than
    `count` numbers of these.
    """
    blocks = rows.shape[1] // BLOCK
    if blocks <= count or len(rows) == 0:
        values, places = rows.topk(count, dim=1)
        return values, places
    whole, rest = rows[:, : blocks * BLOCK].view(-1, blocks, BLOCK), rows[:, blocks * BLOCK :]
    chosen = whole.amax(dim=2).topk(count, dim=1).indices  # (R, count)
    values, found = torch.cat((_blocks(rows, chosen), rest), dim=1).topk(count, dim=1)
    inside = chosen.gather(1, found.div(BLOCK, rounding_mode="floor").clamp(max=count - 1)) * BLOCK + found % BLOCK
    return values, torch.where(found < count * BLOCK, inside, found + (blocks - count) * BLOCK)


def _blocks(rows: Tensor, chosen: Tensor) -> Tensor:
    """The numbers of chosen (R, K) blocks of rows (R, V): (R, K BLOCK).

    They are copied as wholes from a view of all runs of BLOCK numbers of the flattened rows: `gather` picks each by itself.
    """
    count, width = rows.shape
    runs = rows.contiguous().view(-1).unfold(0, BLOCK, 1)  # (R V - BLOCK + 1, BLOCK)
    starts = torch.arange(count, device=rows.device).unsqueeze(1) * width + chosen * BLOCK
    return runs.index_select(0, starts.flatten()).view(count, -1)
