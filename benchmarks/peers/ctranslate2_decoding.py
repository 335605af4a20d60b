"""CTranslate2 as a process of its own, which `benchmarks/decoding.py` starts: `python ctranslate2_decoding.py FOLDER THREADS`.

FOLDER holds weights.npz and task.json (architecture, layers, heads, tokens, sentences, batch, settings). For each line on its
input, a beam and in how many parts of one thread each (1: one part with all THREADS), it decodes all sentences and prints a line
of JSON: seconds, and the tokens found. The first line that it prints is its version.
"""

import json
import sys
import time
from pathlib import Path

import ctranslate2
import numpy as np
from ctranslate2_weights import convert


def main() -> None:
    folder, threads = Path(sys.argv[1]), int(sys.argv[2])
    task = json.loads((folder / "task.json").read_text())
    with np.load(folder / "weights.npz") as weights:
        convert(dict(weights), task["layers"], task["heads"], task["tokens"], folder / "model")
    translators = {
        parts: ctranslate2.Translator(str(folder / "model"), inter_threads=parts, intra_threads=own, compute_type="float32")
        for parts, own in ((1, threads), (2, 1))
    }
    print(json.dumps({"version": ctranslate2.__version__}), flush=True)
    for line in sys.stdin:
        beam, parts = map(int, line.split())
        began = time.perf_counter()
        options = {"beam_size": beam, "num_hypotheses": beam, "return_scores": True, **task["settings"]}
        found = translators[parts].translate_batch(task["sentences"], max_batch_size=task["batch"], **options)
        seconds = time.perf_counter() - began
        print(json.dumps({"seconds": seconds, "outputs": [each.hypotheses[0] for each in found]}), flush=True)


if __name__ == "__main__":
    main()
