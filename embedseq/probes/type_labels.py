"""Properties of word types: what a treebank mostly says of a word, and the band of its frequency."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embedseq.embeddings.vectors import Vectors
from embedseq.errors import RequestError
from embedseq.probes.material import TableMaterial
from embedseq.probes.word_tables import known_form
from embedseq.text.trees import Tree
from embedseq.text.vocabulary import SPECIALS

if TYPE_CHECKING:
    from embedseq.probes.kinds.word_property import WordPropertySettings

_NAME = "probe word-property"


@dataclass(frozen=True)
class TypeLabels:
    """Word types with a vector and a property."""

    labels: Mapping[str, str]
    coverage: float
    """Of all types that have the property, the share that has a vector."""


def labelled_types(table: Vectors, material: TableMaterial, wanted: "WordPropertySettings") -> TypeLabels:
    """The commonest words of `table` that the property is known of, with their labels.

    A word of the treebank counts under the form that has a vector: as it is written, else in lower case. RequestError where the
    material does not say the property.
    """
    if wanted.property == "frequency":
        return _by_frequency(table, material, wanted)
    if not material.trees:
        raise RequestError(
            f"{_NAME}: expected a treebank that says the {wanted.property} of words, found none. Name one in `data`."
        )
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for word, value in _VALUES[wanted.property](material.trees):
        counted[known_form(table, word) or word][value] += 1
    counts = {word: total for word, values in counted.items() if (total := values.total()) >= wanted.min_count}
    kept = _commonest(table, counts, wanted.most_words)
    return TypeLabels({word: _majority(counted[word]) for word in kept}, _share(table, counts))


def frequency_bands(counts: Mapping[str, int], bands: int) -> dict[str, str]:
    """The band of each word, `band 1 of 5` the commonest, of about as many types each; words of one count are in one band.

    Bands of equal numbers of types are the same for counts and for their logarithms.
    """
    values, sizes = np.unique(np.fromiter(counts.values(), np.int64, len(counts)), return_counts=True)
    middles = _middles(sizes[::-1])  # falling counts
    band_of = dict(zip(values[::-1].tolist(), np.minimum((middles * bands).astype(int), bands - 1).tolist(), strict=True))
    return {word: f"band {band_of[count] + 1} of {bands}" for word, count in counts.items()}


def _by_frequency(table: Vectors, material: TableMaterial, wanted: "WordPropertySettings") -> TypeLabels:
    if not material.counts:
        raise RequestError(
            f"{_NAME}: expected vectors that were trained here, so that the counts of their words are known, found vectors "
            "without counts. Select other embeddings, or probe another property."
        )
    counts = {word: count for word, count in material.counts.items() if count >= wanted.min_count and word not in SPECIALS}
    kept = _commonest(table, counts, wanted.most_words)
    return TypeLabels(frequency_bands({word: counts[word] for word in kept}, wanted.bands), _share(table, counts))


def _middles(sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Where the middle of each of some groups lies when they stand in a row of length 1."""
    middles: NDArray[np.float64] = (np.cumsum(sizes) - sizes / 2) / max(1, int(sizes.sum()))
    return middles


def _tags(trees: Iterable[Tree]) -> Iterator[tuple[str, str]]:
    return ((word, tag) for tree in trees for word, tag in zip(tree.words.words, tree.upos, strict=True))


def _numbers(trees: Iterable[Tree]) -> Iterator[tuple[str, str]]:
    """Of nouns alone: verbs and pronouns have a number of another kind, and names hardly ever a plural."""
    for tree in trees:
        for word, tag, feats in zip(tree.words.words, tree.upos, tree.feats, strict=True):
            if tag == "NOUN" and "Number" in feats:
                yield word, feats["Number"]


_VALUES = {"tag": _tags, "number": _numbers}


def _majority(values: Counter[str]) -> str:
    return min(values, key=lambda value: (-values[value], value))


def _commonest(table: Vectors, counts: Mapping[str, int], most: int) -> list[str]:
    return sorted((word for word in counts if word in table), key=lambda word: (-counts[word], word))[:most]


def _share(table: Vectors, counts: Mapping[str, int]) -> float:
    return sum(word in table for word in counts) / max(1, len(counts))
