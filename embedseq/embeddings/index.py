"""An index over word vectors: a query looks at a few per cent of the rows. Needs faiss (the extra `index`); loads no torch.

The rows are parted into lists around centres (spherical k-means), and a query looks through the lists of the nearest centres (an
inverted file: Jégou, Douze, Schmid 2011). What it finds is scored exactly; what it may miss is measured on the very vectors that
it was built for, and an index that misses too much is refused.
"""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from embedseq.embeddings.nearest import Doubles, Floats, Ints, Nearest, NearestRows, lengths
from embedseq.errors import InputError, MissingExtraError
from embedseq.seeds import stream

TOP = 10
"""So many neighbours an index is measured for; who asks for more is answered by exact search."""
TARGET = 0.99
"""The share of the true neighbours that an index has to find."""
SMALLEST = 10_000
"""With fewer words exact search takes less than a millisecond."""
FACTS = "index.json"
_LISTS = "lists.faiss"
_TUNED_FOR = 0.993  # a little above the target, so that the second sample seldom refuses what the first found good
_SAMPLE = 1000
_LARGEST_SHARE = 8  # an index that has to look through more than an eighth of the lists is no gain
_ROUNDS = 8  # of k-means
_ROWS_A_LIST = 40  # that k-means learns from
_CHUNK = 16_384
_Z = 1.96  # of a 95 per cent interval


@dataclass(frozen=True)
class Recall:
    """The share of the true ten nearest words that were found, over a sample of words."""

    share: float
    low: float
    """The interval of 95 per cent."""
    high: float
    words: int
    """The size of the sample."""

    def __str__(self) -> str:
        return f"{self.share:.3f} ({self.low:.3f} to {self.high:.3f})"


@dataclass(frozen=True)
class IndexFacts:
    """What was built, and what was found of it."""

    lists: int
    looked_at: int
    """Lists that a query looks through."""
    recall: Recall
    """On words that were not used to choose `looked_at`."""

    @property
    def accepted(self) -> bool:
        """Whether the whole interval is at or above the target."""
        return self.recall.low >= TARGET

    @property
    def verdict(self) -> str:
        """One sentence on what the index is good for."""
        found = f"an index finds {self.recall} of the {TOP} nearest words of {self.recall.words:,} sampled words"
        if self.accepted:
            return f"{found}, looking through {self.looked_at:,} of {self.lists:,} lists"
        return f"{found}, below the {TARGET} that is asked of it: exact search is used"


class IndexedRows:
    """Searches the rows of a matrix through an index; cosines and order are those of exact search."""

    def __init__(self, exact: NearestRows, index: Any, looked_at: int) -> None:
        self.exact = exact
        self._index = index
        self._index.nprobe = looked_at

    def of(self, queries: Floats, top: int, without: Ints | None = None) -> list[Nearest]:
        """As `NearestRows.of`, but for neighbours that are missed. Asked for more than ten, it searches all rows."""
        if top > TOP:
            return self.exact.of(queries, top, without)
        # Some more than asked for: the index scores in single precision.
        _, found = self._index.search(unit_rows(queries), 2 * TOP)
        return [
            self._scored(queries[number], rows, top, None if without is None else without[number : number + 1])
            for number, rows in enumerate(found)
        ]

    def cosines(self, query: Floats, rows: Ints) -> Doubles:
        """The cosines (K,) of `query` (D,) with some rows."""
        return self.exact.cosines(query, rows)

    def _scored(self, query: Floats, rows: Ints, top: int, without: Ints | None) -> Nearest:
        rows = rows[rows >= 0]  # where the lists hold too few rows, the places left over are -1
        if without is not None:
            rows = rows[rows != without]
        if len(rows) < top or not query.any():
            return self.exact.of(query[None], top, without)[0]
        return self.exact.best(query, rows, top)


def build_index(exact: NearestRows, folder: Path) -> IndexFacts:
    """Build an index of all rows, measure it, and write what was found, and the index itself where it was accepted.

    `folder` is there and empty. Raises MissingExtraError without faiss, InputError where a row holds what is no finite number.
    """
    index = _trained(exact)
    for start in range(0, len(exact.matrix), _CHUNK):
        index.add(unit_rows(exact.matrix[start : start + _CHUNK]))
    draw = np.random.default_rng(stream(0, "index", "sample"))
    sample = draw.choice(len(exact.matrix), size=min(2 * _SAMPLE, len(exact.matrix)), replace=False)
    for_choice, for_verdict = np.array_split(sample, 2)
    looked_at = _fewest_lists(exact, index, for_choice)
    recall = measured_recall(exact, IndexedRows(exact, index, looked_at), for_verdict)
    facts = IndexFacts(index.nlist, looked_at, recall)
    if facts.accepted:
        _faiss().write_index(index, str(folder / _LISTS))
    (folder / FACTS).write_text(json.dumps(asdict(facts), indent=1) + "\n", encoding="utf-8")
    return facts


