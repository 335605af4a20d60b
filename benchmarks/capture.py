"""How fast are states captured, beside the plain forward pass of the same encoder on the same batches?

    python benchmarks/capture.py [--sentences 4000] [--repeats 7]

Sentences of random pieces, 8 to 40 long, words of one or two pieces. Each pair is timed in turn, plain pass and capture (all
layers, pooled into words, written to disk), in the environment of a worker, by processor time, so that other work on the machine
hardly matters; printed are the medians and the median of the pairs' ratios.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from process import as_worker

from embedseq.models.build import HandedOver, Sizes, build_model
from embedseq.models.interfaces import Model
from embedseq.models.settings import ModelShape
from embedseq.probes.capturing import BATCH_TOKENS, Cut, Readings, capture

WORDS = 8000
SHAPES = {
    "GRU, 256 wide, both directions": {"architecture": "gru", "attention": "additive", "dim": 256, "embedding_dim": 128},
    "LSTM, 512 wide, 2 layers": {"architecture": "lstm", "attention": "additive", "dim": 512, "layers": 2},
    "Transformer, 4 layers, 128 wide": {"architecture": "transformer", "dim": 128, "layers": 4, "heads": 4, "feed_forward": 256},
}


def main() -> None:
    """Print a line for each shape."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", type=int, default=4000)
    parser.add_argument("--repeats", type=int, default=7)
    asked = parser.parse_args()
    as_worker(1)
    torch.set_num_threads(1)
    readings = Readings(sentences(asked.sentences))
    tokens = sum(len(each.ids) for each in readings.cuts)
    print(f"{asked.sentences:,} sentences, {tokens:,} tokens, one thread, torch {torch.__version__}")
    for name, fields in SHAPES.items():
        shape = ModelShape.model_validate({"kind": "encoder-decoder", **fields})
        model = build_model(shape, Sizes(WORDS, WORDS), HandedOver(), seed=1).eval()
        pairs = [timed_pair(model, readings) for _ in range(asked.repeats)]
        passes, captures = (statistics.median(times) for times in zip(*pairs, strict=True))
        share = statistics.median(first / second for first, second in pairs)
        print(
            f"{name}: plain {tokens / passes:,.0f} tokens/s, capture {tokens / captures:,.0f} tokens/s, {share:.2f} of its speed"
        )


def sentences(count: int) -> list[Cut]:
    """Random sentences, cut into words."""
    draw = np.random.default_rng(0)
    found = []
    for length in draw.integers(8, 41, size=count):
        ids = draw.integers(4, WORDS, size=length).tolist()
        begins = np.flatnonzero(draw.random(length) < 0.7).tolist()
        found.append(Cut(ids, sorted({0, *begins})))
    return found


@torch.inference_mode()
def plain(model: Model, readings: Readings) -> None:
    """The encoder's forward pass alone."""
    for batch in readings.batches(BATCH_TOKENS):
        model.encode_layers(batch.source, batch.source_valid)  # type: ignore[operator]


def timed_pair(model: Model, readings: Readings) -> tuple[float, float]:
    """Seconds of the plain pass, and of the same with all states on disk at the end.

    Each capture has a folder of its own, as in a run: ext4 flushes a file that is written over another one when it is closed.
    """
    with tempfile.TemporaryDirectory() as folder:
        return timed(lambda: plain(model, readings)), timed(lambda: capture(model, Path(folder), {"test": readings}))


def timed(work: Callable[[], None]) -> float:
    """Seconds of processor time."""
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    main()
