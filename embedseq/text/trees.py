"""Sentences with words, parts of speech, features and dependency trees, as probes read them; a line of JSON each on disk."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embedseq.errors import InputError
from embedseq.text.gold_words import GoldWords

TREES = "trees.jsonl"
"""What the names of files of trees end in."""
ROOT = 0
"""The head of the word on which no other hangs."""


@dataclass(frozen=True)
class Tree:
    """One sentence; `upos` and the fields after it have an entry a word. Raises ValueError where it is no tree."""

    words: GoldWords
    upos: tuple[str, ...]
    heads: tuple[int, ...]
    """The number of the word that each hangs on, counted from 1; 0 for the root."""
    deprels: tuple[str, ...]
    feats: tuple[Mapping[str, str], ...]
    """Morphological features, `{"Number": "Sing"}`."""

    def __post_init__(self) -> None:
        lengths = {len(each) for each in (self.words.words, self.upos, self.heads, self.deprels, self.feats)}
        if len(lengths) != 1:
            raise ValueError(f"a tree needs one entry a word, found {sorted(lengths)} entries")
        if self.heads.count(ROOT) != 1:
            raise ValueError(f"a tree has one root, found {self.heads.count(ROOT)}")
        if any(not 0 <= head <= len(self.heads) for head in self.heads):
            raise ValueError("a word hangs on a word that is not in the sentence")
        if (self.depths < 0).any():
            raise ValueError("words hang on each other in a circle")

    def __len__(self) -> int:
        return len(self.heads)

    @property
    def root(self) -> int:
        """The place of the root, counted from 0."""
        return self.heads.index(ROOT)

    @cached_property
    def depths(self) -> NDArray[np.int64]:
        """(n,): how many arcs are between each word and the root; -1 in a circle."""
        depths = np.full(len(self.heads), -1, dtype=np.int64)
        for word in range(len(self.heads)):
            above, steps = word, 0
            while self.heads[above] != ROOT and steps <= len(self.heads):
                above, steps = self.heads[above] - 1, steps + 1
            depths[word] = steps if steps <= len(self.heads) else -1
        return depths

    @cached_property
    def distances(self) -> NDArray[np.int64]:
        """(n, n): how many arcs are on the path between each two words: depth_i + depth_j - 2 depth of their nearest ancestor."""
        count = len(self.heads)
        above = np.eye(count, dtype=np.int64)  # a word and all that it hangs on, however far up
        for word in np.argsort(self.depths, kind="stable"):
            if self.heads[word] != ROOT:
                above[word] += above[self.heads[word] - 1]
        shared = above @ above.T - 1
        distances: NDArray[np.int64] = self.depths[:, None] + self.depths - 2 * shared
        return distances

    def dependents(self, word: int, deprel: str) -> list[int]:
        """The places, counted from 0, of the words that hang on `word` by the relation (its subtypes, `nsubj:pass`, too)."""
        return [
            place
            for place, (head, relation) in enumerate(zip(self.heads, self.deprels, strict=True))
            if head == word + 1 and relation.partition(":")[0] == deprel
        ]

    @property
    def line(self) -> str:
        """As a line of JSON."""
        record = {
            "words": self.words.line,
            "upos": self.upos,
            "heads": self.heads,
            "deprels": self.deprels,
            "feats": [dict(feats) for feats in self.feats],
        }
        return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_line(cls, line: str) -> "Tree":
        """What `line` wrote. Raises ValueError, KeyError or TypeError for another line."""
        record = json.loads(line)
        return cls(
            GoldWords.from_line(record["words"]),
            tuple(record["upos"]),
            tuple(record["heads"]),
            tuple(record["deprels"]),
            tuple(record["feats"]),
        )


def write_trees(path: Path, trees: Iterable[Tree]) -> int:
    """Write a line a tree; how many they are."""
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for tree in trees:
            file.write(tree.line + "\n")
            count += 1
    return count


def read_trees(path: Path) -> Iterator[Tree]:
    """The trees of a file that `write_trees` wrote, one at a time. Raises InputError for another file."""
    try:
        with path.open(encoding="utf-8", newline="\n") as lines:
            for line in lines:
                yield Tree.from_line(line)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: expected trees that embedseq saved, found something else ({error})") from error
