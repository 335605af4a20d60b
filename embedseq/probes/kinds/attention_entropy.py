"""H(α_t) = - Σ_s α_ts log2 α_ts, in bits: how widely an attention is spread when target word t is written (Ghader and Monz 2017).

α_t are the weights over the source words and the end symbol, made to sum to one. The end symbol's share of them, α_t,end, tells
attention that is parked where it does no harm (Clark et al. 2019).
"""

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from embedseq.probes.material import AttentionMaterial
from embedseq.probes.probe import Found, ModelProbeSettings, ProbeAbout, Score
from embedseq.statistics.measurement import Measurement, Role

if TYPE_CHECKING:
    from embedseq.probes.attention_maps import AttentionMaps

Floats = NDArray[np.float64]
ALL_HEADS = "all heads"


class AttentionEntropySettings(ModelProbeSettings):
    """How widely is the attention of each head spread, and how much of it rests on the end symbol?"""

    kind: Literal["attention-entropy"]
    """The probe."""
    data: str
    """A corpus of this file with pairs."""
    sentences: Annotated[int, Field(ge=1)] = 500
    """How many pairs of its validation split are read: the first ones."""


ABOUT = ProbeAbout(
    name="attention-entropy",
    level="attention",
    question="how widely is the attention of each head spread, and how much of it rests on the end symbol",
    equation="- Σ_s α_ts log2 α_ts, and α_t,end",
    paper="Ghader and Monz 2017; Clark et al. 2019",
    control="even weights over all source words and the end symbol; baseline: the same model before training",
    statistic="ratio of sums over target words, bootstrapped over sentences",
    reads="attention",
    describes=True,
    scores=(
        Score(
            "entropy",
            unit="bits",
            items="sentences",
            roles=("baseline", "control"),
            note="Neither high nor low is good by itself.",
        ),
        Score("end-mass", "mass on the end symbol", "%", 100.0, "sentences", ("baseline", "control")),
    ),
    part="head",
    version=2,
)


def measure(material: AttentionMaterial, settings: AttentionEntropySettings) -> Found:
    """Entropy and end mass of each head and of all heads, beside even weights and the untrained model; nothing for a model
    without attention. Target words count; the end symbol of the target does not, nor a word for which a head has no weights."""
    maps = material.maps
    if maps.weights is None:
        return Found((), {"left out": "a model without attention has no weights"})
    own, before, even = _sums(maps), _sums(material.untrained), _even(maps)
    found: list[Measurement] = []
    for head, part in enumerate((*maps.head_names, ALL_HEADS)):
        for column, score in enumerate(("entropy", "end-mass")):
            for role, label, sums in _compared(own, before, even):
                columns = sums[:, head][:, [column, 2]] if head < maps.heads else sums.sum(axis=1)[:, [column, 2]]
                found.append(_measured(score, role, label, part, columns))
    return Found(found)


def _compared(own: Floats, before: Floats, even: Floats) -> tuple[tuple[Role, str, Floats], ...]:
    return ("score", "", own), ("control", "even weights", even), ("baseline", "untrained model", before)


def _sums(maps: "AttentionMaps") -> Floats:
    """(N, H, 3): entropy and end mass, summed over the target words, and how many of them the head has weights for."""
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


def _even(maps: "AttentionMaps") -> Floats:
    """As `_sums`, of weights that are the same everywhere, for as many target words as the model's heads have weights for."""
    words = (maps.target_lengths - 1).astype(np.float64)
    columns = np.stack([words * np.log2(maps.source_lengths), words / maps.source_lengths, words], axis=-1)
    return np.repeat(columns[:, None], maps.heads, axis=1)


def _measured(score: str, role: Role, label: str, part: str, items: Floats) -> Measurement:
    from embedseq.statistics.bootstrap import statistic_value

    value = statistic_value("ratio", items)
    return Measurement("", score, role, label, value, "ratio", items, 1.0, part, "lower")
