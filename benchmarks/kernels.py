"""The fast paths that are ours beside torch's own operations, at the sizes of a training or decoding step.

    python benchmarks/kernels.py [--threads 1] [--repeats 9]

Dropout on 4,096 tokens of width 128; the loss of an output layer of width 128 over 10,000 tokens for 3,600 positions, forward and
backward, beside logits and `cross_entropy`; the seven largest of 10,000 logits in 64 rows. Each pair takes turns in one process;
told are medians in milliseconds, and their ratio.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from table import Table, machine
from torch import Tensor

from embedseq.decoding.largest import largest
from embedseq.models.dropout import Dropout
from embedseq.models.logits import LinearLogits
from embedseq.training.linear_loss import linear_cross_entropy

Work = Callable[[], object]
TOKENS, WIDTH, VOCABULARY, POSITIONS, RATE, SMOOTHING = 4096, 128, 10_000, 3600, 0.3, 0.1


def dropouts() -> tuple[Work, Work]:
    """Ours, and torch's; forward alone."""
    values, ours = torch.randn(TOKENS, WIDTH), Dropout(RATE).train()
    return lambda: ours(values), lambda: F.dropout(values, RATE)


def losses() -> tuple[Work, Work]:
    """Ours, and logits with torch's cross-entropy; forward and backward."""
    leaves = [torch.randn(shape, requires_grad=True) for shape in ((POSITIONS, WIDTH), (VOCABULARY, WIDTH), (VOCABULARY,))]
    targets = torch.randint(VOCABULARY, (POSITIONS,))

    def backward(loss: Tensor) -> None:
        loss.backward()  # type: ignore[no-untyped-call]
        for leaf in leaves:
            leaf.grad = None

    def plain() -> None:
        backward(F.cross_entropy(F.linear(*leaves), targets, reduction="sum", label_smoothing=SMOOTHING))

    return lambda: backward(linear_cross_entropy(LinearLogits(*leaves), targets, SMOOTHING)[0]), plain


def tops() -> tuple[Work, Work]:
    """Ours, and torch's `topk`."""
    logits = torch.randn(64, VOCABULARY)
    return lambda: largest(logits, 7), lambda: logits.topk(7)


def medians(pair: tuple[Work, Work], repeats: int) -> tuple[float, float]:
    """Milliseconds of each, after one turn that does not count."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats + 1):
        for work, taken in zip(pair, times, strict=True):
            began = time.perf_counter()
            work()
            taken.append(1000.0 * (time.perf_counter() - began))
    first, second = (statistics.median(taken[1:]) for taken in times)
    return first, second


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=9)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    rows = []
    for name, pair in (("dropout", dropouts()), ("loss of the output layer", losses()), ("largest of a vocabulary", tops())):
        ours, torchs = medians(pair, asked.repeats)
        rows.append([name, f"{ours:.2f}", f"{torchs:.2f}", f"{torchs / ours:.2f}"])
    notes = [f"{asked.threads} threads, torch {torch.__version__}, {machine()}."]
    print(Table("Fast paths", ["operation", "ours, ms", "torch, ms", "torch / ours"], rows, notes).markdown())


if __name__ == "__main__":
    main()
