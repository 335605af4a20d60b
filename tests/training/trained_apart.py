"""A process of its own that trains, saves after each update, tells every update and each epoch, and waits for a line after each;
at the end it tells the digest of the weights.

python trained_apart.py FOLDER [REPLICAS]
"""

import hashlib
import math
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from test_loop import batches, sentences, tiny, weights

from embedseq.training import progress
from embedseq.training.loop import TrainingData, train
from embedseq.training.settings import TrainSettings


def tell(standing: progress.Standing) -> None:
    """Say which update it is, and wait until somebody has heard it."""
    print(standing.update, flush=True)
    sys.stdin.readline()


def main(folder: Path, replicas: int = 1) -> None:
    """Go on from what is in the folder."""
    progress.SAVE_SHARE = math.inf
    folder.mkdir(exist_ok=True)
    data = TrainingData(batches(folder / "train", sentences(60, 1)), batches(folder / "valid", sentences(20, 2)))
    model = tiny("lstm")
    settings = TrainSettings(epochs=4, schedule="inverse-sqrt", warmup=5, average=2, replicas=replicas)
    train(model, data, settings, 7, tell, folder / "saved", save_seconds=0.0)
    print(hashlib.sha256(b"".join(weight for _, weight in sorted(weights(model).items()))).hexdigest(), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
