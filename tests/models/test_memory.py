"""The memory."""

import torch

from embedseq.models.memory import Memory


def test_select_repeats_and_reorders_every_part() -> None:
    memory = Memory(torch.randn(3, 4, 2), torch.arange(4) < torch.tensor([[4], [1], [2]]), (torch.randn(3, 2), torch.randn(3, 2)))
    rows = torch.tensor([2, 0, 2, 1])
    chosen = memory.select(rows)
    for new, row in enumerate(rows.tolist()):
        assert torch.equal(chosen.states[new], memory.states[row])
        assert torch.equal(chosen.valid[new], memory.valid[row])
        assert torch.equal(chosen.summary[new], memory.summary[row])
        assert torch.equal(chosen.final[0][new], memory.final[0][row])
