"""Our Adam is torch's to the bit; and what a training does not load."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from embedseq.training.adam import Adam

ALONE = """
import sys
from pathlib import Path
from test_loop import batches, sentences, tiny
from embedseq.training.loop import TrainingData, train
from embedseq.training.settings import TrainSettings
folder = Path(sys.argv[1])
data = TrainingData(batches(folder / "train", sentences(20, 1)), batches(folder / "valid", sentences(9, 2)))
for architecture in ("rnn", "lstm", "gru", "transformer"):
    train(tiny(architecture), data, TrainSettings(epochs=1, batch_tokens=60, moving_average=0.9), 1)
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


def test_a_training_loads_neither_the_compiler_nor_its_algebra(tmp_path: Path) -> None:
    told = subprocess.run([sys.executable, "-c", ALONE, str(tmp_path)], cwd=Path(__file__).parent, capture_output=True, text=True)
    assert told.stdout.strip() == "[]", told.stderr
