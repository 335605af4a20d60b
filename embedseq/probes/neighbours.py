"""The nearest words of some words, side by side in several tables of vectors. Something to look at, not a score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from embedseq.embeddings.vectors import Neighbour, Vectors


@dataclass(frozen=True)
class NeighbourList:
    """The neighbours of a word in one table of vectors; where it has no vector, near spellings instead."""

    word: str
    vectors: str
    """The name of the table."""
    neighbours: tuple[Neighbour, ...]
    known: bool
    near_spellings: tuple[str, ...] = ()


@dataclass(frozen=True)
class NeighbourTable:
    """All lists, word by word, in the order in which words and tables were given."""

    words: tuple[str, ...]
    vectors: tuple[str, ...]
    lists: tuple[NeighbourList, ...]

    def of(self, word: str, vectors: str) -> NeighbourList:
        """The list of one word in one table."""
        return self.lists[self.words.index(word) * len(self.vectors) + self.vectors.index(vectors)]


def neighbour_table(tables: Mapping[str, Vectors], words: Sequence[str], top: int = 8) -> NeighbourTable:
    """The `top` neighbours of each of `words` in each of `tables` (name -> vectors), by cosine."""
    distinct = tuple(dict.fromkeys(words))
    lists = tuple(_neighbours(word, name, vectors, top) for word in distinct for name, vectors in tables.items())
    return NeighbourTable(distinct, tuple(tables), lists)


def _neighbours(word: str, name: str, vectors: Vectors, top: int) -> NeighbourList:
    if word not in vectors:
        return NeighbourList(word, name, (), known=False, near_spellings=vectors.near_spellings(word))
    return NeighbourList(word, name, tuple(vectors.most_similar(word, top)), known=True)
