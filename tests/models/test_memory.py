"""The memory."""

from dataclasses import replace

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


def memory_of(length: int, seed: int) -> Memory:
    """Three sentences in so many slots, of which the second has one token and the third none."""
    torch.manual_seed(seed)
    valid = torch.arange(length) < torch.tensor([[length], [1], [0]])
    there = valid.any(dim=1, keepdim=True)
    final, mean, cell = (torch.randn(3, 2, dtype=torch.float64).masked_fill(~there, 0.0) for _ in range(3))
    states = torch.randn(3, length, 2, dtype=torch.float64).masked_fill(~valid.unsqueeze(-1), 0.0)
    return Memory(states, valid, (final,), (mean,), (cell,), torch.randint(4, 9, (3, length)))


def test_one_memory_is_itself() -> None:
    memory = memory_of(4, 1)
    assert Memory.of_several([memory]) is memory
    assert memory.joined_states is memory.states
    assert memory.joined_valid is memory.valid
    assert memory.joined_tokens is memory.tokens


def test_of_several_the_summaries_are_the_means_of_those_that_are_there() -> None:
    first, second, third = memory_of(4, 1), memory_of(2, 2), memory_of(3, 3)
    second = replace(second, valid=torch.arange(2) < torch.tensor([[0], [1], [2]]))
    second = replace(second, final=(second.final[0].masked_fill(~second.valid.any(1, keepdim=True), 0.0),))
    several = Memory.of_several([first, second, third])
    assert several.others == (second, third)
    finals = torch.stack([memory.final[0] for memory in (first, second, third)])
    counts = torch.tensor([[2.0], [3.0], [1.0]])
    torch.testing.assert_close(several.summary, finals.sum(0) / counts)
    assert torch.all(torch.isfinite(several.cells[0]))
    assert torch.equal(several.states, first.states)


def test_several_memories_are_joined_along_their_states() -> None:
    first, second = memory_of(4, 1), memory_of(2, 2)
    several = Memory.of_several([first, second])
    assert torch.equal(several.joined_states, torch.cat((first.states, second.states), dim=1))
    assert torch.equal(several.joined_valid, torch.cat((first.valid, second.valid), dim=1))
    assert first.tokens is not None
    assert second.tokens is not None
    tokens = several.joined_tokens
    assert tokens is not None
    assert torch.equal(tokens, torch.cat((first.tokens, second.tokens), dim=1))
    assert Memory.of_several([first, replace(second, tokens=None)]).joined_tokens is None
    assert Memory.of_several([replace(first, tokens=None), second]).joined_tokens is None


def test_select_takes_the_others_along() -> None:
    several, rows = Memory.of_several([memory_of(4, 1), memory_of(2, 2)]), torch.tensor([1, 0, 1])
    chosen = several.select(rows)
    assert torch.equal(chosen.joined_states, several.joined_states[rows])
    assert torch.equal(chosen.cells[0], several.cells[0][rows])
    assert torch.equal(chosen.others[0].final[0], several.others[0].final[0][rows])
