"""Do the cosines of word pairs rank as people's judgements do? Spearman's rho, and its coverage."""

import importlib.util
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from embedseq.embeddings.vectors import Vectors
from embedseq.errors import InputError, RequestError
from embedseq.probes.settings import BUNDLED
from embedseq.statistics.bootstrap import Floats, statistic_value
from embedseq.statistics.measurement import Measurement, Role

_PERMUTATION_SEED = 353
_PERMUTATIONS = 11
"""Odd, so that one is the median. A single one may be lucky: rho over 200 pairs has a standard deviation of 0.07."""


@dataclass(frozen=True)
class WordPair:
    """Two words and how similar people found them."""

    first: str
    second: str
    score: float


@dataclass(frozen=True)
class WordPairs:
    """A set of judged pairs."""

    name: str
    pairs: tuple[WordPair, ...]


def load_word_pairs(name: str, base: Path = Path()) -> WordPairs:
    """A bundled set by its name, or a file of `word word score` lines (tabs or spaces; `#` begins a comment) by its path.

    A relative path starts from `base`. InputError, with the line, for a file that is not like that.
    """
    path = bundled_file(name) if name in BUNDLED else base / name
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        choices = ", ".join(BUNDLED)
        raise InputError(f"{path}: expected a file of word pairs in UTF-8 or one of {choices}, but: {error}.") from error
    lines = enumerate(text.split("\n"), start=1)
    pairs = tuple(_pair(line, f"{path}:{number}") for number, line in lines if line.strip() and not line.startswith("#"))
    if not pairs:
        raise InputError(f"{path}: expected lines of two words and a score, found none.")
    return WordPairs(name if name in BUNDLED else Path(name).stem, pairs)


def bundled_file(name: str) -> Path:
    """Where gensim has a bundled set, found without loading gensim."""
    package = importlib.util.find_spec("gensim")
    folders = (package.submodule_search_locations if package else None) or ()
    for folder in folders:
        path = Path(folder) / "test" / "test_data" / BUNDLED[name]
        if path.is_file():
            return path
    raise RequestError(f"{name}: expected {BUNDLED[name]} among gensim's test data, found none. Install gensim from PyPI.")


def word_similarity(vectors: Vectors, pairs: WordPairs, subject: str) -> list[Measurement]:
    """Spearman's rho of cosine and judgement over the pairs whose words both have vectors; `part` is the set.

    A word is looked up as it is written, and in lower case where that has no vector. The baseline is the same pairs under the
    same vectors permuted across the words, the median of several permutations. Items are (cosine, judgement), one a pair;
    coverage is pairs found over all.
    """
    draw = np.random.default_rng(_PERMUTATION_SEED)
    shuffled = (Vectors(vectors.words, vectors.matrix[draw.permutation(len(vectors))]) for _ in range(_PERMUTATIONS))
    baselines = [_measured(each, pairs, subject, "baseline", "vectors permuted across words") for each in shuffled]
    by_value = sorted(baselines, key=lambda each: (math.isnan(each.value), each.value))
    return [_measured(vectors, pairs, subject, "score", ""), by_value[_PERMUTATIONS // 2]]


def _measured(vectors: Vectors, pairs: WordPairs, subject: str, role: Role, label: str) -> Measurement:
    items = _cosines_and_scores(vectors, pairs.pairs)
    return Measurement(
        subject=subject,
        score="rho",
        role=role,
        label=label,
        value=statistic_value("spearman", items),
        statistic="spearman",
        items=items,
        coverage=len(items) / len(pairs.pairs),
        part=pairs.name,
    )


def _cosines_and_scores(vectors: Vectors, pairs: Sequence[WordPair]) -> Floats:
    """(N, 2) for the N pairs found."""
    rows = []
    for pair in pairs:
        first, second = _known_form(vectors, pair.first), _known_form(vectors, pair.second)
        if first is not None and second is not None:
            rows.append((vectors.similarity(first, second), pair.score))
    return np.array(rows, dtype=np.float64).reshape(-1, 2)


def _known_form(vectors: Vectors, word: str) -> str | None:
    return next((form for form in (word, word.lower()) if form in vectors), None)


def _pair(line: str, where: str) -> WordPair:
    """Fields are parted by tabs where there is one, else by spaces; further fields are not read."""
    fields = [field.strip() for field in (line.split("\t") if "\t" in line else line.split())]
    try:
        first, second, score = fields[0], fields[1], float(fields[2])
    except (IndexError, ValueError):
        first = second = ""
        score = float("nan")
    if not (first and second and np.isfinite(score)):
        raise InputError(f"{where}: expected two words and a number, found {line.strip()[:60]!r}.")
    return WordPair(first, second, score)
