"""Heads that look at syntactic heads are found, and heads that do not are told from them."""

import numpy as np
import pytest

from embedseq.probes.attention_maps import AttentionMaps, SentenceMaps
from embedseq.probes.kinds.self_attention_entropy import SelfAttentionEntropySettings
from embedseq.probes.kinds.self_attention_entropy import measure as measure_entropy
from embedseq.probes.kinds.syntactic_heads import SyntacticHeadsSettings, measure
from embedseq.probes.material import SelfAttentionMaterial
from embedseq.statistics.measurement import Measurement
from embedseq.statistics.summary import compare, summarise
from embedseq.text.gold_words import GoldWords
from embedseq.text.trees import Tree

SETTINGS = SyntacticHeadsSettings(kind="syntactic-heads", of="m", data="d")
Found = dict[tuple[str, str], Measurement]


def trees(count: int, seed: int) -> list[Tree]:
    """Each word hangs on one drawn from those before it in a random order."""
    random = np.random.default_rng(seed)
    found = []
    for length in random.integers(4, 12, size=count).tolist():
        order, heads = random.permutation(length), np.zeros(length, dtype=int)
        for place in range(1, length):
            heads[order[place]] = order[random.integers(place)] + 1
        words = GoldWords(("w",) * length, (True,) * length)
        found.append(Tree(words, ("X",) * length, tuple(heads.tolist()), ("dep",) * length, ({},) * length))
    return found


def maps_of(sentences: list[Tree], seed: int, planted: float, causal: bool = False) -> AttentionMaps:
    """Two heads of random weights; the second one adds so much at each word's head."""
    random, found = np.random.default_rng(seed), []
    for tree in sentences:
        size = len(tree) + 1
        weights = random.random((size, 2, size))
        for word, head in enumerate(tree.heads):
            if head:
                weights[word, 1, head - 1] += planted
        if causal:
            weights *= np.tril(np.ones((size, size)))[:, None]
        weights[-1] = weights[-1] + 1e-3
        found.append(SentenceMaps(weights=(weights / weights.sum(axis=-1, keepdims=True)).astype(np.float32)))
    return AttentionMaps.of(found, layers=1)


def material(planted: float, seed: int = 0, causal: bool = False) -> SelfAttentionMaterial:
    sentences = {"valid": trees(120, 2 * seed), "test": trees(200, 2 * seed + 1)}
    maps = {split: maps_of(of, seed, planted, causal) for split, of in sentences.items()}
    before = {split: maps_of(of, seed + 1000, 0.0, causal) for split, of in sentences.items()}
    return SelfAttentionMaterial(maps, before, sentences, causal)  # type: ignore[arg-type]


def found(of: SelfAttentionMaterial) -> Found:
    return {(each.part, each.label): each for each in measure(of, SETTINGS).measurements}


def test_a_planted_head_is_found_and_picked() -> None:
    each = found(material(planted=2.0))
    assert each["head 2", ""].value == 1.0
    assert each["best head", ""].value == 1.0
    assert measure(material(2.0), SETTINGS).details["best heads"] == {"best head": "head 2"}
    for label in ("heads of other words", "untrained model", "best fixed place"):
        assert compare([each["best head", ""]], [each["best head", label]]).low > 0.4, label


def test_heads_that_look_anywhere_are_no_better_than_their_control() -> None:
    """40 null draws: the interval of the difference leaves 0 out about as often as it says."""
    beyond = 0
    for seed in range(40):
        each = found(material(0.0, seed))
        contrast = compare([each["head 1", ""]], [each["head 1", "heads of other words"]])
        beyond += not contrast.low <= 0 <= contrast.high
    assert beyond <= 6


def test_counts_by_hand() -> None:
    # Words 1 and 3 hang on 2, the root; word 1 looks at 2, word 3 at 1, each looks most at itself.
    tree = Tree(GoldWords(("a", "b", "c"), (True,) * 3), ("X",) * 3, (2, 0, 2), ("dep",) * 3, ({},) * 3)
    weights = np.array([[0.5, 0.3, 0.1, 0.1], [0.2, 0.5, 0.2, 0.1], [0.2, 0.1, 0.5, 0.2], [0, 0, 0, 1.0]])
    maps = AttentionMaps.of([SentenceMaps(weights=weights[:, None].astype(np.float32))], layers=1)
    both = {"valid": maps, "test": maps}
    of = SelfAttentionMaterial(both, both, {"valid": [tree], "test": [tree]})  # type: ignore[arg-type]
    each = found(of)
    assert each["head 1", ""].items.tolist() == [[1.0, 2.0]]
    assert each["head 1", "best fixed place"].items.tolist() == [[1.0, 2.0]]
    causal = SelfAttentionMaterial(both, both, of.trees, causal=True)
    assert found(causal)["head 1", ""].items.tolist() == [[0.0, 1.0]]  # of word 3 alone the head stands before it
    assert found(causal)["head 1", "best fixed place"].items.tolist() == [[1.0, 1.0]]


