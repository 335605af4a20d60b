"""Sinusoidal positions against their equation."""

import math

import pytest
import torch

from embedseq.models.positions import Sinusoidal


@pytest.mark.parametrize("dim", [6, 7, 1])
def test_positions_equal_their_equation(dim: int) -> None:
    added = Sinusoidal()(torch.zeros(1, 5, dim, dtype=torch.float64), first=3)[0]
    for place in range(5):
        for i in range(dim):
            angle = (place + 3) / 10_000 ** (2 * (i // 2) / dim)
            assert added[place, i].item() == pytest.approx(math.sin(angle) if i % 2 == 0 else math.cos(angle), abs=1e-12)


def test_positions_are_the_same_one_by_one() -> None:
    embedded = torch.randn(2, 6, 8)
    together = Sinusoidal()(embedded)
    for place in range(6):
        assert torch.equal(Sinusoidal()(embedded[:, place : place + 1], place)[:, 0], together[:, place])
