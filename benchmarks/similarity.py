"""Similarity queries: ours, exact and through an index, and gensim's `KeyedVectors.most_similar`.

    python benchmarks/similarity.py                                  # 50,000 x 300 in groups and at random
    python benchmarks/similarity.py --rows 1000000 --kind groups     # 5 GB of memory, some minutes, most of it the index
    python benchmarks/similarity.py --vectors PREFIX                 # your own: PREFIX.safetensors and PREFIX.words.json

The ten nearest words of one word, and of 256 words. gensim has no call for many words at once: a user writes a loop. The sides
take turns in one process on two threads; times are medians. Vectors in groups are a mixture of Gaussians, a group for every 50
words, so that the neighbours of a word are real ones; at random there is nothing to find, and an index is refused.

Memory is that of a fresh process for each side, which loads the vectors from disk as its users do and asks 20 single words and
256 at once: what is the process's own (`RssAnon`, after the queries), the pages of mapped files beside it (`RssFile`), which the
system shares between processes and takes back where memory is short, and the peak of both together. gensim's own format can be
mapped, too.
"""

import json
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import click
import numpy as np
from gensim.models import KeyedVectors
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from embedseq.embeddings.index import build_index, open_index
from embedseq.embeddings.vectors import Vectors

WIDTH, TOP, BATCH, THREADS = 300, 10, 256, 2
PER_GROUP, SPREAD = 50, 0.7
Floats = NDArray[np.float32]
Ask = Callable[[Sequence[str]], object]

CHILD = """
import json, re, sys
from pathlib import Path
side, prefix, words = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])
if side.startswith("gensim"):
    from gensim.models import KeyedVectors
    table = KeyedVectors.load(f"{prefix}.gensim", mmap="r" if side.endswith("mapped") else None)
    batch = lambda: [table.most_similar(word, topn=10) for word in words]
else:
    from embedseq.embeddings.vectors import Vectors
    table = Vectors.load(prefix)
    if side == "index":
        from embedseq.embeddings.index import open_index
        table = table.searched_by(open_index(table.exact_search, prefix.parent / "index"))
    batch = lambda: table.most_similar_to_each(words)
for word in words[:20]:
    table.most_similar(word)
batch()
status = Path("/proc/self/status").read_text()
print(json.dumps({name: int(re.search(rf"{name}:\\s+(\\d+)", status)[1]) / 2**20 for name in ("RssAnon", "RssFile", "VmHWM")}))
"""


