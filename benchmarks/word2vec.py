"""The stage that trains Word2Vec beside gensim called by hand with `corpus_file`: seconds, running words a second, memory.

    python benchmarks/word2vec.py [--words 10000000] [--grown 100000000] [--rounds 3]

The text is real, U.S. speeches and Wikipedia articles, and made long by drawing its sentences again and again. 300 wide, window
5, five negatives, one epoch, two workers. By hand: gensim counts and trains from a file of words that lies there, and saves its
vectors. The stage: reads its ids from disk, counts them, writes the file for gensim, trains, looks at what came out, and saves
it. Each is a process of its own, and they take turns; its seconds are those after its imports. `--grown` shows how the stage's
seconds and memory grow with the text, with CBOW; 0 leaves it out.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, get_args

import numpy as np
from corpus import WORK
from table import Table

from embedseq.embeddings.settings import Word2VecSettings
from embedseq.pipeline.pool import worker_environment
from embedseq.text.corpora import open_corpus, token_settings
from embedseq.text.encoded import Encoded
from embedseq.text.ragged import column_path
from embedseq.text.settings import DataSettings
from embedseq.text.tokenisers import train_tokeniser
from embedseq.text.vocabulary import Vocabulary

WIDTH, WINDOW, NEGATIVE, WORKERS = 300, 5, 5, 2
Algorithm = Literal["skip-gram", "cbow"]
ALGORITHMS: tuple[Algorithm, ...] = get_args(Algorithm)
TEXT = {"dataset": ("us-speeches", "wikipedia-sample"), "task": "text", "tokens": {"kind": "word"}}
SIDE, LINES = "train.source", "lines.txt"
DRAWN = 1 << 20
"""So many words are written at a time."""


def prepared(work: Path, words: int) -> Path:
    """The folder of a text of so many running words at least: ids and vocabulary for the stage, words in lines for gensim."""
    folder = work / f"words-{words}"
    if (folder / LINES).exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    corpus = open_corpus(settings := DataSettings.model_validate(TEXT), Path.cwd())
    sentences = corpus.sentences("train")
    tokeniser, vocabulary = train_tokeniser(token_settings(settings)[0], sentences)
    vocabulary.save(folder / "source.vocabulary.json")
    with TemporaryDirectory() as scratch:
        known = Encoded.write(Path(scratch) / "once", (vocabulary.ids(tokeniser.tokenise(line)) for line in sentences()))
        _write(known, vocabulary, words, folder)
    return folder


def _write(known: Encoded, vocabulary: Vocabulary, words: int, folder: Path) -> None:
    """Draw sentences until there are enough words, and write them in both forms; the lines last, under a name of their own."""
    rng, spelled = np.random.default_rng(0), np.array(vocabulary.tokens, dtype=object)
    ids, lengths, total = list[Any](), list[Any](), 0
    with (folder / "unfinished").open("w", encoding="utf-8") as lines:
        while total < words:
            drawn = rng.integers(0, len(known), DRAWN // 20)
            for row in drawn[known.lengths[drawn] > 0]:
                sentence = known[int(row)]
                ids.append(sentence)
                lengths.append(len(sentence))
                lines.write(" ".join(spelled[sentence].tolist()) + "\n")
            total = sum(lengths)
    np.save(column_path(folder / SIDE, "ids"), np.concatenate(ids))
    np.save(column_path(folder / SIDE, "offsets"), np.concatenate([[0], np.cumsum(lengths)]))
    (folder / "unfinished").rename(folder / LINES)


def by_hand(folder: Path, algorithm: Algorithm) -> tuple[float, int]:
    """Seconds and running words of gensim as its documentation has it."""
    from gensim.models import Word2Vec

    began = time.perf_counter()
    model = Word2Vec(
        corpus_file=str(folder / LINES),
        vector_size=WIDTH,
        window=WINDOW,
        negative=NEGATIVE,
        epochs=1,
        workers=WORKERS,
        sg=int(algorithm == "skip-gram"),
    )
    with TemporaryDirectory() as output:
        model.wv.save(str(Path(output) / "vectors"))
        return time.perf_counter() - began, model.corpus_total_words


def by_stage(folder: Path, algorithm: Algorithm) -> tuple[float, int]:
    """Seconds and running words of the stage."""
    from gensim.models import word2vec  # noqa: F401  # what the worker has loaded before

    from embedseq.pipeline.stage import StageContext
    from embedseq.pipeline.stages.word2vec import run

    settings = Word2VecSettings(
        text="t.source", algorithm=algorithm, dim=WIDTH, window=WINDOW, negative=NEGATIVE, epochs=1, workers=WORKERS
    )
    record = {name: value for name, value in settings.record().items() if name != "text"}
    began = time.perf_counter()
    with TemporaryDirectory() as name:
        output = Path(name)
        spec = {"side": "source", "seed": 1, "settings": record}
        run(StageContext(spec, output, output, inputs={"tokens": folder}, execution={"text": "t.source"}, threads=WORKERS))
        seconds = time.perf_counter() - began
        words = json.loads((output / "facts.json").read_text())["running_words"]
    return seconds, words


SIDES = {"gensim by hand": by_hand, "the stage": by_stage}


def measured(side: str, folder: Path, algorithm: Algorithm) -> dict[str, Any]:
    """What a process of its own says of itself."""
    command = [sys.executable, __file__, "--contestant", side, str(folder), algorithm]
    ended = subprocess.run(command, env=worker_environment(WORKERS), capture_output=True, text=True)
    if ended.returncode:
        sys.exit(f"{side} failed:\n{ended.stderr[-4000:]}")
    told: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    print(f"{algorithm}, {side}: {told['seconds']:.1f} s", file=sys.stderr)
    return told


def contestant(side: str, folder: str, algorithm: Algorithm) -> None:
    """Be one of the sides, and tell."""
    seconds, words = SIDES[side](Path(folder), algorithm)
    status = Path("/proc/self/status").read_text()  # of this program alone; getrusage also knows what its parent took
    peak = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 2**10  # type: ignore[index]
    print(json.dumps({"seconds": seconds, "words": words, "peak_mib": peak}))


def beside_each_other(folder: Path, rounds: int) -> Table:
    """Both algorithms, both sides, in turn."""
    rows = list[list[str]]()
    for algorithm in ALGORITHMS:
        turns = [{side: measured(side, folder, algorithm) for side in SIDES} for _ in range(rounds)]
        seconds = {side: statistics.median(turn[side]["seconds"] for turn in turns) for side in SIDES}
        for side in SIDES:
            peak, words = (statistics.median(turn[side][what] for turn in turns) for what in ("peak_mib", "words"))
            ratio = seconds[side] / seconds["gensim by hand"]
            numbers = [f"{seconds[side]:.1f}", f"{words / seconds[side]:,.0f}", f"{ratio:.2f}", f"{peak:,.0f}"]
            rows.append([f"{algorithm}, {side}", *numbers])
    columns = ["", "seconds", "running words/s", "of gensim's seconds", "memory, MiB"]
    note = f"300 wide, window 5, five negatives, one epoch, two workers; medians of {rounds}."
    return Table(f"{words:,.0f} running words", columns, rows, [note])


def grown(work: Path, sizes: list[int]) -> Table:
    """The stage with texts of several lengths."""
    rows = list[list[str]]()
    for size in sizes:
        told = measured("the stage", prepared(work, size), "cbow")
        million = told["seconds"] / told["words"] * 1e6
        rows.append([f"{told['words']:,.0f}", f"{told['seconds']:.1f}", f"{million:.2f}", f"{told['peak_mib']:,.0f}"])
    columns = ["running words", "seconds", "seconds a million", "memory, MiB"]
    return Table("How the stage grows with the text", columns, rows, ["CBOW."])


def arguments() -> argparse.Namespace:
    """Of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--words", type=int, default=10_000_000)
    parser.add_argument("--grown", type=int, default=100_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--contestant", nargs=3, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Measure, and print the tables."""
    asked = arguments()
    if asked.contestant:
        contestant(*asked.contestant)
        return
    print(beside_each_other(prepared(asked.work, asked.words), asked.rounds).markdown())
    if asked.grown:
        print("", grown(asked.work, [asked.words // 10, asked.words, asked.grown]).markdown(), sep="\n")


if __name__ == "__main__":
    main()
