"""Memories of several sources, looks at them, and the equations of one look by hand."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from hypothesis import strategies as st
from torch import Tensor

from embedseq.models.attention.combining import Mean, SecondAttention
from embedseq.models.attention.heads import Attention, Projections
from embedseq.models.attention.look import Asking, MemoryLook, Seen
from embedseq.models.attention.scorers.additive import Additive
from embedseq.models.attention.scorers.scaled_dot import ScaledDot
from embedseq.models.attention.several import Several
from embedseq.models.memory import Memory
from embedseq.models.settings import SelfAttentionSettings
from embedseq.models.transformer.serial import Serial
from embedseq.models.transformer.shape import LayerShape

DIM = 4
EXACT: Any = {"rtol": 0, "atol": 1e-12}
NewLook = Callable[[], Attention]


def additive() -> Attention:
    return Attention(Additive(DIM, DIM, 3))


def two_heads() -> Attention:
    return Attention(ScaledDot(2, 2, 0), 2, Projections(DIM, DIM, DIM))


def parallel(memories: int, look: NewLook = additive) -> Several:
    return Several([look() for _ in range(memories)], Mean())


def hierarchical(memories: int, look: NewLook = additive) -> Several:
    return Several([look() for _ in range(memories)], SecondAttention(DIM, DIM, memories))


def serial(memories: int, look: NewLook = additive) -> Serial:
    return Serial(LayerShape(DIM, 8, 0.0, SelfAttentionSettings()), [look() for _ in range(memories)])


def flat(memories: int, look: NewLook = additive) -> Attention:
    return look()


STRATEGIES: dict[str, Callable[..., MemoryLook[Any]]] = {
    "flat": flat,
    "parallel": parallel,
    "hierarchical": hierarchical,
    "serial": serial,
}
masks = st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=3), min_size=1, max_size=3).filter(
    lambda lengths: len({len(each) for each in lengths}) == 1
)
"""For each memory the length of each sentence."""


def memory_of(lengths: Sequence[Sequence[int]], seed: int = 0) -> Memory:
    """A memory of each list of lengths, the first with the others behind it."""
    generator = torch.Generator().manual_seed(seed)
    memories = []
    for each in lengths:
        width = max(*each, 1)
        valid = torch.arange(width) < torch.tensor(each).unsqueeze(1)
        states = torch.randn(len(each), width, DIM, dtype=torch.float64, generator=generator)
        memories.append(Memory(states.masked_fill(~valid.unsqueeze(-1), 0.0), valid, ()))
    return replace(memories[0], others=tuple(memories[1:]))


def queries(rows: int, length: int = 2) -> Tensor:
    return torch.randn(rows, length, DIM, dtype=torch.float64, generator=torch.Generator().manual_seed(7))


def look_with(strategy: str, memories: int, look: NewLook = additive) -> MemoryLook[Any]:
    torch.manual_seed(3)
    return STRATEGIES[strategy](memories, look).double()


def see(look: MemoryLook[Any], memory: Memory, query: Tensor, **asking: Any) -> Seen:
    seen: Seen = look(query, look.read(memory), Asking(weights=True, **asking))
    return seen


def softmax(scores: Sequence[float]) -> list[float]:
    powers = [math.exp(score - max(scores)) for score in scores]
    return [power / sum(powers) for power in powers]


def one_look(look: Attention, query: Tensor, states: Tensor, valid: Tensor) -> tuple[Tensor, list[float]]:
    """The context (D,) of one query (D,) and its weights over states (S, D), by the equations of Bahdanau et al. (2015)."""
    scorer = look.scorer
    there = [s for s in range(len(states)) if valid[s]]
    scores = [float(scorer(query[None, None], scorer.prepare(states[None, s : s + 1]))) for s in there]
    weights = dict(zip(there, softmax(scores) if there else [], strict=True))
    context = sum((weight * states[s] for s, weight in weights.items()), torch.zeros(DIM, dtype=torch.float64))
    return context, [weights.get(s, 0.0) for s in range(len(states))]


def looks_of(look: MemoryLook[Any]) -> list[Attention]:
    return [each for each in look.get_submodule("looks") if isinstance(each, Attention)]
