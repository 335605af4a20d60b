"""Links between words of a target and words of a source, read off maps of what a model looked at, and counted against gold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embedseq.probes.attention_maps import AttentionMaps, words_only
from embedseq.probes.sums import aer_of
from embedseq.seeds import stream

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Gold = frozenset[tuple[int, int]]


@dataclass(frozen=True)
class Method:
    """A way to read links off maps. `maps` gives (T, H, S) of words for a sentence, and H may be 1."""

    name: str
    maps: Callable[[int], Floats]
    heads: int


def methods_of(maps: AttentionMaps) -> list[Method]:
    """The ways that the maps of a model allow: all of them with attention, gradients alone without."""

    def gradients(sentence: int) -> Floats:
        found = maps.get("gradients", sentence)
        assert found is not None, "all maps have gradients"
        return words_only(found).astype(np.float64)[:, None]

    methods = []
    if maps.weights is not None:
        weights = _by_head(maps, "weights")
        methods.append(Method("attention, best head", weights, maps.heads))
        methods.append(Method("attention, mean of heads", lambda sentence: weights(sentence).mean(axis=1, keepdims=True), 1))
    if maps.norms is not None:
        norms = _by_head(maps, "norms")
        methods.append(Method("value-weighted norms, best head", norms, maps.heads))
        methods.append(
            Method("value-weighted norms, mean of heads", lambda sentence: norms(sentence).mean(axis=1, keepdims=True), 1)
        )
    return [*methods, Method("gradient × input", gradients, 1)]


def _by_head(maps: AttentionMaps, kind: str) -> Callable[[int], Floats]:
    def of_sentence(sentence: int) -> Floats:
        found = maps.get("norms" if kind == "norms" else "weights", sentence)
        assert found is not None, f"the maps have {kind}"
        return words_only(found).astype(np.float64)

    return of_sentence


def counts(sources: Ints, gold: Gold) -> Floats:
    """(3,): links in both, links found, gold links. `sources` (T,) is the source word of each target word."""
    both = sum((target, int(source)) in gold for target, source in enumerate(sources))
    return np.array([both, len(sources), len(gold)], dtype=np.float64)


def likeliest(of_head: Floats) -> Ints:
    """(T, S) -> (T,): the source word with most; none where there are no source words."""
    if of_head.shape[-1] == 0:
        return np.zeros(0, dtype=np.int64)
    best: Ints = of_head.argmax(axis=-1)
    return best


def diagonal(targets: int, sources: int) -> Ints:
    """(T,): target word t belongs to source word t S / T, rounded."""
    if sources == 0:
        return np.zeros(0, dtype=np.int64)
    places: Ints = np.floor(np.arange(targets) * sources / max(1, targets) + 0.5).astype(np.int64)
    return np.minimum(places, sources - 1)


def expected_counts(targets: int, sources: int, gold: Gold) -> Floats:
    """(3,): what `counts` gives on average when each target word is linked with a source word at random."""
    if sources == 0:
        return counts(np.zeros(0, dtype=np.int64), gold)
    return np.array([len(gold) / sources, targets, len(gold)], dtype=np.float64)


def counts_of(method: Method, head: int, sentences: Sequence[int], gold: Sequence[Gold]) -> Floats:
    """(len(sentences), 3): the counts of a head's links in each sentence; `gold` has the links of each."""
    found = [counts(likeliest(method.maps(each)[:, head]), links) for each, links in zip(sentences, gold, strict=True)]
    return np.stack(found)


def best_head(method: Method, sentences: Sequence[int], gold: Sequence[Gold]) -> int:
    """The head whose links err least in these sentences, of equals the first."""
    if method.heads == 1:
        return 0
    errors = [float(aer_of(counts_of(method, head, sentences, gold).sum(axis=0))) for head in range(method.heads)]
    return int(np.argmin(errors))


def shuffled_sources(gold: Sequence[Gold], sources: Sequence[int]) -> list[Gold]:
    """The links of each sentence with its source words, so many, dealt out anew: as many links from the same target words, and no
    more that says where to look."""
    draws = np.random.default_rng(stream(0, "alignment", "control"))
    found = []
    for links, size in zip(gold, sources, strict=True):
        places = draws.permutation(size)
        found.append(frozenset((target, int(places[source])) for target, source in links))
    return found
