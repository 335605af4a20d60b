"""A process of its own that trains an LSTM and a Transformer, large enough for their products to be split among two threads, and
tells the digest of their weights.

python trained_in_threads.py FOLDER BYTES, so many of which are taken first, so that arrays lie elsewhere
"""

import hashlib
import sys
from pathlib import Path

import numpy as np
import torch

from embedseq.models.build import HandedOver, Sizes, build_seq2seq
from embedseq.models.settings import ModelShape
from embedseq.text.batches import TokenBatches
from embedseq.text.encoded import Encoded
from embedseq.training.loop import TrainingData, train
from embedseq.training.settings import TrainSettings

WORDS = 1500
THREADS = 2


def data(folder: Path) -> TrainingData:
    """Sentences of random words, each of which is to be said backwards."""
    folder.mkdir()
    draw = np.random.default_rng(3)
    lines = [draw.integers(4, WORDS, size=draw.integers(5, 30)).tolist() for _ in range(240)]
    source = Encoded.write(folder / "source", lines)
    target = Encoded.write(folder / "target", [line[::-1] for line in lines])
    batches = TokenBatches(source, target, 1200)
    return TrainingData(batches, batches)


def digest(architecture: str, given: TrainingData) -> str:
    """Of all weights after some updates."""
    shape = ModelShape.model_validate({"architecture": architecture, "dim": 96, "heads": 4, "dropout": 0.2})
    model = build_seq2seq(shape, Sizes(WORDS, WORDS), HandedOver(), 1)
    train(model, given, TrainSettings(epochs=1, max_updates=4, label_smoothing=0.1), 7)
    weights = (tensor.numpy().tobytes() for _, tensor in sorted(model.state_dict().items()))
    return hashlib.sha256(b"".join(weights)).hexdigest()


def main(folder: Path, taken: int) -> None:
    """Tell how many threads there are, and the digests."""
    kept = [bytearray(taken), torch.empty(taken)]
    torch.set_num_threads(THREADS)
    given = data(folder)
    print(torch.get_num_threads(), *(digest(architecture, given) for architecture in ("lstm", "transformer")), flush=True)
    del kept


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
