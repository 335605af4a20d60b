"""Which words of a split a geometry probe looks at, and how they are parted into blocks of whole sentences.

Where a number is not a sum over words (a similarity of two sets of states is not), words cannot be resampled: a word drawn twice
is its own nearest neighbour, and its two copies agree in any two models. So intervals are over disjoint blocks, each measured by
itself, and a sentence is never in two of them, because its words are not independent of each other.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embedseq.errors import RequestError
from embedseq.seeds import stream
from embedseq.text.trees import Tree

Ints = NDArray[np.int64]

_BLOCKS = 20
_WORDS_A_BLOCK = 20
"""Fewer words than this in a block on average make fewer blocks."""
LEAST_WORDS = 4
"""What the unbiased estimate of a block needs."""


@dataclass(frozen=True, eq=False)
class DrawnWords:
    """n words out of the N of a split."""

    rows: Ints
    """(n,): their rows in the states of the split, rising."""
    sentence: Ints
    """(n,): the number of the sentence of each."""
    blocks: tuple[Ints, ...]
    """Places in `rows`, a block after the other."""

    def __len__(self) -> int:
        return len(self.rows)


def draw_words(trees: Sequence[Tree], count: int, once: bool, probe: str) -> DrawnWords:
    """At most `count` words of the sentences, the same for every model and seed, in at most 20 blocks.

    `once` takes a word form at most once, capital letters aside. Two models' embeddings of a text in which words repeat have
    similar geometry even if both are random, as they agree about which rows are equal; one row a form has no such agreement.
    RequestError, which names `probe`, where there are too few words for two blocks.
    """
    sentence = np.repeat(np.arange(len(trees), dtype=np.int64), [len(tree) for tree in trees])
    order = np.random.default_rng(stream(0, "geometry", "words")).permutation(len(sentence)).astype(np.int64)
    if once:
        forms = np.array([word.casefold() for tree in trees for word in tree.words.words], dtype=object)
        order = order[_first_places(forms[order])]
    rows: Ints = np.sort(order[:count])
    blocks = sentence_blocks(sentence[rows], max(2, min(_BLOCKS, len(rows) // _WORDS_A_BLOCK)))
    if len(blocks) < 2 or min(len(block) for block in blocks) < LEAST_WORDS:
        raise RequestError(
            f"probe {probe}: expected words of several sentences, {2 * LEAST_WORDS} or more, found {len(rows)} in "
            f"{len(trees)} sentences. Read more sentences, raise `words`, or set `once: false` where a language has few words."
        )
    return DrawnWords(rows, sentence[rows], tuple(blocks))


def sentence_blocks(sentence_of_words: Ints, count: int) -> list[Ints]:
    """Disjoint blocks of whole sentences with about equal numbers of words, which together hold every place of the N words.

    `sentence_of_words` is (N,): the number of each word's sentence. Sentences go, the longest first and in a random order among
    equals, to the block with the fewest words so far. As many blocks as there are sentences, where that is below `count`.
    """
    numbers, index, lengths = np.unique(sentence_of_words, return_inverse=True, return_counts=True)
    shuffled = np.random.default_rng(stream(0, "geometry", "blocks")).permutation(len(numbers))
    fill = [(0, block) for block in range(min(count, len(numbers)))]
    block_of_sentence = np.zeros(len(numbers), dtype=np.int64)
    for place in shuffled[np.argsort(-lengths[shuffled], kind="stable")]:
        words, block = fill[0]
        block_of_sentence[place] = block
        heapq.heapreplace(fill, (words + int(lengths[place]), block))
    block_of_word = block_of_sentence[index]
    return [np.flatnonzero(block_of_word == block).astype(np.int64) for block in range(len(fill))]


def _first_places(forms: NDArray[np.object_]) -> Ints:
    """Where each form stands first, rising."""
    first: dict[str, int] = {}
    for place, form in enumerate(forms):
        first.setdefault(form, place)
    return np.array(list(first.values()), dtype=np.int64)
