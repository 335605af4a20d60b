"""embedseq's own training, by the function that a stage calls, as a contestant (see `meter.py`)."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

import torch
from meter import Meter, job

from embedseq.models.build import HandedOver, Sizes, build_model
from embedseq.models.interfaces import Model
from embedseq.models.settings import ModelShape
from embedseq.seeds import stream
from embedseq.text.batches import TokenBatches
from embedseq.text.encoded import Encoded
from embedseq.text.vocabulary import Vocabulary
from embedseq.training.loop import TrainingData, train
from embedseq.training.progress import Standing
from embedseq.training.settings import TrainSettings


def shape_of(asked: dict[str, Any]) -> ModelShape:
    """The model in our words; attention follows the recurrent step, as it does in the peers."""
    shape = asked["shape"]
    if shape["architecture"] == "transformer":
        attention = {"scorer": "scaled-dot", "heads": shape["heads"]}
        further = {"heads": shape["heads"], "feed_forward": shape["feed_forward"]}
    else:
        attention = {"scorer": shape["attention"], "when": "after", "input_feeding": shape["feeding"]}
        further = {}
    plain = {name: shape[name] for name in ("architecture", "layers", "dim", "embedding_dim")}
    return ModelShape.model_validate(
        {"kind": "encoder-decoder", **plain, **further, "attention": attention, "dropout": asked["dropout"]}
    )


def settings_of(asked: dict[str, Any]) -> TrainSettings:
    """The training; raises ValueError where replicas are asked for that there are not."""
    fields = {"epochs": 100, "batch_tokens": asked["batch"], "label_smoothing": asked["smoothing"]}
    replicas = {"replicas": asked["replicas"]} if asked["replicas"] > 1 else {}
    return TrainSettings.model_validate(
        {**fields, **replicas, "lr": 1e-3, "warmup": 100, "schedule": "inverse-sqrt", "threads": asked["threads"]}
    )


@dataclass(frozen=True)
class Task:
    """A model, what it learns from, and how; tokens: the target tokens of each update."""

    model: Model
    data: TrainingData
    settings: TrainSettings
    seed: int
    tokens: Iterator[int]


def task_of(asked: dict[str, Any]) -> Task:
    """What a job asks for."""
    folder, seed = Path(asked["folder"]), int(asked["seed"])
    size = len(Vocabulary.load(folder / "vocabulary.json"))
    sides = [[Encoded.open(folder / f"{split}.{side}") for side in ("source", "target")] for split in ("train", "valid")]
    batches, valid = (TokenBatches(source, target, asked["batch"]) for source, target in sides)
    tokens = chain.from_iterable(tokens_of(batches, stream(seed, "order", epoch)) for epoch in count(1))
    model = build_model(shape_of(asked), Sizes(size, size), HandedOver(), seed)
    return Task(model, TrainingData(batches, valid), settings_of(asked), seed, tokens)


def tokens_of(batches: TokenBatches, seed: int) -> list[int]:
    """The target tokens of each batch of an epoch."""
    return [int(batch.target_valid.sum()) for batch in batches.epoch(seed)]


def main() -> None:
    """Train until the meter is satisfied."""
    asked = job()
    torch.set_num_threads(asked["threads"])
    task = task_of(asked)
    meter = Meter(asked, f"torch {torch.__version__}")

    def watch(standing: Standing) -> None:
        if standing.valid_loss is not None:
            meter.again()  # others do not validate
        elif meter.add(next(task.tokens)):
            sys.exit()

    train(task.model, task.data, task.settings, task.seed, watch)


if __name__ == "__main__":
    main()
