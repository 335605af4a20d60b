"""Do the cosines of word pairs rank as people's judgements do? Spearman's rho, and its coverage."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from embedseq.embeddings.vectors import Vectors
from embedseq.errors import InputError
from embedseq.probes.random_vectors import norm_matched, permuted
from embedseq.probes.word_sets import BUNDLED, SetLine, set_lines, set_name
from embedseq.probes.word_tables import known_form, restricted
from embedseq.seeds import stream
from embedseq.statistics.bootstrap import Floats, statistic_value
from embedseq.statistics.measurement import Measurement, Role

_PERMUTATION_SEED = 353
_DRAWS = 11
"""Odd, so that one is the median. A single one may be lucky: rho over 200 pairs has a standard deviation of 0.07."""


@dataclass(frozen=True)
class WordPair:
    """Two words and how similar people found them."""

    first: str
    second: str
    score: float

    def forms(self, vectors: Vectors) -> tuple[str | None, str | None]:
        """The forms of the words under which they have vectors."""
        return known_form(vectors, self.first), known_form(vectors, self.second)


@dataclass(frozen=True)
class WordPairs:
    """A set of judged pairs."""

    name: str
    pairs: tuple[WordPair, ...]


def load_word_pairs(name: str, base: Path = Path()) -> WordPairs:
    """A bundled set by its name, or a file of `word word score` lines (tabs or spaces; `#` begins a comment) by its path.

    A relative path starts from `base`. InputError, with the line, for a file that is not like that.
    """
    lines = set_lines(name, base, BUNDLED, "word pairs")
    if not lines:
        raise InputError(f"{name}: expected lines of two words and a score, found none.")
    return WordPairs(set_name(name, BUNDLED), tuple(_pair(line) for line in lines))


def word_similarity(vectors: Vectors, pairs: WordPairs, subject: str) -> list[Measurement]:
    """Spearman's rho of cosine and judgement over the pairs whose words both have vectors; `part` is the set.

    A word is looked up as it is written, and in lower case where that has no vector. The control is the same pairs under the
    same vectors permuted across the words, the median of several permutations. Items are (cosine, judgement), one a pair;
    coverage is pairs found over all.
    """
    draw = np.random.default_rng(_PERMUTATION_SEED)
    shuffled = (permuted(vectors, draw) for _ in range(_DRAWS))
    control = _median([_measured(each, pairs, subject, "control", "vectors permuted across words") for each in shuffled])
    return [_measured(vectors, pairs, subject, "score", ""), control]


def random_baseline(vectors: Vectors, pairs: WordPairs, subject: str) -> Measurement:
    """The same pairs under random vectors of the norms of `vectors`, the median of several draws."""
    found = restricted(vectors, {form for pair in pairs.pairs for form in pair.forms(vectors) if form is not None})
    draw = np.random.default_rng(stream(0, "word-similarity", "random"))
    drawn = (norm_matched(found, draw) for _ in range(_DRAWS))
    return _median([_measured(each, pairs, subject, "baseline", "random vectors of the same norms") for each in drawn])


def _median(baselines: Sequence[Measurement]) -> Measurement:
    by_value = sorted(baselines, key=lambda each: (math.isnan(each.value), each.value))
    return by_value[len(by_value) // 2]


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
        first, second = pair.forms(vectors)
        if first is not None and second is not None:
            rows.append((vectors.similarity(first, second), pair.score))
    return np.array(rows, dtype=np.float64).reshape(-1, 2)


def _pair(line: SetLine) -> WordPair:
    """Fields are parted by tabs where there is one, else by spaces; further fields are not read."""
    fields = [field.strip() for field in (line.text.split("\t") if "\t" in line.text else line.text.split())]
    try:
        first, second, score = fields[0], fields[1], float(fields[2])
    except (IndexError, ValueError):
        first = second = ""
        score = float("nan")
    if not (first and second and np.isfinite(score)):
        raise InputError(f"{line.where}: expected two words and a number, found {line.text.strip()[:60]!r}.")
    return WordPair(first, second, score)
