"""Benchmarks are side-by-side measurements, each a script that prints its table: `python benchmarks/NAME.py`.

This one: self-attention within a window, by a mask over all pairs and in blocks (`embedseq/models/attention/banded.py`), on one
thread. Times are medians of processor time, with the two sides in turn, so that other work on the machine hardly matters. What is
measured is the attention proper, without the projections, which both have. Memory is that of the scores, or of an additive
scorer's hidden layer, which training keeps for all pairs (without gradients it is computed a part at a time).
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from embedseq.models.attention.attend import attend
from embedseq.models.attention.banded import BLOCK, LEAST, WIDTHS, Band, banded
from embedseq.models.attention.look import Asking, Prepared
from embedseq.models.attention.registry import scorers
from embedseq.models.attention.scorer import Scorer
from embedseq.models.attention.spans import Window

LENGTHS = (64, 256, 1024, 4096)
WIDTH = 10
NUMBERS = 2**28
"""More numbers than these, 1 GiB, are not tried."""
SECONDS = 0.25
"""Each side of a case is repeated until it took so long."""


@dataclass(frozen=True)
class Case:
    """One scorer on sentences of one length; `training` includes the backward pass."""

    scorer: str
    length: int
    width: int
    training: bool
    causal: bool = False
    batch: int = 2
    heads: int = 4
    dim: int = 32

    @property
    def band(self) -> Band:
        return Band(self.width, self.causal)

    def numbers(self, pairs: int) -> int:
        """How many numbers so many pairs of a query and a key take."""
        return self.batch * self.heads * pairs * (self.dim if self.scorer == "additive" else 1)

    def numbers_by_mask(self) -> int:
        return self.numbers(self.length**2)

    def numbers_in_blocks(self) -> int:
        block = max(BLOCK, self.width)
        return self.numbers(-(-self.length // block) * block * (block + self.width + self.band.ahead))


@dataclass(frozen=True)
class Measured:
    """Seconds of processor time; None where it would not fit."""

    by_mask: float | None
    in_blocks: float

    @property
    def gain(self) -> float | None:
        return None if self.by_mask is None else self.by_mask / self.in_blocks


def measure(case: Case) -> Measured:
    """Both sides in turn, until each has had its time."""
    torch.manual_seed(1)
    scorer = scorers()[case.scorer](case.dim, case.dim, case.dim)
    query, states = (torch.randn(case.batch, case.heads, case.length, case.dim, requires_grad=case.training) for _ in range(2))
    valid = torch.ones(case.batch, case.length, dtype=torch.bool)

    def run(mixed: Callable[[Prepared], Tensor]) -> float:
        begun = time.process_time()
        with torch.set_grad_enabled(case.training):
            answer = mixed(Prepared(scorer.prepare(states), states, valid))
            if case.training:
                answer.sum().backward()  # type: ignore[no-untyped-call]
        return time.process_time() - begun

    def in_blocks() -> float:
        return run(lambda prepared: banded(scorer, query, prepared, case.band))

    def by_mask() -> float:
        return run(lambda prepared: masked(scorer, query, prepared, case.band))

    sides = [in_blocks] if case.numbers_by_mask() > NUMBERS else [in_blocks, by_mask]
    times: list[list[float]] = [[] for _ in sides]
    while len(times[0]) < 4 or (sum(times[-1]) < SECONDS and len(times[0]) < 100):
        for taken, side in zip(times, sides, strict=True):
            taken.append(side())
        if sum(times[-1]) > 2 * SECONDS and len(times[0]) > 1:
            break
    medians = [statistics.median(taken[1:]) for taken in times]  # the first call warms up
    return Measured(medians[1] if len(medians) > 1 else None, medians[0])


def masked(scorer: Scorer, query: Tensor, prepared: Prepared, band: Band) -> Tensor:
    """The plain path."""
    reach = Window(band.width)(query[:, 0], prepared.valid, 0)
    visible = Asking(causal=band.causal).visible(prepared.valid, query.shape[-2], reach.allowed)
    return attend(scorer(query, prepared.keys), prepared.values, visible).mixed


def growth() -> None:
    """Both sides at all lengths."""
    first = Case("scaled-dot", LENGTHS[0], WIDTH, training=False)
    print(f"window {WIDTH}, {first.batch} sentences, {first.heads} heads of {first.dim}, one thread\n")
    print("scorer      pass      length   mask ms  blocks ms    gain  blocks us/position   mask MiB  blocks MiB")
    for scorer in ("scaled-dot", "additive"):
        for training in (False, True):
            for length in LENGTHS:
                case = Case(scorer, length, WIDTH, training)
                print(row(case, measure(case)), flush=True)


def row(case: Case, seen: Measured) -> str:
    """A line of the table."""
    pass_ = "training" if case.training else "forward"
    mask, gain = (
        ("too large", "-") if seen.by_mask is None else (f"{1e3 * seen.by_mask:.2f}", f"{seen.by_mask / seen.in_blocks:.1f}")
    )
    sizes = (case.numbers_by_mask() / 2**18, case.numbers_in_blocks() / 2**18)
    times = f"{mask:>9} {1e3 * seen.in_blocks:>10.2f} {gain:>7} {1e6 * seen.in_blocks / case.length:>19.2f}"
    return f"{case.scorer:<11} {pass_:<8} {case.length:>7} {times} {sizes[0]:>10.1f} {sizes[1]:>11.1f}"


def threshold() -> None:
    """The gain at the shortest length at which blocks are used."""
    print(f"\nblocks are used from {LEAST} + {WIDTHS} windows on; the gain there:\n")
    print("window  length  scaled-dot: forward  training  causal  additive: forward  training  causal")
    for width in (2, 10, 32, 100):
        gains = []
        for scorer in ("scaled-dot", "additive"):
            for training, causal in ((False, False), (True, False), (True, True)):
                gain = measure(Case(scorer, LEAST + WIDTHS * width, width, training, causal)).gain
                gains.append("-" if gain is None else f"{gain:.1f}")
        dot, additive = gains[:3], gains[3:]
        print(
            f"{width:>6} {LEAST + WIDTHS * width:>7} {dot[0]:>20} {dot[1]:>9} {dot[2]:>7}"
            f" {additive[0]:>18} {additive[1]:>9} {additive[2]:>7}",
            flush=True,
        )


if __name__ == "__main__":
    torch.set_num_threads(1)
    growth()
    threshold()