def test_what_stands_behind_a_word_does_not_count_in_a_decoder() -> None:
    each = found(material(planted=2.0, causal=True))
    assert each["head 2", ""].value == 1.0
    words = sum(head - 1 < place for tree in material(2.0).trees["test"] for place, head in enumerate(tree.heads) if head)
    assert each["head 2", ""].items[:, 1].sum() == words


def chain(length: int) -> Tree:
    """Each word hangs on the one before it."""
    words = GoldWords(("w",) * length, (True,) * length)
    return Tree(words, ("X",) * length, tuple(range(length)), ("dep",) * length, ({},) * length)


@pytest.mark.parametrize("causal", [False, True])
def test_the_control_of_a_perfect_head_is_never_the_words_own_head(causal: bool) -> None:
    """On a chain no two words hang on the same one, so that another word's head is always a wrong one."""
    sentences = [chain(length) for length in (2, 3, 6, 6, 6)]
    maps = maps_of(sentences, 0, 5.0, causal)
    both = {"valid": maps, "test": maps}
    each = found(SelfAttentionMaterial(both, both, {"valid": sentences, "test": sentences}, causal))  # type: ignore[arg-type]
    assert each["head 2", ""].value == 1.0
    assert each["head 2", "heads of other words"].value == 0.0
    assert each["head 2", ""].coverage == pytest.approx(18 / 23)  # all but the roots


def test_where_a_head_looks_at_no_other_word_it_finds_none() -> None:
    """An expert that was not chosen has no weights at all; one whose whole weight is on the word itself sees no other."""
    tree = Tree(GoldWords(("a", "b", "c"), (True,) * 3), ("X",) * 3, (0, 1, 1), ("dep",) * 3, ({},) * 3)
    weights = np.zeros((4, 2, 4), dtype=np.float32)
    weights[:3, 1, :3] = np.eye(3)
    maps = AttentionMaps.of([SentenceMaps(weights=weights)], layers=1)
    both = {"valid": maps, "test": maps}
    each = found(SelfAttentionMaterial(both, both, {"valid": [tree], "test": [tree]}))  # type: ignore[arg-type]
    assert each["head 1", ""].items.tolist() == each["head 2", ""].items.tolist() == [[0.0, 2.0]]


@pytest.mark.parametrize("causal", [False, True])
def test_even_weights_have_the_entropy_of_their_control(causal: bool) -> None:
    sentences = trees(20, 5)
    even = []
    for tree in sentences:
        weights = np.ones((len(tree) + 1, 2, len(tree) + 1))
        if causal:
            weights *= np.tril(np.ones((len(tree) + 1,) * 2))[:, None]
            weights[..., -1] = 1.0
        even.append(SentenceMaps(weights=(weights / weights.sum(axis=-1, keepdims=True)).astype(np.float32)))
    maps = {split: AttentionMaps.of(even, layers=1) for split in ("valid", "test")}
    of = SelfAttentionMaterial(maps, maps, {}, causal)  # type: ignore[arg-type]
    settings = SelfAttentionEntropySettings(kind="self-attention-entropy", of="m", data="d")
    each = {(one.score, one.part, one.label): one for one in measure_entropy(of, settings).measurements}
    for score in ("entropy", "end-mass"):
        own, control = (each[score, "all heads", label] for label in ("", "even weights"))
        np.testing.assert_allclose(own.items, control.items, rtol=1e-5)
    assert summarise([each["entropy", "head 1", ""]]).low > 0


def test_the_control_of_a_window_is_as_wide_as_the_window() -> None:
    """Each word sees itself and its neighbours, the last one the symbol; one weight of the trained model has vanished."""
    before = np.zeros((5, 1, 5), dtype=np.float32)
    for word in range(5):
        before[word, 0, max(0, word - 1) : word + 2] = 1.0
    own = before / before.sum(axis=-1, keepdims=True)
    own[1, 0] = (0.5, 0.5, 0.0, 0.0, 0.0)
    own[2, 0] = 0.0  # not looked from at all: it counts neither here nor there
    maps, untrained = ({"valid": m, "test": m} for m in (AttentionMaps.of([SentenceMaps(weights=w)], 1) for w in (own, before)))
    settings = SelfAttentionEntropySettings(kind="self-attention-entropy", of="m", data="d")
    measured = measure_entropy(SelfAttentionMaterial(maps, untrained, {}), settings).measurements  # type: ignore[arg-type]
    each = {(one.score, one.label): one for one in measured if one.part == "head 1"}
    assert each["entropy", "even weights"].value == pytest.approx((1 + 2 * np.log2(3)) / 3)
    assert each["end-mass", "even weights"].value == pytest.approx((1 / 3) / 3)
