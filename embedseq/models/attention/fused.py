"""Dot products with all keys, masked, normalised and mixed by one kernel, which never holds the scores of all pairs.

For devices that are no processor, so that scores take no memory there; its speed was not measured. On a processor torch's kernel
is slower than plain products for sentences (`benchmarks/kernels.py`), and `attend` is used.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from embedseq.models.attention.look import Prepared


def has_kernel(device: torch.device) -> bool:
    """Whether a device is taken to have a kernel that is worth it."""
    return device.type != "cpu"


def fused(scale: float, heads: Tensor, prepared: Prepared, visible: Tensor) -> Tensor:
    """The values, mixed by softmax(scale · q · k) over the visible keys: what `attend` mixes of these scores, (B, H, T, C).

    heads: queries (B, H, T, P), of the prepared keys' width; visible: bool, broadcastable to (B, H, T, S). A query that sees
    nothing gets zero. What kernels make of a row that is all hidden differs, so that such a row is shown everything first.
    """
    some = visible.any(dim=-1, keepdim=True)
    keys, values = (each.expand(-1, heads.shape[1], -1, -1) for each in (prepared.keys, prepared.values))
    mixed = F.scaled_dot_product_attention(heads, keys, values, attn_mask=visible | ~some, scale=scale)
    return mixed.masked_fill(~some, 0.0)
