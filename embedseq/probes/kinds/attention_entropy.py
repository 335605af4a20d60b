"""H(α_t) = - Σ_s α_ts log2 α_ts, in bits: how widely an attention is spread when target word t is written (Ghader and Monz 2017).

α_t are the weights over the source words and the end symbol, made to sum to one. The end symbol's share of them, α_t,end, tells
attention that is parked where it does no harm (Clark et al. 2019).
"""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from embedseq.probes.material import AttentionMaterial
from embedseq.probes.probe import Found, ModelProbeSettings, ProbeAbout
from embedseq.probes.spread import spread_measurements, spread_parts, spread_scores

if TYPE_CHECKING:
    from embedseq.probes.attention_maps import AttentionMaps


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
    control="even weights over all that a word can see; baseline: the same model before training",
    statistic="ratio of sums over target words, bootstrapped over sentences",
    reads="attention",
    describes=True,
    scores=spread_scores("end"),
    part="head",
    version=3,
)


def parts_of_maps(maps: "AttentionMaps") -> tuple[str, ...]:
    """Each head, and all of them."""
    return spread_parts(maps) if maps.weights is not None else ()


def measure(material: AttentionMaterial, settings: AttentionEntropySettings) -> Found:
    """Entropy and end mass of each head and of all heads, beside even weights and the untrained model; nothing for a model
    without attention. Target words count; the end symbol of the target does not, nor a word for which a head has no weights."""
    if material.maps.weights is None:
        return Found((), {"left out": "a model without attention has no weights"})
    return Found(tuple(spread_measurements(material.maps, material.untrained)))
