"""From a table of vectors to the rows of a model's vocabulary: by word, never by position."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embedseq.embeddings.vectors import Vectors
from embedseq.text.vocabulary import SPECIALS, UNK, Vocabulary

_NAMED_MISSING = 20


@dataclass(frozen=True)
class Coverage:
    """How much of a vocabulary has trained vectors, in word types and in running words of the training text."""

    types: int
    """Words of the vocabulary, special tokens not counted."""
    types_with_vector: int
    tokens: int
    """Running words of the training text; those that became the unknown token are counted, and have no vector."""
    tokens_with_vector: int
    commonest_missing: tuple[tuple[str, int], ...]
    """The commonest words without a vector, with their counts."""


@dataclass(frozen=True, eq=False)
class Alignment:
    """Trained vectors in the order of a vocabulary of V tokens; rows of tokens without one, and of special tokens, are zero."""

    matrix: NDArray[np.float32]
    """(V, D)"""
    has_vector: NDArray[np.bool_]
    """(V,): False for special tokens and words without a trained vector, which a model initialises and trains itself."""
    coverage: Coverage


def align(vectors: Vectors, vocabulary: Vocabulary) -> Alignment:
    """Look every word of `vocabulary` up in `vectors`. A vector for a word spelt like a special token is not used."""
    matrix = np.zeros((len(vocabulary), vectors.dim), dtype=np.float32)
    has_vector = _with_vector(vectors, vocabulary)
    for row in np.flatnonzero(has_vector):
        matrix[row] = vectors[vocabulary.tokens[row]]
    return Alignment(matrix, has_vector, _coverage(vocabulary, has_vector))


def coverage(vectors: Vectors, vocabulary: Vocabulary) -> Coverage:
    """The coverage that `align` would find, without its matrix."""
    return _coverage(vocabulary, _with_vector(vectors, vocabulary))


def _with_vector(vectors: Vectors, vocabulary: Vocabulary) -> NDArray[np.bool_]:
    """(V,): which words have a vector; special tokens have none."""
    words = vocabulary.tokens[len(SPECIALS) :]
    return np.array([False] * len(SPECIALS) + [word in vectors for word in words], dtype=np.bool_)


def _coverage(vocabulary: Vocabulary, has_vector: NDArray[np.bool_]) -> Coverage:
    counts = np.array(vocabulary.counts, dtype=np.int64)
    words = np.arange(len(vocabulary)) >= len(SPECIALS)
    missing = sorted(np.flatnonzero(words & ~has_vector & (counts > 0)), key=lambda row: (-counts[row], row))
    return Coverage(
        types=int(words.sum()),
        types_with_vector=int(has_vector.sum()),
        tokens=int(counts[words].sum() + counts[UNK]),
        tokens_with_vector=int(counts[has_vector].sum()),
        commonest_missing=tuple((vocabulary.tokens[row], int(counts[row])) for row in missing[:_NAMED_MISSING]),
    )
