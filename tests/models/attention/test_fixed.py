"""The fixed-length context."""

import torch
from torch import nn

from embedseq.models.attention.fixed import FixedContext
from embedseq.models.attention.look import Asking
from embedseq.models.memory import Memory


def test_every_query_sees_the_summary_and_nothing_else() -> None:
    look = FixedContext(nn.Identity())
    summary = torch.randn(2, 4)
    for length in (1, 7):
        prepared = look.read(
            Memory(torch.randn(2, length, 4), torch.ones(2, length, dtype=torch.bool), (torch.randn(2, 4), summary))
        )
        assert prepared.values.shape == (2, 1, 1, 4)
        seen = look(torch.randn(2, 3, 4), prepared, Asking(weights=True))
        assert torch.equal(seen.context, summary.unsqueeze(1).expand(2, 3, 4))
        assert seen.weights is None
