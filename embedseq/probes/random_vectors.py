"""Tables that know nothing: what a number measured on real vectors is held against."""

import numpy as np

from embedseq.embeddings.vectors import Vectors


def norm_matched(vectors: Vectors, seed: int | np.random.Generator) -> Vectors:
    """The same words, each with a vector of random direction and of the norm that its own vector has; zeros stay zeros.

    Directions are spread evenly over the sphere: normal numbers, divided by their norm.
    """
    directions = np.random.default_rng(seed).standard_normal(vectors.matrix.shape, dtype=np.float32)
    lengths = np.linalg.norm(directions, axis=1, keepdims=True)
    norms = np.linalg.norm(vectors.matrix, axis=1, keepdims=True)
    return Vectors(vectors.words, directions * np.divide(norms, lengths, out=np.zeros_like(norms), where=lengths > 0))


def permuted(vectors: Vectors, seed: int | np.random.Generator) -> Vectors:
    """The same words with the same vectors, dealt out to the words at random: the cloud stays, what it says of words goes."""
    return Vectors(vectors.words, vectors.matrix[np.random.default_rng(seed).permutation(len(vectors))])
