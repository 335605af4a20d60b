"""Whether what a model looks at most is what its output hangs on, from maps with the effect of erasing each source word."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embedseq.probes.attention_maps import AttentionMaps, words_only
from embedseq.probes.links import Method, diagonal
from embedseq.seeds import stream
from embedseq.statistics.bootstrap import spearman

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_FEWEST = 3
"""Source words below which there is nothing to rank."""


@dataclass(frozen=True)
class Erasing:
    """What is compared in one sentence. effects: (T, S), of erasing each source word on each target word; chosen: (T, S), how
    much each source word was looked at."""

    effects: Floats
    chosen: Floats

    def gain(self) -> Floats:
        """(2,): how much more erasing the word that was looked at most moves the output than erasing another word of the sentence
        does on average, summed over the target words, and their number; zeros with less than two source words."""
        if self.effects.shape[1] < 2:
            return np.zeros(2)
        return gain_of(self.effects, self.chosen.argmax(axis=1))

    def correlation(self) -> Floats:
        """(2,): Spearman's ρ between looking and the effects over the source words, summed over the target words for which both
        differ between words, and their number."""
        if self.effects.shape[1] < _FEWEST:
            return np.zeros(2)
        rho = spearman(np.stack([self.chosen, self.effects], axis=-1))
        there = np.isfinite(rho)
        return np.array([rho[there].sum(), there.sum()], dtype=np.float64)


def gain_of(effects: Floats, words: Ints) -> Floats:
    """As `Erasing.gain`, of any source word for each target word, (T,)."""
    rows = np.arange(len(effects))
    top = effects[rows, words]
    others = (effects.sum(axis=1) - top) / (effects.shape[1] - 1)
    return np.array([(top - others).sum(), len(effects)], dtype=np.float64)


def erasings(maps: AttentionMaps, method: Method) -> list[Erasing]:
    """What is compared in each sentence, end symbols left out."""
    found = []
    for sentence in range(len(maps)):
        effects = maps.get("erasure", sentence)
        assert effects is not None, "the maps have the effects of erasing"
        found.append(Erasing(words_only(effects).astype(np.float64), method.maps(sentence)[:, 0]))
    return found


def gains_at_random(found: list[Erasing]) -> Floats:
    """(N, 2): the gains of a word drawn at random in place of the one that was looked at most; the same draws for every model."""
    random = np.random.default_rng(stream(0, "faithfulness", "word"))
    gains = np.zeros((len(found), 2))
    for row, each in enumerate(found):
        targets, sources = each.effects.shape
        words = random.integers(max(1, sources), size=targets)
        gains[row] = gain_of(each.effects, words) if sources > 1 else 0.0
    return gains


def gains_on_diagonal(found: list[Erasing]) -> Floats:
    """(N, 2): the gains of the word on the diagonal in place of the one that was looked at most."""
    return np.stack(
        [gain_of(each.effects, diagonal(*each.effects.shape)) if each.effects.shape[1] > 1 else np.zeros(2) for each in found]
    )


def correlations_shuffled(found: list[Erasing]) -> Floats:
    """(N, 2): the correlations when the source words of each target word swap how much they were looked at, at random."""
    random = np.random.default_rng(stream(0, "faithfulness", "shuffle"))
    shuffled = [Erasing(each.effects, random.permuted(each.chosen, axis=1)) for each in found]
    return np.stack([each.correlation() for each in shuffled])
