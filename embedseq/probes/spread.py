"""How widely attention is spread: the entropy of each word's weights, and the share of the symbol that stands beside the words.

H(α_t) = - Σ_s α_ts log2 α_ts, in bits (Ghader and Monz 2017), α_t being made to sum to one. The share of the symbol at the end,
α_t,end, tells attention that is parked where it does no harm (Clark et al. 2019).
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embedseq.probes.probe import UNTRAINED, Score
from embedseq.statistics.measurement import Measurement, Role

if TYPE_CHECKING:
    from embedseq.probes.attention_maps import AttentionMaps

Floats = NDArray[np.float64]
ALL_HEADS = "all heads"


def spread_scores(symbol: str) -> tuple[Score, ...]:
    """The scores that `spread_measurements` gives, `symbol` being what stands beside the words."""
    return (
        Score(
            "entropy",
            unit="bits",
            items="sentences",
            roles=("baseline", "control"),
            note="Neither high nor low is good by itself.",
            baselines=(UNTRAINED,),
            controls=("even weights",),
        ),
        Score(
            "end-mass",
            f"mass on the {symbol} symbol",
            "%",
            100.0,
            "sentences",
            ("baseline", "control"),
            baselines=(UNTRAINED,),
            controls=("even weights",),
        ),
    )


def spread_parts(maps: "AttentionMaps") -> tuple[str, ...]:
    """What the measurements of `spread_measurements` are told apart by."""
    return (*maps.head_names, ALL_HEADS)


def spread_measurements(maps: "AttentionMaps", untrained: "AttentionMaps") -> Iterator[Measurement]:
    """Entropy and end mass of each head and of all heads, beside those of even weights and of the untrained model.

    Words count; the symbol beside them does not, nor a word for which a head has no weights.
    """
    compared: tuple[tuple[Role, str, Floats], ...] = (
        ("score", "", spread_sums(maps)),
        ("control", "even weights", even_sums(maps, untrained)),
        ("baseline", UNTRAINED, spread_sums(untrained)),
    )
    for head, part in enumerate(spread_parts(maps)):
        for column, score in enumerate(("entropy", "end-mass")):
            for role, label, sums in compared:
                columns = sums[:, head] if head < maps.heads else sums.sum(axis=1)
                yield _measured(score, role, label, part, columns[:, [column, 2]])


def _measured(score: str, role: Role, label: str, part: str, items: Floats) -> Measurement:
    from embedseq.statistics.bootstrap import statistic_value

    value = statistic_value("ratio", items)
    return Measurement("", score, role, label, value, "ratio", items, 1.0, part, "lower")


def spread_sums(maps: "AttentionMaps") -> Floats:
    """(N, H, 3): entropy in bits and mass of the last column, summed over the words, and of how many the head has weights for."""
    sums = np.zeros((len(maps), maps.heads, 3))
    for sentence in range(len(maps)):
        found = maps.get("weights", sentence)
        assert found is not None, "the maps have weights"
        weights = found[:-1].astype(np.float64)  # (T, H, S)
        mass = weights.sum(axis=-1, keepdims=True)
        there = mass[..., 0] > 0
        shares = np.divide(weights, mass, out=np.zeros_like(weights), where=mass > 0)
        bits = -(shares * np.log2(np.where(shares > 0, shares, 1.0))).sum(axis=-1)
        sums[sentence] = np.stack([bits.sum(axis=0), shares[..., -1].sum(axis=0), there.sum(axis=0)], axis=-1)
    return sums


def even_sums(maps: "AttentionMaps", untrained: "AttentionMaps") -> Floats:
    """As `spread_sums`, of weights that are the same for all that a word may look at.

    What it may look at are the places where the model, or the same model before training, has any weight: softmax gives some to
    all that is not masked, be it by order, by a window or because a head's expert was not chosen.
    """
    sums = np.zeros((len(maps), maps.heads, 3))
    for sentence in range(len(maps)):
        own, before = maps.get("weights", sentence), untrained.get("weights", sentence)
        assert own is not None, "the maps have weights"
        assert before is not None, "those of the untrained model have weights, too"
        looks = (own[:-1] > 0).any(axis=-1, keepdims=True)  # where it has no weights at all, nothing is counted
        visible = (((own[:-1] > 0) | (before[:-1] > 0)) & looks).astype(np.float64)  # (T, H, S)
        count = visible.sum(axis=-1)
        there = np.maximum(count, 1.0)
        parts = (np.log2(there), visible[..., -1] / there, (count > 0).astype(np.float64))
        sums[sentence] = np.stack([part.sum(axis=0) for part in parts], axis=-1)
    return sums
