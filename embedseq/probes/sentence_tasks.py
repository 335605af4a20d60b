"""The labels of sentence probes, from dependency trees: pure functions `Tree -> label | None`, None where a tree has no part in
the task; and the sentences with two words inverted that the bigram-shift task reads.

The tasks are those of Conneau et al. 2018, "What you can cram into a single $&!#* vector", section 2, read off Universal
Dependencies instead of the Penn treebank. Departures: classes are not balanced, so the majority class is a baseline; the main
clause is the root and what hangs on it; tree depth counts dependency arcs and is not kept apart from length.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal

import numpy as np

from embedseq.probes.material import Split
from embedseq.seeds import stream
from embedseq.text.gold_words import GoldWords
from embedseq.text.trees import ROOT, Tree

Property = Literal["length", "word-content", "tree-depth", "tense", "subject-number", "object-number", "bigram-shift"]
Label = str
Task = Callable[[Tree], Label | None]

BINS = 6
DEEPEST = 7
"""Trees of so many arcs from the root to the deepest word, or of more, are one class."""


def labels_of(asked: Property, trees: Mapping[Split, Sequence[Tree]], words: int, common: int) -> dict[Split, list[Label | None]]:
    """Of the trees of each split their labels; bins and words are those of the split `train`. For bigram-shift `trees` are the
    sentences before any was shifted."""
    if asked == "bigram-shift":
        return {split: shift_labels(trees[split], split) for split in trees}
    task: Task
    match asked:
        case "length":
            task = length_task(trees["train"])
        case "word-content":
            task = word_content_task(trees["train"], words, common)
        case _:
            task = _TASKS[asked]
    return {split: [task(tree) for tree in trees[split]] for split in trees}


def length_task(train: Sequence[Tree]) -> Task:
    """In which of six bins the number of words is; the bins are equally frequent among the training sentences, as far as equal
    lengths allow."""
    lengths = np.array([len(tree) for tree in train], dtype=np.int64)
    edges = np.unique(np.quantile(lengths, np.arange(1, BINS) / BINS, method="inverted_cdf"))
    edges = edges[edges < lengths.max()]
    names = [*(_span(low + 1, high) for low, high in pairwise([0, *edges.tolist()])), f"{edges.max(initial=0) + 1} words or more"]
    return lambda tree: names[int(np.searchsorted(edges, len(tree)))]


def word_content_task(train: Sequence[Tree], words: int, common: int) -> Task:
    """Which of the `words` commonest words after the `common` commonest it holds; a sentence that holds none of them, or two or
    more different ones, has no part. Words are letters alone, small and capital ones the same."""
    counts = Counter(form for tree in train for form in _forms(tree))
    ranked = sorted(counts, key=lambda form: (-counts[form], form))
    asked = frozenset(ranked[common : common + words])

    def held(tree: Tree) -> Label | None:
        found = asked.intersection(_forms(tree))
        return next(iter(found)) if len(found) == 1 else None

    return held


def tree_depth(tree: Tree) -> Label:
    """How many arcs are between the root and the deepest word."""
    depth = int(tree.depths.max())
    return f"{depth}" if depth < DEEPEST else f"{DEEPEST} or more"


def tense(tree: Tree) -> Label | None:
    """`Past` or `Pres`, of the finite verb of the main clause: the root, or else its first finite auxiliary or copula."""
    auxiliaries = tree.dependents(tree.root, "aux") + tree.dependents(tree.root, "cop")
    for place in (tree.root, *sorted(auxiliaries)):
        feats = tree.feats[place]
        if feats.get("VerbForm", "Fin") == "Fin" and ("VerbForm" in feats or "Tense" in feats):
            return _one_of(feats.get("Tense"), "Past", "Pres")
    return None


def subject_number(tree: Tree) -> Label | None:
    """`Sing` or `Plur`, of the one nominal subject that hangs on the root."""
    return _number(tree, "nsubj")


def object_number(tree: Tree) -> Label | None:
    """`Sing` or `Plur`, of the one direct object that hangs on the root."""
    return _number(tree, "obj")


def invertible(tree: Tree) -> list[int]:
    """The places, counted from 0, of the words that can change places with the next one.

    Both are words, not punctuation, and differ. The first word of the sentence stays where it is, as its capital letter would
    tell; nothing that is written together with another word moves, as its spelling would tell.
    """
    forms, glued = [word.lower() for word in tree.words.words], (*tree.words.glued, False)
    word = [tag != "PUNCT" for tag in tree.upos]
    word_follows = [*word, False]
    return [
        place
        for place, (one, other) in enumerate(pairwise(forms))
        if place > 0
        and word[place]
        and word[place + 1]
        and one != other
        and not (glued[place] or glued[place + 1] or (glued[place + 2] and word_follows[place + 2]))
    ]


def shifted(tree: Tree, draw: np.random.Generator) -> Tree:
    """The tree with two neighbouring words inverted, everything that is said of them with them; the same tree where none can be.

    It is one and the same dependency tree over words in another order.
    """
    places = invertible(tree)
    if not places:
        return tree
    left = int(draw.choice(places))
    order = list(range(len(tree)))
    order[left], order[left + 1] = order[left + 1], order[left]
    new_place = {old: new for new, old in enumerate(order)}
    return replace(
        tree,
        words=GoldWords(tuple(tree.words.words[old] for old in order), tree.words.glued),
        upos=tuple(tree.upos[old] for old in order),
        heads=tuple(ROOT if tree.heads[old] == ROOT else new_place[tree.heads[old] - 1] + 1 for old in order),
        deprels=tuple(tree.deprels[old] for old in order),
        feats=tuple(tree.feats[old] for old in order),
    )


def shift_half(trees: Sequence[Tree], split: str) -> list[tuple[Tree, bool]]:
    """Each sentence as the bigram-shift task reads it, and whether it was shifted: a random half of those that can be.

    The same sentences under the same `split` always come out the same.
    """
    draws = np.random.default_rng(stream(0, "sentence", "bigram-shift", split))
    able = [number for number, tree in enumerate(trees) if invertible(tree)]
    chosen = set(draws.permutation(able)[: len(able) // 2].tolist())
    return [(shifted(tree, draws), True) if number in chosen else (tree, False) for number, tree in enumerate(trees)]


def shift_labels(trees: Sequence[Tree], split: str) -> list[Label | None]:
    """What `shift_half` does to each of the unshifted `trees`: `shifted` or `as written`; None where no two words can be
    inverted."""
    names = {True: "shifted", False: "as written"}
    moved = [names[was] for _, was in shift_half(trees, split)]
    return [name if invertible(tree) else None for tree, name in zip(trees, moved, strict=True)]


_TASKS: Mapping[str, Task] = {
    "tree-depth": tree_depth,
    "tense": tense,
    "subject-number": subject_number,
    "object-number": object_number,
}


def _span(low: int, high: int) -> str:
    return f"{low} to {high} words" if low < high else f"{low} words"


def _forms(tree: Tree) -> list[str]:
    return [word.lower() for word in tree.words.words if word.isalpha()]


def _number(tree: Tree, deprel: str) -> Label | None:
    found = tree.dependents(tree.root, deprel)
    return _one_of(tree.feats[found[0]].get("Number"), "Sing", "Plur") if len(found) == 1 else None


def _one_of(value: str | None, *choices: str) -> Label | None:
    return value if value in choices else None