def made(rows: int, kind: str) -> Vectors:
    """Vectors of the kind `groups` or `random`."""
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((rows, WIDTH), dtype=np.float32)
    if kind == "groups":
        centres = rng.standard_normal((rows // PER_GROUP, WIDTH), dtype=np.float32)
        matrix *= SPREAD
        for start in range(0, rows, 10_000):
            part = matrix[start : start + 10_000]
            part += centres[rng.integers(0, len(centres), len(part))]
    return Vectors([f"word{row}" for row in range(rows)], matrix)


def gensims(vectors: Vectors) -> KeyedVectors:
    """The same table in gensim; it shares the matrix."""
    table = KeyedVectors(vectors.dim)
    table.index_to_key = list(vectors.words)
    table.key_to_index = {word: row for row, word in enumerate(vectors.words)}
    table.vectors = vectors.matrix
    return table


def medians(sides: dict[str, Ask], rounds: Sequence[Sequence[str]]) -> dict[str, float]:
    """The median seconds of each side over the rounds, in turns."""
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for words in rounds:
        for name, ask in sides.items():
            start = time.perf_counter()
            ask(words)
            taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(each) for name, each in taken.items()}


def table_of(title: str, found: dict[str, float], queries: int) -> None:
    """Milliseconds, queries a second, and the gain over gensim."""
    print(f"\n{title}\n{'':<16}{'ms':>10}{'queries/s':>12}{'gain':>8}")
    for name, seconds in found.items():
        print(f"{name:<16}{1e3 * seconds:>10.3f}{queries / seconds:>12,.0f}{found['gensim'] / seconds:>8.2f}", flush=True)


def indexed(vectors: Vectors, folder: Path) -> Vectors | None:
    """The table with an index, if that is accepted; prints what building it took and found."""
    if find_spec("faiss") is None:
        print("no index: pip install 'embedseq[index]'")
        return None
    start = time.perf_counter()
    facts = build_index(vectors.exact_search, folder)
    print(f"{facts.verdict}; built and measured in {time.perf_counter() - start:.1f} s", flush=True)
    search = open_index(vectors.exact_search, folder)
    return None if search is None else vectors.searched_by(search)


def asking(table: Vectors) -> tuple[Ask, Ask]:
    """The nearest words of the first of some, and of each of them."""
    return (lambda asked: table.most_similar(asked[0], TOP)), (lambda asked: table.most_similar_to_each(asked, TOP))


def speed(vectors: Vectors, index: Vectors | None, words: Sequence[str]) -> None:
    """One word, and many."""
    theirs = gensims(vectors)
    ours = {"exact": vectors} | ({"index": index} if index else {})
    single: dict[str, Ask] = {"gensim": lambda asked: theirs.most_similar(asked[0], topn=TOP)}
    batch: dict[str, Ask] = {"gensim": lambda asked: [theirs.most_similar(word, topn=TOP) for word in asked]}
    for name, table in ours.items():
        single[name], batch[name] = asking(table)
    medians(single, [[word] for word in words[:5]])  # warms up: norms, pages
    rounds = 100 if len(vectors) <= 100_000 else 30
    table_of(f"one word, median of {rounds}", medians(single, [[word] for word in words[:rounds]]), 1)
    rounds = 5 if len(vectors) <= 100_000 else 3
    medians({name: ask for name, ask in batch.items() if name != "gensim"}, [words])
    table_of(f"{len(words)} words at once, median of {rounds}", medians(batch, [words] * rounds), len(words))
    same = [
        [near.word for near in vectors.most_similar(word)] == [near for near, _ in theirs.most_similar(word)]
        for word in words[:20]
    ]
    print(f"\nthe same ten words in the same order as gensim: {sum(same)} of {len(same)}")


def memory(vectors: Vectors, folder: Path, with_index: bool, words: Sequence[str]) -> None:
    """Each side in a process of its own."""
    vectors.save(folder / "vectors")
    gensims(vectors).save(str(folder / "vectors.gensim"), separately=["vectors"])
    print(f"\n{'GiB of memory':<16}{'own':>10}{'mapped':>12}{'peak':>8}")
    for side in ("gensim", "gensim, mapped", "exact", *(["index"] if with_index else [])):
        command = [sys.executable, "-c", CHILD, side, str(folder / "vectors"), json.dumps(list(words))]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        print(f"{side:<16}{found['RssAnon']:>10.3f}{found['RssFile']:>12.3f}{found['VmHWM']:>8.3f}", flush=True)


@click.command()
@click.option("--rows", type=click.IntRange(min=1000), default=50_000, show_default=True, help="Words.")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(["groups", "random"]), default=["groups", "random"])
@click.option(
    "--vectors", "prefix", type=click.Path(path_type=Path), help="Vectors that `Vectors.save` wrote, in place of made ones."
)
@click.option("--index/--no-index", "with_index", default=True, help="Whether an index is measured, too.")
def main(rows: int, kinds: tuple[str, ...], prefix: Path | None, with_index: bool) -> None:
    """Similarity queries of embedseq and gensim side by side."""
    packages = [name for name in ("numpy", "gensim", "faiss-cpu") if name != "faiss-cpu" or find_spec("faiss")]
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    print(f"{platform.machine()}, {processor()}, {THREADS} threads; Python {platform.python_version()}, {versions}")
    for kind in ("own",) if prefix else kinds:
        vectors = Vectors.load(prefix) if prefix else made(rows, kind)
        words = [vectors.words[row] for row in np.random.default_rng(1).choice(len(vectors), BATCH, replace=False)]
        print(f"\n== {len(vectors):,} x {vectors.dim}, {kind}", flush=True)
        folder = Path(tempfile.mkdtemp(prefix="embedseq-"))
        try:
            (folder / "index").mkdir()
            index = indexed(vectors, folder / "index") if with_index else None
            speed(vectors, index, words)
            memory(vectors, folder, index is not None, words)
        finally:
            shutil.rmtree(folder)


def processor() -> str:
    """The name of the processor, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor())


if __name__ == "__main__":
    with threadpool_limits(THREADS):
        main()
