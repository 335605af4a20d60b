"""Sentences with known tags, features and heads, and states that hold nothing, the tag, or the word."""

from typing import Literal

import numpy as np

from embedseq.probes.material import StatesInMemory, StatesMaterial
from embedseq.text.gold_words import GoldWords
from embedseq.text.trees import Tree

Held = Literal["noise", "tag", "word"]
TAGS = ("ADJ", "ADV", "DET", "NOUN", "PRON", "VERB")
SIZES = {"train": 260, "valid": 60, "test": 120}
WIDTH = 16


def sentences(draw: int = 0, words: int = 400, length: int = 9) -> dict[str, list[Tree]]:
    """A word has its type's tag in three of four places, else any. Each word but the first hangs on an earlier one."""
    rng = np.random.default_rng(draw)
    tag_of, shares = rng.integers(len(TAGS), size=words), 1 / np.arange(5, words + 5)
    trees: dict[str, list[Tree]] = {}
    for split, count in SIZES.items():
        trees[split] = []
        for _ in range(count):
            types = rng.choice(words, size=length, p=shares / shares.sum())
            own = rng.random(length) < 0.75
            tags = [TAGS[tag] for tag in np.where(own, tag_of[types], rng.integers(len(TAGS), size=length))]
            heads = (0, *(int(rng.integers(1, place)) for place in range(2, length + 1)))
            feats = tuple({"Number": "Sing" if tag == "NOUN" else "Plur"} if tag in ("NOUN", "PRON") else {} for tag in tags)
            gold = GoldWords(tuple(f"w{each}" for each in types), (False,) * length)
            trees[split].append(Tree(gold, tuple(tags), heads, tuple(f"{tag.lower()}:x" for tag in tags), feats))
    return trees


def states(trees: dict[str, list[Tree]], held: Held, draw: int = 0, width: int = WIDTH, noise: float = 0.3) -> StatesInMemory:
    """An embedding that is noise, and a layer that holds what it should."""
    code = np.random.default_rng(7).standard_normal((500, width))
    by_split = {}
    for number, (split, of_split) in enumerate(trees.items()):
        rng = np.random.default_rng([draw, number])
        tags = [TAGS.index(tag) for tree in of_split for tag in tree.upos]
        words = [int(word[1:]) for tree in of_split for word in tree.words.words]
        plain = rng.standard_normal((len(tags), width))
        layer = {"noise": plain, "tag": code[tags] + noise * plain, "word": code[words] + noise * plain}[held]
        embedding = rng.standard_normal((len(tags), width))
        by_split[split] = {"embedding": embedding.astype(np.float32), "encoder 1": layer.astype(np.float32)}
    return StatesInMemory(by_split)


def material(held: Held, draw: int = 0, untrained: bool = True, layers: tuple[str, ...] = ("encoder 1",)) -> StatesMaterial:
    """A model whose layer holds something, beside one that holds nothing."""
    trees = sentences(draw)
    beside = {"untrained model": states(trees, "noise", draw + 1000)} if untrained else {}
    return StatesMaterial(trees, states(trees, held, draw), beside, layers)  # type: ignore[arg-type]
