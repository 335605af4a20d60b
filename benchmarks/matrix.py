"""Several models on two cores: packed, a thread each, or one by one with two threads each; or one by one as two replicas.

    python benchmarks/matrix.py --updates 8

Five models on Multi30k, English to German, 10,000 joint subwords, batches of 4,096 tokens: a Transformer (4 + 4 layers, 128 wide,
feed-forward 256, 4 heads) with dropout and without, an LSTM with Luong's attention with and without input feeding, a GRU with
additive attention and input feeding (embedding 256, bidirectional encoder 256, decoder 512). Each is trained for a few updates,
the cells for fewer, and validated on 100 sentences, in the same store one way after the other. Time counts from when the first
worker has loaded torch to the last model's end. Needs EMBEDSEQ_DATA and two cores.
"""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import embedseq
from embedseq.pipeline.runs import Run

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
seeds: [1]
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


def pipeline(updates: int, way: Way) -> str:
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
        models.append(CELLS.format(name=name, cell=cell, scorer=scorer, feeding=feeding, train=train(0.6)))
    return FILE + "".join(models)


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
                models[event["node"]] = event["value"]
            elif event["event"] == "stage-ended":
                ended.append(event["time"])
    return Took(max(ended) - min(loaded), models)


def main() -> None:
    """Train the models in each way, and print what each took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--updates", type=int, default=8)
    asked = parser.parse_args()
    results: dict[Way, Took] = {}
    with tempfile.TemporaryDirectory() as folder:
        file, store = Path(folder) / "matrix.yaml", Path(folder) / "store"
        for way in WAYS:
            file.write_text(pipeline(asked.updates, way), encoding="utf-8")
            embedseq.run(file, store=store, only=["tokens"], jobs=1)
            run = embedseq.run(file, store=store, only=["train "], jobs=way.jobs)
            if run.failures:
                raise SystemExit(str(run.failures))
            results[way] = took(run.record)
    slowest = results[WAYS[0]].whole
    for way, result in results.items():
        each = ", ".join(f"{name.split()[1].rstrip(',')} {seconds:.1f}" for name, seconds in result.models.items())
        print(f"{way.name:<24} {result.whole:6.1f} s  ratio {result.whole / slowest:.2f}  ({each})")
    # What no order of the stages can go below: a model on one of two busy cores takes so long, whatever runs beside it.
    without_gaps = sum(results[WAYS[1]].models.values()) / 2
    print(f"{'packed without any gap':<24} {without_gaps:6.1f} s  ratio {without_gaps / slowest:.2f}")


if __name__ == "__main__":
    main()
