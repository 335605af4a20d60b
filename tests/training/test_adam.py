"""Our Adam is torch's to the bit, and does not bring its compiler along."""

import subprocess
import sys

import pytest
import torch
from torch import Tensor

from embedseq.training.adam import Adam

ALONE = """
import sys, torch
from embedseq.training.optimiser import Optimiser
from embedseq.training.settings import TrainSettings
model = torch.nn.Linear(3, 2)
optimiser = Optimiser(model, TrainSettings(weight_decay=0.1))
optimiser.zero_grad()
model(torch.ones(1, 3)).sum().backward()
optimiser.clip()
optimiser.step(0.1)
print([name for name in ("torch._dynamo", "torch._inductor", "sympy") if name in sys.modules])
"""


def tensors() -> list[Tensor]:
    draws = torch.Generator().manual_seed(1)
    return [torch.randn(*shape, generator=draws).requires_grad_() for shape in ((50, 33), (77,), (4, 4))]


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_it_moves_as_the_optimisers_of_torch_do_to_the_bit(fused: bool, decay: float) -> None:
    mine, theirs = tensors(), tensors()
    kind = torch.optim.AdamW if decay else torch.optim.Adam
    library = kind(theirs, lr=0.01, betas=(0.9, 0.98), weight_decay=decay, fused=fused)
    ours = Adam(mine, betas=(0.9, 0.98), decay=decay, fused=fused)
    for step in range(6):
        ours.zero_grad()
        library.zero_grad()
        for each in (mine, theirs):
            used = each if step % 2 else each[:2]  # without a gradient nothing moves, nor is a step counted
            sum(((tensor * (step + 1)).sin().sum() for tensor in used), torch.zeros(())).backward()
        rate = 0.01 / (step + 1)
        library.param_groups[0]["lr"] = rate
        library.step()
        ours.step(rate)
    assert all(torch.equal(a, b) for a, b in zip(mine, theirs, strict=True))
    for a, b in zip(mine, theirs, strict=True):
        assert list(ours.state[a]) == list(library.state[b])
        assert all(torch.equal(ours.state[a][name], library.state[b][name]) for name in ours.state[a])


def test_a_training_does_not_load_the_compiler() -> None:
    told = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
