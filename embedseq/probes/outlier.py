"""Groups of words with outliers, and whether compactness finds the outliers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embedseq.embeddings.vectors import Vectors
from embedseq.errors import InputError
from embedseq.probes.means import Grouped
from embedseq.probes.word_sets import OUTLIERS, SetLine, set_lines, set_name
from embedseq.probes.word_tables import known_form
from embedseq.seeds import stream
from embedseq.statistics.bootstrap import Floats
from embedseq.statistics.measurement import Measurement, Role

Ints = NDArray[np.int64]

_LEAST_GROUP = 3
"""Of two words and an outlier the outlier is the word whose removal leaves the closest pair; of one word nothing is left."""
_ROUNDING = 1e-12
_PERMUTATIONS = 100
"""A set has so few groups that one permutation says little."""


@dataclass(frozen=True)
class OutlierGroup:
    """Words that belong together, and words that do not belong to them, each to be found on its own."""

    words: tuple[str, ...]
    outliers: tuple[str, ...]


@dataclass(frozen=True)
class OutlierSets:
    """Groups of words with outliers."""

    name: str
    groups: tuple[OutlierGroup, ...]


def load_outlier_sets(name: str, base: Path = Path()) -> OutlierSets:
    """A bundled set by its name, or by its path a file of lines `word word word | outlier outlier` (`#` begins a comment).

    A relative path starts from `base`. InputError, with the line, for a file that is not like that.
    """
    lines = set_lines(name, base, OUTLIERS, "groups of words with outliers")
    if not lines:
        raise InputError(f"{name}: expected lines of words, `|` and outliers, found none.")
    return OutlierSets(set_name(name, OUTLIERS), tuple(_group(line) for line in lines))


def outliers(table: Vectors, sets: OutlierSets) -> list[Measurement]:
    """Accuracy and OPP of one set, each with chance and the mean over permutations of the vectors; `part` is the set.

    Words are looked up as they are written, and in lower case where that has no vector; words without one are left out. An
    outlier is asked for where it and three words or more of its group have vectors. Items are (sum over its outliers, outliers),
    one a group, as outliers of one group share its words.
    """
    asked, group = _asked(table, sets)
    own = _places(table.unit, asked)
    draws = np.random.default_rng(stream(0, "outlier", "permuted"))
    shuffled = (draws.permutation(len(table)) for _ in range(_PERMUTATIONS))
    control = np.mean([_places(table.unit, [order[rows] for rows in asked]) for order in shuffled], axis=0)
    chance = np.array([[1 / len(rows), 0.5] for rows in asked]).reshape(-1, 2)
    arms: tuple[tuple[Floats, Role, str], ...] = (
        (own, "score", ""),
        (chance, "baseline", "chance"),
        (control, "control", "vectors permuted across words"),
    )
    coverage = len(asked) / sum(len(each.outliers) for each in sets.groups)
    return [
        Grouped(group).mean(values[:, column], score, sets.name, coverage, role, label)
        for column, score in enumerate(("accuracy", "opp"))
        for values, role, label in arms
    ]


def compactness(unit: NDArray[np.float32]) -> Floats:
    """Of n unit vectors (n, D) the mean cosine of the pairs without each: (n,)   (Camacho-Collados and Navigli 2016, eq. 1)."""
    cosines = unit.astype(np.float64) @ unit.T.astype(np.float64)
    np.fill_diagonal(cosines, 0.0)
    pairs = (len(unit) - 1) * (len(unit) - 2)
    without: Floats = (cosines.sum() - 2 * cosines.sum(axis=1)) / pairs
    return without


def _places(unit: NDArray[np.float32], asked: Sequence[Ints]) -> Floats:
    """Whether the outlier is last, and its place from 0 to 1, for each of N sets of rows whose last is the outlier: (N, 2).

    Words of one compactness stand in each order equally often.
    """
    found = []
    for rows in asked:
        *group, outlier = compactness(unit[rows])
        equal = sum(abs(each - outlier) <= _ROUNDING for each in group)
        below = sum(each < outlier - _ROUNDING for each in group)
        last = 1 / (1 + equal) if below + equal == len(group) else 0.0
        found.append((last, (below + equal / 2) / len(group)))
    return np.array(found, dtype=np.float64).reshape(-1, 2)


def _asked(table: Vectors, sets: OutlierSets) -> tuple[list[Ints], Ints]:
    """For each outlier that can be asked for the rows of its group and its own, and the numbers of the groups (N,)."""
    asked, group = [], []
    for number, each in enumerate(sets.groups):
        words = [form for form in (known_form(table, word) for word in each.words) if form is not None]
        for outlier in (known_form(table, word) for word in each.outliers):
            if outlier is not None and len(words) >= _LEAST_GROUP:
                asked.append(np.array([table.row(word) for word in (*words, outlier)], dtype=np.int64))
                group.append(number)
    return asked, np.array(group, dtype=np.int64)


def _group(line: SetLine) -> OutlierGroup:
    words, _, others = line.text.partition("|")
    group = OutlierGroup(tuple(words.split()), tuple(others.split()))
    if len(group.words) < _LEAST_GROUP or not group.outliers:
        raise InputError(
            f"{line.where}: expected {_LEAST_GROUP} words or more, `|` and an outlier or more, found {line.text.strip()[:60]!r}."
        )
    twice = [word for word in {*group.words, *group.outliers} if (group.words + group.outliers).count(word) > 1]
    if twice:
        raise InputError(f"{line.where}: expected every word once, found {min(twice)!r} twice.")
    return group
