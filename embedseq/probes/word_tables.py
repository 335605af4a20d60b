"""Which rows of a table of word vectors a probe looks at, and the form under which a word is looked up."""

from collections.abc import Collection

from embedseq.embeddings.vectors import Vectors
from embedseq.probes.material import TableMaterial


def chosen_table(material: TableMaterial, shared: bool) -> Vectors:
    """The words of the table, or only those of them that all tables of the probe have, in the order of their code points.

    So all tables of a comparison have the same words in the same order, whatever order they were trained or written in.
    """
    return restricted(material.vectors, material.shared if shared else None)


def restricted(vectors: Vectors, words: Collection[str] | None) -> Vectors:
    """The rows of `words` that have a vector (of all words where None), in the order of their code points."""
    kept = sorted(vectors.words if words is None else {word for word in words if word in vectors})
    return Vectors(kept, vectors.matrix[[vectors.row(word) for word in kept]])


def known_form(vectors: Vectors, word: str) -> str | None:
    """The word as it is written, else in lower case, whichever has a vector; None where neither has."""
    return next((form for form in (word, word.lower()) if form in vectors), None)
