"""A careful loop by hand as a contestant (see `meter.py`): `plain_models.py`, batches of like length, fused Adam.

It takes nothing from embedseq but the ids of the corpus.
"""

import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from meter import Meter, job
from numpy.typing import NDArray
from plain_models import Recurrent, Transformer
from torch import Tensor, nn

PADDING, START, END = 0, 2, 3
SPECIALS = 4
Sentences = list[NDArray[np.int64]]


def read(folder: Path, side: str) -> Sentences:
    """The training sentences, each with its end."""
    ids, offsets = (np.load(folder / f"train.{side}.{name}.npy").astype(np.int64) for name in ("ids", "offsets"))
    return [np.append(ids[first:last], END) for first, last in pairwise(offsets)]


def padded(sentences: Sentences) -> Tensor:
    """(B, the longest)."""
    filled = np.full((len(sentences), max(map(len, sentences))), PADDING)
    for row, sentence in zip(filled, sentences, strict=True):
        row[: len(sentence)] = sentence
    return torch.from_numpy(filled)


def batches(source: Sentences, target: Sentences, limit: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Without end: sentences of like length, whose number times the longest target stays within the limit, in random order."""
    rows = sorted(range(len(source)), key=lambda row: (len(target[row]), len(source[row])))
    cut: list[list[int]] = [[]]
    for row in rows:
        if (len(cut[-1]) + 1) * len(target[row]) > limit:
            cut.append([])
        cut[-1].append(row)
    draw = random.Random(seed)
    while True:
        for some in draw.sample(cut, len(cut)):
            yield padded([source[row] for row in some]), padded([target[row] for row in some])


def main() -> None:
    """Train until the meter is satisfied."""
    asked: dict[str, Any] = job()
    torch.set_num_threads(asked["threads"])
    torch.manual_seed(asked["seed"])
    folder = Path(asked["folder"])
    size = len((folder / "vocabulary").read_text(encoding="utf-8").splitlines()) + SPECIALS
    kind = Transformer if asked["shape"]["architecture"] == "transformer" else Recurrent
    model = kind(asked["shape"], size, PADDING, asked["dropout"]).train()
    adam = torch.optim.Adam(model.parameters(), lr=1e-3, betas=(0.9, 0.98), fused=True)
    meter = Meter(asked, f"torch {torch.__version__}")
    for source, target in batches(read(folder, "source"), read(folder, "target"), asked["batch"], asked["seed"]):
        begun = torch.cat((torch.full_like(target[:, :1], START), target[:, :-1]), dim=1)
        adam.zero_grad(set_to_none=True)
        loss = model.loss(source, begun.where(begun != END, PADDING), target, asked["smoothing"])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        if meter.add(int((target != PADDING).sum())):
            break


if __name__ == "__main__":
    main()
