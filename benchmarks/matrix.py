"""Several models on two cores: packed, a thread each, or one by one with two threads each; or one by one as two replicas.

    python benchmarks/matrix.py [--updates 8] [--rounds 3]

Five models on Multi30k, English to German, 10,000 joint subwords, batches of 4,096 tokens: a Transformer (4 + 4 layers, 128 wide,
feed-forward 256, 4 heads) with dropout and without, an LSTM with Luong's attention with and without input feeding, a GRU with
additive attention and input feeding (embedding 256, bidirectional encoder 256, decoder 512). Each is trained for a few updates,
the cells for fewer, and validated on 100 sentences. The ways take turns, with another seed in each round. Time counts from when
the first worker has loaded torch to the last model's end. Needs EMBEDSEQ_DATA and two cores.
"""

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from table import Table

import embedseq
from embedseq.pipeline.runs import Run

CELLS_SHARE = 0.6
"""Of the updates of the Transformers, which are faster."""
CELLS = """
  {name}:
    data: captions
    architecture: {cell}
    attention: {{scorer: {scorer}, input_feeding: {feeding}}}
    embedding_dim: 256
    dim: 512
    dropout: 0.3
    train: {train}
    evaluate: {{beam: 1}}
"""
TRANSFORMER = """
  {name}:
    data: captions
    architecture: transformer
    attention: {{heads: 4}}
    embedding_dim: 128
    dim: 128
    layers: 4
    heads: 4
    feed_forward: 256
    dropout: {dropout}
    train: {train}
    evaluate: {{beam: 1}}
"""
FILE = """
name: matrix
seeds: [SEED]
data:
  captions:
    dataset: multi30k
    source: en
    target: de
    lowercase: true
    tokens: {kind: bpe, size: 10000}
    joint: true
    max_length: 80
    limits: {valid: 100}
models:
"""


@dataclass(frozen=True)
class Way:
    """How the models are trained."""

    name: str
    threads: int
    replicas: int
    jobs: int


WAYS = (
    Way("one by one, 2 threads", threads=2, replicas=1, jobs=2),
    Way("packed, 1 thread each", threads=1, replicas=1, jobs=2),
    Way("one by one, 2 replicas", threads=1, replicas=2, jobs=2),
)


def pipeline(updates: int, way: Way, seed: int) -> str:
    """The text of the file."""

    def train(share: float) -> str:
        count = max(1, round(share * updates))
        more = f", replicas: {way.replicas}" if way.replicas > 1 else ""
        return f"{{epochs: 1, max_updates: {count}, batch_tokens: 4096, lr: 1e-3, threads: {way.threads}{more}}}"

    cells = (("lstm", "general", "true"), ("lstm", "general", "false"), ("gru", "additive", "true"))
    dropouts = {"transformer": 0.3, "undropped": 0.0}
    models = [TRANSFORMER.format(name=name, dropout=dropout, train=train(1.0)) for name, dropout in dropouts.items()]
    for cell, scorer, feeding in cells:
        name = f"{cell}-{'feeding' if feeding == 'true' else 'plain'}"
        models.append(CELLS.format(name=name, cell=cell, scorer=scorer, feeding=feeding, train=train(CELLS_SHARE)))
    return FILE.replace("SEED", str(seed)) + "".join(models)


@dataclass(frozen=True)
class Took:
    """Seconds by the clock: of everything, and of each model's training."""

    whole: float
    models: dict[str, float]


def took(run: Run) -> Took:
    """What the log tells of the trainings."""
    loaded, ended, models = [], [], {}
    for event in run.events():
        if str(event.get("node")).startswith("train "):
            if event["event"] == "fact" and event["name"] == "loading_seconds":
                loaded.append(event["time"])
            elif event["event"] == "fact" and event["name"] == "work_seconds":
                models[str(event["node"]).split()[1].rstrip(",")] = event["value"]
            elif event["event"] == "stage-ended":
                ended.append(event["time"])
    return Took(max(ended) - min(loaded), models)


def tried(way: Way, updates: int, seed: int, folder: Path) -> Took:
    """What the models take in one way."""
    file, store = folder / "matrix.yaml", folder / "store"
    file.write_text(pipeline(updates, way, seed), encoding="utf-8")
    embedseq.run(file, store=store, only=["tokens"], jobs=1)
    run = embedseq.run(file, store=store, only=["train "], jobs=way.jobs)
    if run.failures:
        raise SystemExit(str(run.failures))
    return took(run.record)


def row(name: str, seconds: list[float], first: list[Took], models: Sequence[Mapping[str, float]] = ()) -> list[str]:
    """Of the table: the seconds of each round, beside those of the first way, and those of each model."""
    ratios = [own / one.whole for own, one in zip(seconds, first, strict=True)]
    each = [f"{model} {median(found[model] for found in models):.1f}" for model in (models[0] if models else ())]
    return [name, f"{median(seconds):.1f}", f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})", ", ".join(each)]


def main() -> None:
    """Train the models in each way, the ways taking turns, and print what each took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--updates", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    rounds: dict[Way, list[Took]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(1, asked.rounds + 1):
            for way in WAYS:
                rounds[way].append(tried(way, asked.updates, seed, Path(folder)))
    one_by_one, packed = rounds[WAYS[0]], rounds[WAYS[1]]
    found = [
        row(way.name, [each.whole for each in results], one_by_one, [each.models for each in results])
        for way, results in rounds.items()
    ]
    # What no order of the stages can go below: a model on one of two busy cores takes so long, whatever runs beside it.
    found.append(row("packed without any gap", [sum(each.models.values()) / 2 for each in packed], one_by_one))
    note = (
        f"Five models, {asked.updates} updates each, the cells {round(CELLS_SHARE * asked.updates)}, of 4,096 tokens of "
        "Multi30k, and a validation of 100 sentences; seconds of all, and of each model's training. Medians of "
        f"{asked.rounds} rounds, each with another seed; the ratio is to the first row of the same round."
    )
    print(Table("A matrix of models", ["", "seconds", "ratio", "of each model"], found, [note]).markdown())


if __name__ == "__main__":
    main()
