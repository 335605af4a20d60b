"""OpenNMT-py's own trainer as a contestant (see `meter.py`): its `train`, of which only the counting is ours.

It cuts the corpus into batches of like length, whose rows times the longest sentence of either side stay within the limit.
"""

import contextlib
import sys
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
import yaml
from meter import Meter, job
from onmt.bin.train import _get_parser, train
from onmt.trainer import Trainer

ATTENTIONS = {"general": "general", "additive": "mlp"}
PADDING = "<blank>"


class Done(BaseException):
    """Enough was measured."""


def model_of(asked: dict[str, Any]) -> dict[str, Any]:
    """The model in OpenNMT-py's words."""
    shape, dropout = asked["shape"], asked["dropout"]
    widths = {"layers": shape["layers"], "word_vec_size": shape["embedding_dim"], "hidden_size": shape["dim"]}
    plain = {**widths, "dropout": [dropout]}
    if shape["architecture"] == "transformer":
        further = {"heads": shape["heads"], "transformer_ff": shape["feed_forward"], "position_encoding": True}
        kinds = {"encoder_type": "transformer", "decoder_type": "transformer"}
        return {**plain, **further, **kinds, "attention_dropout": [0.0], "param_init": 0.0, "param_init_glorot": True}
    return {
        **plain,
        "encoder_type": "brnn",
        "decoder_type": "rnn",
        "rnn_type": shape["architecture"].upper(),
        "global_attention": ATTENTIONS[shape["attention"]],
        "input_feed": int(shape["feeding"]),
        "bridge": True,
    }


def settings(asked: dict[str, Any], output: Path) -> dict[str, Any]:
    """A configuration file's content."""
    folder = Path(asked["folder"])
    splits = {
        name: {"path_src": str(folder / f"{split}.source"), "path_tgt": str(folder / f"{split}.target")}
        for name, split in (("corpus", "train"), ("valid", "valid"))
    }
    vocabulary = str(folder / "vocabulary")
    return {
        "data": splits,
        "src_vocab": vocabulary,
        "tgt_vocab": vocabulary,
        "share_vocab": True,
        "save_model": str(output / "model"),
        "batch_type": "tokens",
        "batch_size": asked["batch"],
        "bucket_size": 29_000,  # the corpus once; otherwise it is read nine times before the first update
        "num_workers": 0,
        "normalization": "tokens",
        "optim": "adam",
        "adam_beta2": 0.98,
        "learning_rate": 0.001,
        "max_grad_norm": 1.0,
        "label_smoothing": asked["smoothing"],
        "train_steps": 100_000,
        "valid_steps": 100_000,
        "save_checkpoint_steps": 100_000,
        "seed": asked["seed"],
        "world_size": 1,
        "gpu_ranks": [],
        "report_every": 1000,
        **model_of(asked),
    }


class Counted:
    """Stands in front of a trainer's update."""

    def __init__(self, meter: Meter) -> None:
        self.meter, self.update = meter, Trainer._gradient_accumulation

    def __call__(self, trainer: Trainer, batches: list[dict[str, Any]], *rest: Any) -> None:
        padding = trainer.train_loss.padding_idx
        tokens = sum(int(batch["tgt"][:, 1:, 0].ne(padding).sum()) for batch in batches)
        self.update(trainer, batches, *rest)
        if self.meter.add(tokens):
            raise Done


def main() -> None:
    """Train until the meter is satisfied."""
    asked = job()
    torch.set_num_threads(asked["threads"])
    counted = Counted(Meter(asked, f"OpenNMT-py {version('OpenNMT-py')}, torch {torch.__version__}"))
    Trainer._gradient_accumulation = lambda trainer, batches, *rest: counted(trainer, batches, *rest)
    with TemporaryDirectory() as output:
        written = Path(output) / "settings.yaml"
        written.write_text(yaml.safe_dump(settings(asked, Path(output))))
        options, _ = _get_parser().parse_known_args(["-config", str(written)])
        with contextlib.suppress(Done):
            train(options)
    sys.exit()


if __name__ == "__main__":
    main()
