"""Self-attention within a window at a cost linear in length: the queries are cut into blocks, and each block is scored against
the keys that it can reach. What comes out is what `Window` gives, without ever a (T, T) tensor."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from embedseq.models.attention.attend import attend
from embedseq.models.attention.look import Prepared
from embedseq.models.attention.scorer import Scorer

BLOCK = 16
"""Shorter blocks cost more in calls than they save in scores."""
LEAST, WIDTHS = 128, 5
"""From this many positions, and as many widths beyond them, on blocks are faster: see `benchmarks/banded_attention.py`."""


@dataclass(frozen=True)
class Band:
    """Query t reaches the keys from t - width to t + width, or, if causal, to t."""

    width: int
    causal: bool = False

    @property
    def ahead(self) -> int:
        """How far a query reaches beyond its own position."""
        return 0 if self.causal else self.width

    def pays(self, queries: int, prepared: Prepared) -> bool:
        """Whether blocks are right, and clearly faster: a whole sequence that looks at itself, and is long.

        A scorer that keeps nothing of the keys knows no more of them than how many there are, and blocks would deceive it.
        """
        whole = queries == prepared.keys.shape[-2] and prepared.keys.shape[-1] > 0
        return whole and queries >= LEAST + WIDTHS * self.width


def banded(scorer: Scorer, query: Tensor, prepared: Prepared, band: Band) -> Tensor:
    """Mixed values (B, H, T, C) of query (B, H, T, Q), which stands at the positions of the T prepared keys."""
    length = query.shape[-2]
    block = max(BLOCK, band.width)
    number = -(-length // block)
    missing = number * block - length
    reach = band.width + block + band.ahead  # K: the keys that some query of a block can reach
    beyond = (band.width, missing + band.ahead)

    def windows(states: Tensor) -> Tensor:  # (B, H, T, P) -> (B, H, N, K, P)
        return F.pad(states, (0, 0, *beyond)).unfold(-2, reach, block).transpose(-1, -2)

    asked = F.pad(query, (0, 0, 0, missing)).view(*query.shape[:2], number, block, -1)
    valid = F.pad(prepared.valid, beyond).unfold(-1, reach, block)  # (B, N, K)
    allowed = valid[:, None, :, None] & _pattern(block, reach, band, query.device)
    scores = scorer(asked, windows(prepared.keys))  # (B, H, N, block, K)
    mixed = attend(scores, windows(prepared.values), allowed).mixed
    return mixed.flatten(2, 3)[:, :, :length]


def _pattern(block: int, reach: int, band: Band, device: torch.device) -> Tensor:
    """(block, K) bool: which of a block's keys, the first of them `width` before the block, each of its queries reaches."""
    behind = torch.arange(block, device=device).unsqueeze(1) + band.width - torch.arange(reach, device=device)
    return (behind <= band.width) & (behind >= -band.ahead)
