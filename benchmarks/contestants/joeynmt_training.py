"""JoeyNMT's own trainer as a contestant (see `meter.py`): its `train`, of which only the counting is ours.

It draws sentences at random and fills a batch until its rows times its longest sentence, of either side, pass the limit: it knows
no batches of like length. Its dropout is on the weights of attention, too.
"""

import sys
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from joeynmt.batch import Batch
from joeynmt.training import TrainManager, train
from meter import Meter, job

ATTENTIONS = {"general": "luong", "additive": "bahdanau"}


class Done(BaseException):
    """Enough was measured."""


def model_of(asked: dict[str, Any]) -> dict[str, Any]:
    """The model in JoeyNMT's words."""
    shape, dropout = asked["shape"], asked["dropout"]
    embeddings = {"embedding_dim": shape["embedding_dim"], "scale": shape["architecture"] == "transformer", "dropout": dropout}
    if shape["architecture"] == "transformer":
        side = {
            "type": "transformer",
            "num_layers": shape["layers"],
            "num_heads": shape["heads"],
            "hidden_size": shape["dim"],
            "ff_size": shape["feed_forward"],
            "layer_norm": "pre",
            "dropout": dropout,
            "embeddings": embeddings,
        }
        return {"tied_embeddings": False, "tied_softmax": False, "encoder": side, "decoder": dict(side)}
    side = {"type": "recurrent", "rnn_type": shape["architecture"], "num_layers": shape["layers"], "dropout": dropout}
    return {
        "tied_embeddings": False,
        "tied_softmax": False,
        "encoder": {**side, "embeddings": embeddings, "hidden_size": shape["dim"] // 2, "bidirectional": True},
        "decoder": {
            **side,
            "embeddings": dict(embeddings),
            "hidden_size": shape["dim"],
            "attention": ATTENTIONS[shape["attention"]],
            "init_hidden": "bridge",
            "input_feeding": shape["feeding"],
            "hidden_dropout": dropout,
        },
    }


def settings(asked: dict[str, Any], output: Path) -> dict[str, Any]:
    """A configuration file's content."""
    folder = Path(asked["folder"])
    sides = {
        name: {"lang": language, "level": "word", "voc_file": str(folder / "vocabulary"), "max_length": -1}
        for name, language in (("src", "source"), ("trg", "target"))
    }
    return {
        "name": "benchmark",
        "joeynmt_version": "2.3.0",
        "model_dir": str(output),
        "use_cuda": False,
        "data": {"train": str(folder / "train"), "dev": str(folder / "valid"), "dataset_type": "plain", **sides},
        "testing": {"beam_size": 1, "batch_size": 1024, "batch_type": "token"},
        "training": {
            "random_seed": asked["seed"],
            "optimizer": "adam",
            "adam_betas": [0.9, 0.98],
            "learning_rate": 0.001,
            "scheduling": "warmupinversesquareroot",
            "learning_rate_warmup": 100,
            "clip_grad_norm": 1.0,
            "batch_size": asked["batch"],
            "batch_type": "token",
            "normalization": "tokens",
            "label_smoothing": asked["smoothing"],
            "epochs": 100,
            "validation_freq": 100_000,
            "logging_freq": 100,
            "overwrite": True,
        },
        "model": {"initializer": "xavier_uniform", "bias_initializer": "zeros", **model_of(asked)},
    }


class Counted:
    """Stands in front of a trainer's step: when the next begins, the update of the last one is done."""

    def __init__(self, meter: Meter) -> None:
        self.meter, self.step, self.pending = meter, TrainManager._train_step, 0

    def __call__(self, trainer: TrainManager, batch: Batch) -> Any:
        if self.pending and self.meter.add(self.pending):
            raise Done
        self.pending = int(batch.ntokens)
        return self.step(trainer, batch)


def main() -> None:
    """Train until the meter is satisfied."""
    asked = job()
    torch.set_num_threads(asked["threads"])
    counted = Counted(Meter(asked, f"JoeyNMT {version('joeynmt')}, torch {torch.__version__}"))
    TrainManager._train_step = lambda trainer, batch: counted(trainer, batch)
    with TemporaryDirectory() as output:
        try:
            train(rank=0, world_size=None, cfg=settings(asked, Path(output)), skip_test=True)
        except Done:
            sys.exit()


if __name__ == "__main__":
    main()