def read_facts(folder: Path) -> IndexFacts:
    """What `build_index` found. Raises InputError where the file is not what it wrote."""
    try:
        content = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        return IndexFacts(content["lists"], content["looked_at"], Recall(**content["recall"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{folder / FACTS}: expected the facts of an index, found: {error}. Build it again.") from error


def open_index(exact: NearestRows, folder: Path) -> IndexedRows | None:
    """The index that `build_index` wrote for these rows; None where it was refused. The file is mapped, not read.

    Raises InputError where it is damaged or not of these rows, MissingExtraError without faiss.
    """
    facts = read_facts(folder)
    if not facts.accepted:
        return None
    faiss = _faiss()
    try:
        index = faiss.read_index(str(folder / _LISTS), faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY)
    except RuntimeError as error:
        raise InputError(f"{folder / _LISTS}: expected an index, found: {error}. Build it again.") from error
    if (index.ntotal, index.d) != exact.matrix.shape:
        raise InputError(f"{folder / _LISTS}: expected an index of {exact.matrix.shape}, found {(index.ntotal, index.d)}.")
    # Otherwise threads are started for each query, to read ahead: six times the time of a query from memory.
    faiss.downcast_InvertedLists(index.invlists).prefetch_nthread = 0
    return IndexedRows(exact, index, facts.looked_at)


def measured_recall(exact: NearestRows, indexed: IndexedRows, rows: Ints) -> Recall:
    """How many of the true neighbours of `rows` are found. A word as near as the last of the true ones is as good."""
    queries = exact.matrix[rows]
    top = min(TOP, len(exact.matrix) - 1)
    true, found = exact.of(queries, top, rows), indexed.of(queries, top, rows)
    hits = [int((there.cosines >= here.cosines[-1]).sum()) for here, there in zip(true, found, strict=True)]
    share = sum(hits) / (top * len(rows))
    return Recall(share, *wilson(share, len(rows)), words=len(rows))


def wilson(share: float, n: int) -> tuple[float, float]:
    """Wilson's interval of 95 per cent (1927) of the mean of `n` numbers between 0 and 1.

    It is that of n yes-or-no answers, and no number between 0 and 1 varies more than those do: an interval that holds whatever
    way the misses are spread over the words.
    """
    middle = share + _Z**2 / (2 * n)
    half = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return (middle - half) / (1 + _Z**2 / n), (middle + half) / (1 + _Z**2 / n)


def unit_rows(rows: Floats) -> Floats:
    """The rows divided by their norms, (N, D); rows of zeros stay zeros."""
    norms = lengths(rows)[:, None]
    return np.divide(rows, norms, out=np.zeros(rows.shape), where=norms > 0).astype(np.float32)


def _trained(exact: NearestRows) -> Any:
    """An index with centres and no rows."""
    faiss = _faiss()
    count, width = exact.matrix.shape
    lists = max(1, round(4 * math.sqrt(count)))
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(width), width, lists, faiss.METRIC_INNER_PRODUCT)
    index.cp.spherical, index.cp.niter, index.cp.seed = True, _ROUNDS, stream(0, "index", "centres") % 2**31
    draw = np.random.default_rng(stream(0, "index", "training"))
    chosen = np.sort(draw.choice(count, size=min(count, _ROWS_A_LIST * lists), replace=False))
    exact.inverse_norms  # noqa: B018  refuses what is no number before any work
    index.train(unit_rows(exact.matrix[chosen]))
    return index


def _fewest_lists(exact: NearestRows, index: Any, rows: Ints) -> int:
    """The fewest lists to look through, in powers of two, with which enough is found; the most that are allowed if none is."""
    most = max(1, int(index.nlist) // _LARGEST_SHARE)
    looked_at = 1
    while looked_at < most and measured_recall(exact, IndexedRows(exact, index, looked_at), rows).low < _TUNED_FOR:
        looked_at *= 2
    return min(looked_at, most)


def _faiss() -> Any:
    try:
        import faiss
    except ImportError as error:
        raise MissingExtraError("An index over word vectors", "index") from error
    return faiss
