"""Where the time of an update and of a search goes, by torch's profiler: the limits behind training and decoding.

    python benchmarks/where_time_goes.py [--threads 2] [--updates 6]

Training: the shapes of `training.py`, in batches of 4,096 target tokens. Decoding: the Transformer and the LSTM with input
feeding, untrained, 64 sources of 14 tokens, no sentence ending before its limit of 14. Every operator counts for one group,
with the time that is its own, not that of operators within it. The time by the clock is that of the same work without the
profiler, which makes small operations slower; what is left of it is Python and waiting. Beside the shares stand how many
billion operations a second the matrix products reach, of which packed ones do not tell theirs, and how many one large product
reaches on the same threads.
"""

import argparse
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import cast

import torch
from corpus import WORK, prepared
from table import Table, machine
from torch import nn
from torch.profiler import ProfilerActivity, profile
from training import BATCH, DROPOUT, SCRIPTS, SHAPES, SMOOTHING

from embedseq.decoding.search import search
from embedseq.decoding.settings import SearchSettings
from embedseq.models.build import HandedOver, Sizes, build_model
from embedseq.models.seq2seq import Seq2Seq
from embedseq.seeds import stream
from embedseq.text.batches import TokenBatches, pad
from embedseq.text.encoded import Encoded
from embedseq.text.vocabulary import END, SPECIALS, Vocabulary
from embedseq.training.loop import TrainingData, train
from embedseq.training.progress import Standing

sys.path.append(str(SCRIPTS))
from own_training import settings_of, shape_of  # a script among scripts

PRODUCTS, OTHERS = "matrix products", "recurrent cells, dropout, additions"
GROUPS = {
    PRODUCTS: ("mm", "addmm", "bmm", "baddbmm", "addmv", "mv", "dot", "linear", "_linear_pointwise"),
    "softmax, norms, losses": ("softmax", "logsumexp", "norm", "nll", "cross_entropy", "logaddexp"),
    "copies and layout": ("copy", "cat", "clone", "index", "gather", "scatter", "embedding", "stack", "fill", "reorder"),
    OTHERS: (),
    "the optimiser": ("_fused_adam", "_foreach"),
}
"""The names of operators that are products, and what the others' names hold; the group without words takes what is left."""
SEARCHED, LENGTH = 64, 14
SEED = 1
WARM = 3
"""Updates before the clock starts."""
LARGE = 2048


class EnoughError(Exception):
    """The updates that were asked for are done."""


def group_of(operator: str) -> str:
    """The group of an operator by its name, `aten::mm`."""
    _, _, name = operator.rpartition("::")
    if name.rstrip("_") in GROUPS[PRODUCTS]:
        return PRODUCTS
    return next((group for group, words in GROUPS.items() if group != PRODUCTS and any(word in name for word in words)), OTHERS)


def row(name: str, seen: profile, seconds: float) -> list[str]:
    """Shares of the seconds by the clock in the order of `GROUPS`, the rest, and the speed of products that tell their size."""
    spent, operations, told = dict.fromkeys(GROUPS, 0.0), 0.0, 0.0
    for each in seen.key_averages():
        if each.key.startswith(("aten::", "mkldnn::")):
            group, own = group_of(each.key), each.self_cpu_time_total / 1e6
            spent[group] += own
            if group == PRODUCTS and each.flops:
                operations, told = operations + float(each.flops), told + own
    shares = [*spent.values(), max(0.0, seconds - sum(spent.values()))]
    return [name, *(f"{share / seconds:.0%}" for share in shares), f"{operations / told / 1e9:.0f}"]


def profiler() -> profile:
    """One that counts operations."""
    return profile(activities=[ProfilerActivity.CPU], with_flops=True)


def training(shape: str, folder: Path, threads: int, updates: int) -> list[str]:
    """A few updates after three that warm up, by the clock; then as many under the profiler."""
    asked = {"shape": SHAPES[shape][1], "dropout": DROPOUT, "smoothing": SMOOTHING, "batch": BATCH}
    asked |= {"threads": threads, "replicas": 1}
    size = len(Vocabulary.load(folder / "vocabulary.json"))
    data = TrainingData(batches(folder, "train"), batches(folder, "valid"))
    model = build_model(shape_of(asked), Sizes(size, size), HandedOver(), SEED)
    seen, clock, tokens = profiler(), list[float](), list[int]()
    order = [int(batch.target_valid.sum()) for batch in data.train.epoch(stream(SEED, "order", 1))]

    def watch(standing: Standing) -> None:
        clock.append(time.perf_counter())
        tokens.append(order[standing.update - 1])
        if standing.update == WARM + updates:
            seen.start()
        elif standing.update == WARM + 2 * updates:
            seen.stop()
            raise EnoughError

    with suppress(EnoughError):
        train(model, data, settings_of(asked), SEED, watch)
    plain, profiled = slice(WARM, WARM + updates), slice(WARM + updates, WARM + 2 * updates)
    a_token = (clock[WARM + updates - 1] - clock[WARM - 1]) / sum(tokens[plain])
    return row(f"training, {shape}", seen, a_token * sum(tokens[profiled]))


def batches(folder: Path, split: str) -> TokenBatches:
    """Those of a split."""
    source, target = (Encoded.open(folder / f"{split}.{side}") for side in ("source", "target"))
    return TokenBatches(source, target, BATCH)


def decoding(shape: str, settings: SearchSettings) -> list[str]:
    """A search with a model of the shape, every sentence as long."""
    asked = {"shape": SHAPES[shape][1], "dropout": 0.0}
    model = cast(Seq2Seq, build_model(shape_of(asked), Sizes(10_000, 10_000), HandedOver(), SEED)).eval()
    cast(nn.Linear, model.decoder.output).bias.data[END] = -50.0  # no sentence ends before its limit
    ids = torch.randint(len(SPECIALS), 10_000, (SEARCHED, LENGTH), generator=torch.Generator().manual_seed(1)).tolist()
    source, valid = pad([[*row, END] for row in ids])

    steps = model.stepper()

    def several() -> None:
        for _ in range(5):
            search(steps, model.encode(source, valid), settings, valid.sum(dim=1) - 1)

    with torch.inference_mode():
        several()
        seconds = _timed(several)
        with profiler() as seen:
            several()
    return row(f"decoding, {shape}, beam {settings.beam}", seen, seconds)


def large_product(repeats: int = 9) -> float:
    """Billions of operations a second of the fastest of some products of two large matrices."""
    first, second = torch.randn(2, LARGE, LARGE)
    return max(2 * LARGE**3 / _timed(lambda: first @ second) / 1e9 for _ in range(repeats))


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--updates", type=int, default=6)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    folder = prepared(asked.work)
    rows = [training(shape, folder, asked.threads, asked.updates) for shape in SHAPES]
    searched = [(shape, beam) for shape in ("transformer", "lstm-feeding") for beam in (1, 5)]
    rows += [decoding(shape, SearchSettings(beam=beam, max_length=LENGTH, max_ratio=3.0)) for shape, beam in searched]
    columns = ["", *GROUPS, "Python and the rest", "10⁹ operations/s of products"]
    note = f"{asked.threads} threads, float32; one product of {LARGE:,}² matrices reaches {large_product():.0f}. {machine()}."
    shares = "Shares of the time without the profiler, which slows small operations: together they may be more than all of it."
    print(Table("Where the time goes", columns, rows, [shares, note]).markdown())


if __name__ == "__main__":
    main()
