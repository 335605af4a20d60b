"""The fast paths that are ours beside what they take the place of, at the sizes of a training or decoding step.

    python benchmarks/kernels.py [--threads 1] [--repeats 9]

Forward alone: dropout on 4,096 tokens of width 128; the seven largest of 10,000 logits in 64 rows; sixteen steps of a
Transformer's decoder (4 layers, 128 wide) for 36 sentences, beside those of its modules; an output layer of width 512 over 10,000
tokens for 64 rows and for 4, its matrix packed, beside torch's product; tanh, by way of the logistic function, of 455 states of
width 512. Forward and backward: the loss of an output layer of width 128 over 10,000 tokens for 3,600 positions, beside logits
and `cross_entropy`; attention of 180 sentences of 20 tokens in four heads, beside torch's fused one; additive attention of 128
sentences of 40 tokens, 512 wide, asked by one state each, beside its formula; and an LSTM over so many sentences of 40 tokens,
beside torch's. That is there to save memory (`memory.py`), not time, and used where it costs little time: not in the last of its
rows. Each pair takes turns in one process; told are medians in milliseconds, and their ratio.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from table import Table, machine
from torch import Tensor, nn

from embedseq.decoding.largest import largest
from embedseq.models.attention.attend import attend
from embedseq.models.attention.pairs import over_pairs
from embedseq.models.build import HandedOver, Sizes, build_model
from embedseq.models.dropout import Dropout
from embedseq.models.logits import LinearLogits
from embedseq.models.packed import linear
from embedseq.models.recurrent.lstm import lstm, tanh
from embedseq.models.seq2seq import Seq2Seq
from embedseq.models.settings import ModelShape
from embedseq.models.transformer.stepping import TransformerSteps
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


def output_layers(rows: int) -> tuple[Work, Work]:
    """Packed, and torch's product, for so many rows."""
    states, weight, bias = torch.randn(rows, 512), torch.randn(VOCABULARY, 512), torch.randn(VOCABULARY)
    ours = torch.inference_mode()(linear(weight, bias))
    return lambda: ours(states), lambda: F.linear(states, weight, bias)


def attentions() -> tuple[Work, Work]:
    """Ours, and torch's fused one; forward and backward, the last tokens of every other sentence hidden."""
    sizes = (180, 4, 20, 32)
    leaves = [torch.randn(sizes, requires_grad=True) for _ in range(3)]
    valid = torch.ones(sizes[0], 1, 1, sizes[2], dtype=torch.bool)
    valid[::2, ..., -3:] = False
    hidden, back = torch.zeros(valid.shape).masked_fill_(~valid, -torch.inf), torch.randn(sizes)

    def ours() -> None:
        queries, keys, values = leaves
        attend(queries @ keys.transpose(2, 3), values, valid).mixed.backward(back)  # type: ignore[no-untyped-call]

    def fused() -> None:
        queries, keys, values = leaves
        mixed = F.scaled_dot_product_attention(queries, keys, values, attn_mask=hidden, scale=1.0)
        mixed.backward(back)  # type: ignore[no-untyped-call]

    return ours, fused


def additive() -> tuple[Work, Work]:
    """Ours, and the formula; forward and backward."""
    leaves = [torch.randn(shape, requires_grad=True) for shape in ((128, 1, 512), (128, 40, 512), (512,))]
    back = torch.randn(128, 1, 40)

    def ours() -> None:
        over_pairs(*leaves).backward(back)  # type: ignore[no-untyped-call]

    def formula() -> None:
        query, keys, weight = leaves
        (torch.tanh(query.unsqueeze(2) + keys.unsqueeze(1)) @ weight).backward(back)  # type: ignore[no-untyped-call]

    return ours, formula


def lstms(rows: int, dim: int) -> tuple[Work, Work]:
    """Ours, and torch's layer; forward and backward."""
    layer, inputs = nn.LSTM(512, dim, batch_first=True), torch.randn(rows, 40, 512, requires_grad=True)
    start, back = torch.zeros(rows, dim), torch.randn(rows, 40, dim)

    def ours() -> None:
        lstm(inputs, (start, start), layer.all_weights[0])[0].backward(back)  # type: ignore[no-untyped-call]

    def theirs() -> None:
        layer(inputs)[0].backward(back)

    return ours, theirs


def tanhs() -> tuple[Work, Work]:
    """Ours, and torch's; forward alone."""
    values, into = torch.randn(455, 512), torch.empty(455, 512)
    return lambda: tanh(values, into), lambda: torch.tanh(values, out=into)


def steps() -> tuple[Work, Work]:
    """Those of `stepper`, and of the decoder's modules, from the same memory."""
    attention = {"scorer": "scaled-dot", "heads": 4}
    sizes = {"layers": 4, "dim": 128, "feed_forward": 256, "heads": 4}
    shape = ModelShape.model_validate({"kind": "encoder-decoder", "architecture": "transformer", "attention": attention, **sizes})
    model = build_model(shape, Sizes(VOCABULARY, VOCABULARY), HandedOver(), seed=1).eval()
    assert isinstance(model, Seq2Seq)
    memory = model.encode(torch.randint(4, VOCABULARY, (36, 14)), torch.ones(36, 14, dtype=torch.bool))
    tokens = torch.randint(4, VOCABULARY, (16, 36))

    def walk(by: Any) -> Work:
        def all_steps() -> None:
            state = by.start(memory)
            for each in tokens:
                state = by.step(each, state).state

        return torch.inference_mode()(all_steps)

    stepper = model.stepper()
    assert isinstance(stepper, TransformerSteps), "such a model has a form for steps"
    return walk(stepper), walk(model)


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
    pairs = {
        "dropout": dropouts(),
        "loss of the output layer": losses(),
        "largest of a vocabulary": tops(),
        "steps of a decoder": steps(),
        "output layer, 64 rows": output_layers(64),
        "output layer, 4 rows": output_layers(4),
        "attention within a sentence": attentions(),
        "additive attention": additive(),
        "an LSTM, 128 sentences, 256 wide": lstms(128, 256),
        "an LSTM, 64 sentences, 256 wide": lstms(64, 256),
        "an LSTM, 8 sentences, 128 wide": lstms(8, 128),
        "tanh": tanhs(),
    }
    for name, pair in pairs.items():
        ours, others = medians(pair, asked.repeats)
        rows.append([name, f"{ours:.2f}", f"{others:.2f}", f"{others / ours:.2f}"])
    notes = [f"{asked.threads} threads, torch {torch.__version__}, {machine()}."]
    print(Table("Fast paths", ["operation", "ours, ms", "beside it, ms", "of ours"], rows, notes).markdown())


if __name__ == "__main__":
    main()
